"""What stands between the network and the app under `serve.py`: headers, limits, health and logs; plain ASGI."""
