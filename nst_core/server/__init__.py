"""ASGI middleware and routes around the app under `serve.py`: headers, limits, health and logs."""
