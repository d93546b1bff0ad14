"""Turns Ctrl-C, and Jupyter's Stop button, into a request: the current step is finished, and its picture is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Interruption:
    """Whether the user asked the run to stop."""

    asked: bool = False


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Within this context the first interrupt only notes the request to stop.

    A second one raises KeyboardInterrupt at once.

    It has an effect in the main thread only, to which Python delivers interrupts.
    """
    state = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return

    def ask(*_: object) -> None:
        if state.asked:
            raise KeyboardInterrupt
        state.asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield state
    finally:
        signal.signal(signal.SIGINT, before)
