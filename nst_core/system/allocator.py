"""What becomes of memory that a process has freed: given back to the system, or kept for what comes next."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

LARGE_BYTES = 4 << 20
"""Blocks from this size on have pages of their own, which go back to the system as soon as they are freed ..."""
SPARE_BYTES = 256 << 20
"""... and of what lies unused at the heap's end so much may stay, ..."""
KEPT_BYTES = 1 << 30
"""... or so large a block, and so much, where what is freed is kept."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's numbers of these settings."""


def set_keep_freed(*, keep: bool) -> bool:
    """Keep large blocks that are freed, or give them back at once, from now on; whether that could be set.

    The fast method's activations come and go in each pass: faulted in anew every time, a pass takes up to a third
    longer. The slow method's are larger, and those kept from one size of a run fit the next one badly: a run of
    2,048 px then takes 0.5 GB more.
    """
    large, spare = (KEPT_BYTES, KEPT_BYTES) if keep else (LARGE_BYTES, SPARE_BYTES)
    set_option = _glibc("mallopt")
    if set_option is None:
        return False
    done = bool(set_option(_MMAP_THRESHOLD, large)) and bool(set_option(_TRIM_THRESHOLD, spare))
    if not keep:
        release_freed()
    return done


def release_freed() -> bool:
    """Collect garbage and give freed pages back, which glibc keeps in the arena of each thread; whether there were any.

    A web server's threads each hold what their greatest picture once took. About a tenth of a second; elsewhere than
    with glibc the pages stay.
    """
    gc.collect()
    trim = _glibc("malloc_trim")
    return bool(trim(0)) if trim else False


@cache
def _glibc(name: str) -> Any:
    """A function of the C library that only glibc has, or None."""
    try:
        library = ctypes.CDLL(None)
        return getattr(library, name) if hasattr(library, "malloc_trim") else None
    except (AttributeError, OSError, TypeError):  # its allocator is another one
        return None
