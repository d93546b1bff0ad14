"""The memory allocator (glibc): return freed memory to the system, or keep it for the next allocation."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

LARGE_BYTES = 4 << 20
"""Default mmap threshold: blocks of at least this size return to the system as soon as they are freed."""
SPARE_BYTES = 256 << 20
"""Default trim threshold: unused memory beyond this size at the heap's end returns to the system."""
KEPT_BYTES = 1 << 30
"""Both thresholds while freed memory is kept."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt."""


def set_keep_freed(*, keep: bool) -> bool:
    """From now on keep freed large blocks (True), or return them to the system at once (False).

    Returns False, and changes nothing, where the allocator is not glibc's.

    The fast method keeps them: it allocates its activations anew in each pass, and the page faults of fresh memory make
    a pass up to a third longer. The slow method returns them: its blocks are larger, and blocks kept from one scale of
    a run do not fit the next. Kept blocks would cost a run of 2,048 px 0.5 GB more.
    """
    mmap_bytes, trim_bytes = (KEPT_BYTES, KEPT_BYTES) if keep else (LARGE_BYTES, SPARE_BYTES)
    set_option = _glibc("mallopt")
    if set_option is None:
        return False
    done = bool(set_option(_MMAP_THRESHOLD, mmap_bytes)) and bool(set_option(_TRIM_THRESHOLD, trim_bytes))
    if not keep:
        release_freed()
    return done


def release_freed() -> bool:
    """Collect garbage, and return freed pages to the system; True if any returned.

    glibc keeps freed pages in an arena for each thread, so that every thread of a web server would hold the memory of
    its largest picture. Takes about 0.1 s. Without glibc the pages stay.
    """
    gc.collect()
    trim = _glibc("malloc_trim")
    return bool(trim(0)) if trim else False


def ignore_objects_until_now() -> None:
    """Collect garbage, and leave the objects that are there now out of all later collections.

    For a server that has imported its modules: they stay to its end, and looking through them takes most of a
    collection's time, for which all threads stand still.
    """
    gc.collect()
    gc.freeze()


@cache
def _glibc(name: str) -> Any:
    """A function of glibc by its name; None if the C library is another one."""
    try:
        library = ctypes.CDLL(None)
        return getattr(library, name) if hasattr(library, "malloc_trim") else None
    except (AttributeError, OSError, TypeError):  # another C library, or another system
        return None
