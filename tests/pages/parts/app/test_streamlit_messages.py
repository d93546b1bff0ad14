"""A page's messages are handed over together and in order; and Streamlit still takes each one by itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

from pages.parts.app import streamlit_messages

ENQUEUE, STARTED = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, ScriptRunnerEvent.SCRIPT_STARTED
RUN = "the present run"


@pytest.fixture(autouse=True)
def _patched() -> None:
    streamlit_messages.hand_over_together()
    streamlit_messages.hand_over_together()  # harmless


def text(body: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, ord(body)])
    message.delta.new_element.text.body = body
    return message


class Session(SimpleNamespace):
    """What the patch needs of a tab's session. `turns` are what the event loop has to do, `flushes` counts requests."""

    def __init__(self) -> None:
        super().__init__(turns=[], flushes=0, _scriptrunner=RUN, _browser_queue=ForwardMsgQueue())

    def _call_soon_on_event_loop(self, callback: Callable[[], None]) -> None:
        self.turns.append(callback)

    def _message_enqueued_callback(self) -> None:
        self.flushes += 1

    def _handle_scriptrunner_event_on_event_loop(self, sender: Any, event: Any, **_: Any) -> None:
        if sender == "a broken run":
            raise ValueError(sender)
        self._browser_queue.enqueue(text("S"))

    def tell(self, event: ScriptRunnerEvent = ENQUEUE, body: str = "", sender: str = RUN) -> None:
        AppSession._on_scriptrunner_event(self, sender, event=event, forward_msg=text(body) if body else None)  # type: ignore[arg-type]

    def bodies(self) -> str:
        """Let the event loop run, and the texts of the messages that then wait."""
        while self.turns:
            self.turns.pop(0)()
        return "".join(m.delta.new_element.text.body for m in self._browser_queue.flush())


def test_streamlit_still_wakes_the_loop_for_each_message_and_sends_it_by_itself() -> None:
    session = Session()
    for body in "abc":
        inspect.unwrap(AppSession._on_scriptrunner_event)(session, RUN, event=ENQUEUE, forward_msg=text(body))
    assert len(session.turns) == 3, "Streamlit collects messages by itself: delete the patch"
    for body in "abc":
        session._browser_queue.enqueue(text(body))
    assert len(inspect.unwrap(AppSession.flush_browser_queue)(session)) == 3


def test_events_come_in_order_with_one_wake_up_and_one_flush() -> None:
    session = Session()
    for body in "ab":
        session.tell(body=body)
    session.tell(STARTED)
    session.tell(body="c")
    assert len(session.turns) == 1
    assert session.bodies() == "abSc"
    assert session.flushes == 1
    session.tell(body="d")  # after the loop has slept again
    assert session.bodies() == "d"


def test_messages_of_a_run_that_was_replaced_are_dropped() -> None:
    session = Session()
    session.tell(body="a", sender="the run before")
    assert session.bodies() == ""
    assert session.flushes == 0


def test_events_after_one_that_fails_are_still_handled() -> None:
    session = Session()
    session.tell(STARTED, sender="a broken run")
    session.tell(body="b")
    with pytest.raises(ValueError, match="a broken run"):
        session.bodies()
    assert session.bodies() == "b"


def test_a_tab_s_messages_are_one_batch_and_each_is_sent() -> None:
    session = Session()
    assert list(AppSession.flush_browser_queue(session)) == []  # type: ignore[arg-type]
    done = ForwardMsg()
    done.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    messages = [text("a"), text("b"), done]
    for message in messages:
        session._browser_queue.enqueue(message)
    sent: list[ForwardMsg] = []
    tab = SimpleNamespace(script_run_count=0, client=SimpleNamespace(write_forward_msg=sent.append))
    for batch in AppSession.flush_browser_queue(session):  # type: ignore[arg-type]
        Runtime._send_message(None, tab, batch)  # type: ignore[arg-type]
    assert (sent, tab.script_run_count) == (messages, 1)


def test_payloads_that_wait_are_sent_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Sequence[bytes]] = []

    async def send(payloads: Sequence[bytes]) -> None:
        sent.append(payloads)
        if payloads[-1] == b"c":
            raise ConnectionError

    monkeypatch.setattr(StarletteSessionClient, "_sender", StarletteSessionClient._sender)  # restored afterwards
    streamlit_messages._write_batches(lambda _: send)

    async def main() -> bool:
        client: Any = SimpleNamespace(_websocket=None, _send_queue=asyncio.Queue(), _closed=asyncio.Event())
        for payload in (b"a", b"b"):
            client._send_queue.put_nowait(payload)
        sending = asyncio.create_task(StarletteSessionClient._sender(client))
        while not sent:
            await asyncio.sleep(0)
        client._send_queue.put_nowait(b"c")
        await sending
        return bool(client._closed.is_set())

    assert asyncio.run(main()), "a connection that is lost is noticed"
    assert sent == [[b"a", b"b"], [b"c"]]
