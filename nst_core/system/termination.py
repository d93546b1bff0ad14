"""What a server does when the system tells it to end: its own work first, and never for longer than it may take."""

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
"""How much longer the process may last once its work is done, for answers to visitors that are under way."""


def on_termination(close: Callable[[], object], abandon: Callable[[], object], seconds: float) -> None:
    """At the first SIGTERM or SIGINT, call `close` on a thread at once, and end the process soon after it by force.

    The handlers that were there before are called too. Waiting for connections to close may take a web server for ever,
    so that its own shutdown is neither the place for `close` nor sure to end. Further signals change nothing here. A
    process that ends by itself before, as most do, is left to it.

    Args:
        close: what must be done before the end.
        abandon: called before the process is ended by force; must not wait for anything.
        seconds: the longest time from the signal to the end, even if `close` hangs.

    Raises:
        ValueError: not called in the main thread.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)  # a pipe full of signals must not stop the main thread
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        # Only a write: a handler interrupts the main thread anywhere, perhaps where it holds a lock of `threading`.
        with contextlib.suppress(OSError):
            os.write(writing, bytes([number]))
        earlier = before[signal.Signals(number)]
        if callable(earlier):
            earlier(number, frame)

    def end() -> None:
        number = os.read(reading, 1)[0]
        deadline = threading.Timer(seconds, _end_by_force, (number, abandon))
        deadline.daemon = True
        deadline.start()
        close()
        time.sleep(GRACE_SECONDS)  # of a daemon thread: the process may end before
        _end_by_force(number, abandon)

    for number in SIGNALS:
        signal.signal(number, handle)
    threading.Thread(target=end, name="nst-termination", daemon=True).start()


def _end_by_force(number: int, abandon: Callable[[], object]) -> None:
    try:
        abandon()
    finally:
        os._exit(128 + number)  # as a shell reports an end by this signal
