"""The events of a run while it paints, as a stream (server-sent events)."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from nst_core.api.access import Address
from nst_core.api.context import Context
from nst_core.api.feed import Links, Listener
from nst_core.api.resources import path_to, run_of
from nst_core.api.routes.runs import RunId

SEND_SECONDS = 60.0
"""How long a client may read nothing before its connection is closed."""
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Tell proxies not to cache and not to buffer the stream."""
EXAMPLE = """\
event: state
data: {"state":"running","position":0,"wait_seconds":0.0,"total_steps":300}

event: step
data: {"step":1,"seconds":0.4,"scale_px":256,"evaluations":1,"losses":{"total":12.5},"events":[]}
id: 1-5f3a9c20

"""

router = APIRouter(prefix="/runs", tags=["Runs"])
LastEventId = Annotated[
    str,
    Header(
        alias="Last-Event-ID",
        description="the id of the last `step` that was received; the stream continues after it, or sends `rewind` and "
        "all points if that step is no longer part of the curve",
        pattern=r"^(\d{1,9}(-[0-9a-f]{8})?)?$",
    ),
]


class EventStream(StreamingResponse):
    """A response with one listener's events.

    The listener's place is released when the client leaves or reads nothing for long. FastAPI's own response for events
    would encode each event once for each listener.
    """

    media_type = "text/event-stream"

    def __init__(self, listener: Listener, after: str) -> None:
        """`after` is the id of the last step that the client knows, or ""."""
        super().__init__(listener.feed.events(after), headers=HEADERS)
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""

        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_soon)
        except TimeoutError:
            return
        finally:
            self._listener.close()


@router.get(
    "/{run}/events",
    status_code=200,  # FastAPI would take it for an argument of the class
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
)
async def events(
    request: Request, context: Context, address: Address, run: RunId, last_event_id: LastEventId = ""
) -> EventStream:
    """Stream the events of a run until it is over.

    They are `state`, `step`, `snapshot`, `rewind`, and `end` with the run itself.

    The curve so far comes first. `Last-Event-ID` resumes after the `step` of that id.
    """
    base = request.scope.get("root_path", "")
    place = Request({"type": "http", "root_path": base})  # the only part of the request that the feed keeps

    def picture(step: int) -> str:
        return path_to(place, f"/runs/{run}/picture?step={step}")

    links = Links(lambda view: run_of(place, view), picture)
    return EventStream(await context.feeds.listen(run, address, base, links), last_event_id)
