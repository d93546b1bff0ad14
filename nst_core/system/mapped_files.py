"""Large arrays in files without a name, mapped into memory: they cost memory only while they are read.

The system may drop a mapped page at any time and read it again from the file. A file is deleted with its last array, or
with the process.
"""

from __future__ import annotations

import errno
import mmap
import tempfile
import threading
import weakref
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

_lock = threading.Lock()
_maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def new_file(folder: Path) -> BinaryIO:
    """A new file without a name, in `folder` or else in the system's temporary folder. Raises OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    except OSError:
        return cast(BinaryIO, tempfile.TemporaryFile())


def map_bytes(file: BinaryIO, size: int) -> NDArray[np.uint8]:
    """The first `size` bytes of a file, which may be closed then, as a read-only array.

    Raises OSError if it is shorter.
    """
    try:
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    except ValueError:
        raise OSError(errno.EIO, "the file is shorter than expected") from None
    with _lock:
        _maps.add(mapped)
    return np.frombuffer(mapped, np.uint8)


def stored(array: NDArray[np.uint8], file: BinaryIO) -> NDArray[np.uint8]:
    """A read-only copy of an array in a new file, which may be closed then. Raises OSError."""
    file.write(np.ascontiguousarray(array).data)
    file.flush()
    return map_bytes(file, array.nbytes).reshape(array.shape)


def mapped_bytes() -> int:
    """Size of all arrays in files, in bytes: the disk space that they take."""
    with _lock:
        return sum(len(mapped) for mapped in _maps)


def release_pages() -> None:
    """Take the pages of all arrays out of this process's memory; they are read from their files when needed again."""
    with _lock:
        for mapped in _maps:
            mapped.madvise(mmap.MADV_DONTNEED)
