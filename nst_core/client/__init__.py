"""A client of the REST API for Python: typed, with and without asyncio; it needs httpx, not TensorFlow.

    from nst_core.client import Client

    with Client("http://localhost:8501") as client:
        run = client.submit("photo.jpg", ["starry-night"], preset="bold", steps=100)
        for event in client.events(run.id):
            print(event.name, event.data)
        Path("picture.png").write_bytes(client.picture(run.id))

calls         each request, and how its answer is parsed
results       the values of answers
problems      problem documents as exceptions
retries       which requests are repeated, and when
clients       `Client` and `AsyncClient`
"""

from nst_core.client.clients import AsyncClient, Client
from nst_core.client.problems import ServerError
from nst_core.client.results import Estimate, Event, KnownPicture, Preset, Run, UploadedPicture

__all__ = [
    "AsyncClient",
    "Client",
    "Estimate",
    "Event",
    "KnownPicture",
    "Preset",
    "Run",
    "ServerError",
    "UploadedPicture",
]
