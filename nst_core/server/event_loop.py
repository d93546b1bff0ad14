"""The web process's event loop and the threads that run pages: fewer and shorter waits for Python's interpreter lock.

Only one thread runs Python code at a time. A thread that makes a system call gives the lock away, and gets it back
when the thread that took it has run for the switch interval. A page of a hundred elements makes two such calls an
element on its way to the browser, so that with several visitors all threads wait for each other while the processor
is idle.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

SWITCH_SECONDS = 0.0005
"""How long a thread may run while others wait for the lock; Python's default is 0.005."""


def shorten_turns() -> None:
    """Let each thread of this process run for `SWITCH_SECONDS` at most while others wait."""
    sys.setswitchinterval(SWITCH_SECONDS)


def coalesce_wake_ups(loop: asyncio.AbstractEventLoop) -> bool:
    """Wake the loop once for all calls from other threads that it has not seen yet; returns whether that is possible.

    `call_soon_threadsafe` writes a byte to a socket each time, which is a system call in the calling thread. One
    unread byte is enough: the loop runs all calls that are there when it has read it. Another loop than asyncio's own
    for selectors stays as it is. Calling this twice is harmless.
    """
    inner: Any = loop
    if not isinstance(loop, asyncio.SelectorEventLoop) or getattr(inner, "coalesces_wake_ups", False):
        return isinstance(loop, asyncio.SelectorEventLoop)
    write, process = inner._write_to_self, inner._process_self_data
    is_written = False

    def write_to_self() -> None:
        nonlocal is_written
        if not is_written:
            is_written = True  # before the byte is there: the loop may read it at once
            write()

    def process_self_data(data: bytes) -> None:
        nonlocal is_written
        is_written = False  # before the loop runs what is waiting: a call that comes later writes again
        process(data)

    inner._write_to_self, inner._process_self_data = write_to_self, process_self_data
    inner.coalesces_wake_ups = True
    return True
