"""Patches of Streamlit's way from a page to the browser: one hand-over for all messages that wait, not one for each.

A page has about sixty messages. Streamlit takes each of them through the event loop four times, which took a third of
the server's time with a hundred visitors. The messages and their order stay the same.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import ActiveSessionInfo
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

_LOGGER = logging.getLogger("nst_core.pages")


Send = Callable[[Sequence[bytes]], Awaitable[None]]
"""Sends binary messages over one WebSocket, in order."""


class MessageBatch(list[ForwardMsg]):
    """All messages that waited for one tab, in order."""


def hand_over_together(sender_of: Callable[[WebSocket], Send] | None = None) -> None:
    """Hand a page's messages over in batches, from its thread to the network. Calling it twice is harmless.

    Needed in Streamlit 1.67. Runs and connections that have begun before the first call go on as they began.

    Args:
        sender_of: makes the function that writes to a connection; by default messages are written one by one.
    """
    if hasattr(AppSession._on_scriptrunner_event, "is_batched"):
        return
    _collect_events()
    _flush_batches()
    _write_batches(sender_of or _one_by_one)


def _collect_events() -> None:
    """Wake the event loop once for all events of a page's thread that it has not seen yet."""

    @wraps(AppSession._on_scriptrunner_event)
    def on_event(self: AppSession, sender: Any, event: ScriptRunnerEvent, **details: Any) -> None:
        waiting: deque[Any] = self.__dict__.setdefault("_waiting_events", deque())
        waiting.append((sender, event, details))
        if not self.__dict__.get("_is_woken"):
            self.__dict__["_is_woken"] = True
            self._call_soon_on_event_loop(lambda: _handle_events(self, waiting))

    patched: Any = on_event
    patched.is_batched = True
    AppSession._on_scriptrunner_event = patched  # type: ignore[method-assign]


def _handle_events(session: AppSession, waiting: deque[Any]) -> None:
    """Handle the events in order, on the event loop; after one that fails, the others are handled in another turn."""
    session.__dict__["_is_woken"] = False  # before the last look: an event that comes later wakes the loop again
    has_messages = False
    try:
        while waiting:
            sender, event, details = waiting.popleft()
            if event != ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
                session._handle_scriptrunner_event_on_event_loop(sender, event, **details)
            elif sender is session._scriptrunner:  # not the run before, which was stopped
                session._browser_queue.enqueue(details["forward_msg"])
                has_messages = True
    finally:
        if has_messages and session._message_enqueued_callback:
            session._message_enqueued_callback()
        if waiting:
            session._call_soon_on_event_loop(lambda: _handle_events(session, waiting))


def _flush_batches() -> None:
    """Send all messages of a tab in one turn of the event loop."""
    send_one = Runtime._send_message

    @wraps(AppSession.flush_browser_queue)
    def flush_browser_queue(self: AppSession) -> Sequence[MessageBatch]:
        return () if self._browser_queue.is_empty() else (MessageBatch(self._browser_queue.flush()),)

    @wraps(send_one)
    def send_message(self: Runtime, session_info: ActiveSessionInfo, message: ForwardMsg | MessageBatch) -> None:
        for each in message if isinstance(message, MessageBatch) else (message,):
            send_one(self, session_info, each)

    AppSession.flush_browser_queue = flush_browser_queue  # type: ignore[method-assign, assignment]
    Runtime._send_message = send_message  # type: ignore[method-assign, assignment]


def _write_batches(sender_of: Callable[[WebSocket], Send]) -> None:
    """Write all that waits for a browser at once."""

    @wraps(StarletteSessionClient._sender)
    async def sender(self: StarletteSessionClient) -> None:
        send, queue = sender_of(self._websocket), self._send_queue
        try:
            while True:
                payloads = [await queue.get()]
                while not queue.empty():
                    payloads.append(queue.get_nowait())
                await send(payloads)
        except WebSocketDisconnect:
            pass
        except Exception:
            _LOGGER.exception("Messages could not be sent to a browser")
        finally:
            self._closed.set()

    StarletteSessionClient._sender = sender  # type: ignore[method-assign]


def _one_by_one(websocket: WebSocket) -> Send:
    async def send(payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            await websocket.send_bytes(payload)

    return send
