"""The environment of a process that holds networks: memory allocation, NumPy's threads, TensorFlow's messages."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from nst_core.system.allocator import LARGE_BYTES, SPARE_BYTES

TUNED = {
    "GLIBC_TUNABLES": ":".join(
        f"glibc.malloc.{name}={value}"
        for name, value in {
            "arena_max": 1,
            "hugetlb": 1,
            "mmap_threshold": LARGE_BYTES,
            "trim_threshold": SPARE_BYTES,
        }.items()
    ),
    "TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Environment variables of such a process; a value that the operator set stays.

GLIBC_TUNABLES: the slow method allocates and frees hundreds of megabytes of activations in each step. Large blocks
return to the system when they are freed, which saves 0.1 to 0.6 GB. Huge pages cause fewer page faults, which saves a
tenth of a step. All threads share one heap. `nst_core.system.allocator.set_keep_freed` changes the thresholds for the
fast method.
TF_ONEDNN_USE_SYSTEM_ALLOCATOR: otherwise oneDNN has its own pool, which grows with each size of a run and never
shrinks.
TF_CPP_MIN_LOG_LEVEL: no start-up messages.
OPENBLAS_NUM_THREADS: the threads of NumPy's linear algebra wait for each other without sleeping. Beside other work on
two cores, the yardstick's matrices took 10 to 50 times as long with two threads as with one.
"""

_AT_START = "GLIBC_TUNABLES"
"""The variable that glibc reads when a program starts; TensorFlow and NumPy read the others on import."""


def tune_process() -> None:
    """Give this process the `TUNED` environment. Call it first, before TensorFlow is imported.

    glibc reads its variable only when a program starts. If the variable is not set, this function sets it and
    replaces the program by a new start of itself, with the same interpreter options and arguments. Process id,
    standard streams and exit status stay. The new start finds the variable set, so it does not start again.
    """
    can_restart = bool(sys.executable and sys.orig_argv) and sys.argv[:1] not in ([""], ["-"])  # not from stdin
    restart = can_restart and _AT_START not in os.environ and _has_glibc()
    for name, value in TUNED.items():
        os.environ.setdefault(name, value)
    if restart:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the program itself


def tune_running_process() -> None:
    """Set the variables that TensorFlow and NumPy read on import.

    For a process that must not be replaced, such as a notebook's kernel.
    """
    for name, value in TUNED.items():
        if name != _AT_START:
            os.environ.setdefault(name, value)


def _has_glibc() -> bool:
    with suppress(AttributeError, ValueError, OSError):  # another C library, or another system
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    return False
