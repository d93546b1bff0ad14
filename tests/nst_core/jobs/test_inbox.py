"""What the worker makes of what it is asked while it paints."""

import os
import threading
import time
from typing import Any

import pytest

from nst_core.jobs import messages
from nst_core.jobs.inbox import CommandInbox, RunControl


class Asking:
    """A worker's commands, and the desk's end of the pipe."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self._desk = os.fdopen(write, "wb")
        self.commands = CommandInbox(os.fdopen(read, "rb"))

    def ask(self, do: str, job: str = "a", **more: Any) -> None:
        before = self.commands._asked.qsize()
        messages.write(self._desk, {"do": do, "job": job, **more})
        end = time.monotonic() + 5
        while self.commands._asked.qsize() == before:
            assert time.monotonic() < end
            time.sleep(0.001)


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_nothing_asked_is_nothing_to_do(asking: Asking) -> None:
    assert asking.commands.control("a") == RunControl()


def test_settings_come_in_order_and_once(asking: Asking) -> None:
    asking.ask("steer", settings={"style_weight": 1.0})
    asking.ask("steer", settings={"style_weight": 2.0, "steps": 7})
    assert asking.commands.control("a") == RunControl(
        settings=({"style_weight": 1.0}, {"style_weight": 2.0, "steps": 7})
    )
    assert asking.commands.control("a") == RunControl()


def test_stop_wins_over_what_was_asked_before_it(asking: Asking) -> None:
    asking.ask("steer", settings={"style_weight": 1.0})
    asking.ask("pause")
    asking.ask("stop")
    assert asking.commands.control("a") == RunControl(stop=True)


def test_what_was_asked_of_a_run_that_is_over_is_dropped(asking: Asking) -> None:
    for do in ("stop", "pause", "steer"):
        asking.ask(do, job="the one before", settings={})
    assert asking.commands.control("a") == RunControl()


def test_a_paused_run_waits_and_takes_its_steering_along(asking: Asking) -> None:
    asking.ask("pause")
    given: list[RunControl] = []
    waiting = threading.Thread(target=lambda: given.append(asking.commands.control("a")))
    waiting.start()
    messages.write(asking._desk, {"do": "steer", "job": "a", "settings": {"tv_weight": 5.0}})
    time.sleep(0.2)
    assert waiting.is_alive()
    messages.write(asking._desk, {"do": "resume", "job": "a"})
    waiting.join(5)
    assert given == [RunControl(settings=({"tv_weight": 5.0},))]


def test_it_is_quiet_until_something_is_asked(asking: Asking) -> None:
    assert asking.commands.is_quiet(0.1)
    asking.ask("run")
    began = time.monotonic()
    assert not asking.commands.is_quiet(30)
    assert time.monotonic() - began < 5
    assert asking.commands.next()[0]["do"] == "run"  # looking took nothing away
