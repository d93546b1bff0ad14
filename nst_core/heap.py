"""Memory that a long-lived process has freed, given back to the system."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # no glibc: its allocator is another one
        return None


def give_back() -> bool:
    """Collect garbage and give freed pages back, which glibc keeps in the arena of each thread; whether there were any.

    A web server's threads each hold what their greatest picture once took. About a tenth of a second; elsewhere than
    with glibc the pages stay.
    """
    gc.collect()
    trim = _trim()
    return bool(trim(0)) if trim else False
