"""ASGI middleware and routes around the app under `serve.py`: headers, limits, health, logs and the event loop."""
