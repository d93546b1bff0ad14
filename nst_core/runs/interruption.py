"""Ctrl-C, and the Stop button of Jupyter, as a wish: the step under way is finished, and its picture is kept."""

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
    """Let the first interrupt only note the wish to stop; a second one raises KeyboardInterrupt at once.

    In a thread other than the main one nothing changes: Python delivers interrupts to the main thread alone.
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
