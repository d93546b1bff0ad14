"""Ends a server on a signal: closes the job service first, and limits the time of the whole shutdown."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 1.5
"""The time that the process keeps running after `close` has ended, to finish answers to visitors."""


def on_termination(close: Callable[[], object], abandon: Callable[[], object], seconds: float) -> None:
    """At the first SIGTERM or SIGINT, call `close` on a thread, and force the process to end soon afterwards.

    The handlers that were there before are called too. A web server may wait for ever for its connections to close. So
    its own shutdown is no place to call `close`, and may never end. Further signals have no effect here. Most processes
    end by themselves before they are forced to.

    Args:
        close: what must be done before the end.
        abandon: called before the process is ended by force; must not wait for anything.
        seconds: the longest time from the signal to the end, even if `close` hangs.

    Raises:
        ValueError: not called in the main thread.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)  # a full pipe must not block the main thread
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        # Only a write: a handler may interrupt the main thread while that holds a lock of `threading`.
        with contextlib.suppress(OSError):
            os.write(writing, bytes([number]))
        earlier = before[signal.Signals(number)]
        if callable(earlier):
            earlier(number, frame)

    def end() -> None:
        number = os.read(reading, 1)[0]
        deadline = threading.Timer(seconds, _end_by_force, (number, abandon))
        deadline.daemon = True
        with contextlib.suppress(RuntimeError):  # no room for another thread: all the more must be saved now
            deadline.start()
        close()
        time.sleep(GRACE_SECONDS)  # the thread is a daemon: the process may end before it
        _end_by_force(number, abandon)

    for number in SIGNALS:
        signal.signal(number, handle)
    threading.Thread(target=end, name="nst-termination", daemon=True).start()


def _end_by_force(number: int, abandon: Callable[[], object]) -> None:
    try:
        abandon()
    finally:
        os._exit(128 + number)  # the exit status that a shell gives an end by this signal
