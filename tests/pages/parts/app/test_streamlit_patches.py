"""What a browser is told when a part of a page runs again before it has heard the part's last run."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.parts.app import streamlit_patches

FRAGMENT = "a fragment"


@pytest.fixture
def queue() -> ForwardMsgQueue:
    streamlit_patches.deliver_all()
    return ForwardMsgQueue()


def said(place: int, text: str = "", *, held: bool = False) -> ForwardMsg:
    """An element of the fragment, which stands at [0, 0] of the page; or the name of one that the browser holds."""
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, 0, place])
    message.delta.fragment_id = FRAGMENT
    message.delta.new_element.text.body = text
    message.hash = f"hash of {text}"
    return create_reference_msg(message) if held else message


def finished(status: ForwardMsg.ScriptFinishedStatus) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status
    return message


def runs_again(queue: ForwardMsgQueue, fragments: list[str] | None) -> None:
    """What Streamlit does at the beginning of a run."""
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)


def room_after(messages: list[ForwardMsg], children: int) -> int:
    """The fragment's children in a browser that has heard these messages; fails where the browser would."""
    for message in messages:
        if message.metadata.delta_path:
            place = message.metadata.delta_path[2]
            assert place <= children, f"Bad delta path index {place} (should be between [0, {children}])"
            children = max(children, place + 1)
    return children


def test_what_is_held_finds_its_place_though_new_elements_stand_before_it(queue: ForwardMsgQueue) -> None:
    for message in (said(0, "a"), said(1, "b"), said(2, "large", held=True)):
        queue.enqueue(message)
    runs_again(queue, [FRAGMENT])
    for message in (said(0, "c"), said(1, "d"), said(2, "large", held=True)):
        queue.enqueue(message)
    assert room_after(queue.flush(), children=1) == 3


def test_each_run_ends_after_its_own_elements_and_as_it_ended(queue: ForwardMsgQueue) -> None:
    """An end that came after the next run's elements would have the browser clear them away."""
    done = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    for text in ("first", "second"):
        runs_again(queue, [FRAGMENT])
        queue.enqueue(said(0, text))
        queue.enqueue(finished(done))
    told = [m.delta.new_element.text.body or m.script_finished for m in queue.flush()]
    assert told == ["first", done, "second", done]


def test_the_whole_page_running_again_still_forgets_what_waits(queue: ForwardMsgQueue) -> None:
    queue.enqueue(said(0, "old"))
    queue.enqueue(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    runs_again(queue, None)
    assert [m.script_finished for m in queue.flush()] == [ForwardMsg.FINISHED_EARLY_FOR_RERUN]


def test_mending_twice_is_mending_once() -> None:
    streamlit_patches.deliver_all()
    once = ForwardMsgQueue.clear
    streamlit_patches.deliver_all()
    assert ForwardMsgQueue.clear is once
