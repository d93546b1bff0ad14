"""Turns: few threads at once, in order, and none that waits for something holds the others up."""

from __future__ import annotations

import threading
import time

import pytest

from nst_core.server.turns import Turns

PATIENCE = 10.0


class Crowd:
    """Threads that take turns and work until they are told to end."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.began, self.ended = turns, list[int](), threading.Event()
        self._threads = list[threading.Thread]()
        self._changed = threading.Condition()

    def add(self, number: int, *, ends: threading.Event | None = None, error: Exception | None = None) -> None:
        def work() -> None:
            try:
                with self.turns.turn():
                    with self._changed:
                        self.began.append(number)
                        self._changed.notify_all()
                    (ends or self.ended).wait(PATIENCE)
                    if error:
                        raise error
            except ValueError:
                pass

        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()
        if len(self.began) < number:  # it waits: let it take its place before the next one comes
            time.sleep(0.02)

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.began) >= count, PATIENCE), self.began

    def end(self) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_few_at_once_and_in_the_order_in_which_they_came() -> None:
    crowd, first = Crowd(Turns(most=2, seconds=60)), threading.Event()
    crowd.add(0, ends=first)
    crowd.add(1)
    crowd.wait_for(2)
    for number in range(2, 8):
        crowd.add(number, ends=first)
    time.sleep(0.05)
    assert crowd.began == [0, 1]
    first.set()
    crowd.wait_for(8)
    assert crowd.began == list(range(8))
    crowd.end()


def test_a_turn_ends_by_time_whatever_its_thread_waits_for() -> None:
    crowd = Crowd(Turns(most=1, seconds=0.05))
    for number in range(4):
        crowd.add(number)
    crowd.wait_for(4)
    assert not crowd.ended.is_set()
    crowd.end()


@pytest.mark.parametrize("seconds", [60.0, 0.0])
def test_a_failure_gives_the_turn_on_and_turns_that_were_over_give_nothing_twice(seconds: float) -> None:
    turns, now = Turns(most=1, seconds=seconds), threading.Event()
    now.set()
    crowd = Crowd(turns)
    for number in range(5):
        crowd.add(number, ends=now, error=ValueError())
    crowd.wait_for(5)
    crowd.end()
    assert not turns._ends
    assert not turns._waiting


def test_one_that_waits_alone_begins_at_once() -> None:
    began = time.monotonic()
    for _ in range(100):
        with Turns().turn():
            pass
    assert time.monotonic() - began < 1
