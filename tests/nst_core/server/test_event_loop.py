"""Calls from other threads reach the event loop, all of them, with few system calls."""

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest

from nst_core.server import event_loop


@pytest.fixture
def loop() -> Iterator[asyncio.SelectorEventLoop]:
    made = asyncio.SelectorEventLoop()
    yield made
    made.close()


def test_calls_that_the_loop_has_not_seen_share_one_wake_up(loop: asyncio.SelectorEventLoop) -> None:
    assert event_loop.coalesce_wake_ups(loop)
    assert event_loop.coalesce_wake_ups(loop)  # harmless
    seen: list[int] = []
    for number in range(50):
        loop.call_soon_threadsafe(seen.append, number)
    assert len(loop._ssock.recv(100)) == 1  # type: ignore[attr-defined]
    loop.call_soon_threadsafe(loop.stop)
    loop.run_forever()
    assert seen == list(range(50))


def test_a_sleeping_loop_is_woken_by_every_thread(loop: asyncio.SelectorEventLoop) -> None:
    """Four threads call at random times; a lost wake-up would leave the loop asleep for good."""
    event_loop.coalesce_wake_ups(loop)
    calls, threads = 500, 4
    seen: list[int] = []

    async def main() -> None:
        finished = asyncio.Event()

        def note(number: int) -> None:
            seen.append(number)
            if len(seen) == calls * threads:
                finished.set()

        def send() -> None:
            for number in range(calls):
                loop.call_soon_threadsafe(note, number)

        senders = [threading.Thread(target=send) for _ in range(threads)]
        for sender in senders:
            sender.start()
        await asyncio.wait_for(finished.wait(), 20)
        for number in range(20):  # one at a time, each to a loop that sleeps
            answer = loop.create_future()
            threading.Timer(0.001, loop.call_soon_threadsafe, (answer.set_result, number)).start()
            assert await asyncio.wait_for(answer, 5) == number

    loop.run_until_complete(main())
    assert sorted(seen) == sorted(list(range(calls)) * threads)


def test_another_kind_of_loop_is_left_alone() -> None:
    assert not event_loop.coalesce_wake_ups(asyncio.BaseEventLoop())


def test_turns_are_shortened() -> None:
    before = sys.getswitchinterval()
    try:
        event_loop.shorten_turns()
        assert sys.getswitchinterval() == pytest.approx(event_loop.SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)
