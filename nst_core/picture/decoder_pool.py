"""A few processes that decode pictures from outside, kept alive between pictures.

If all of them are busy, a picture waits for a limited time. A process that fails is replaced for the next picture.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from nst_core.errors import PictureError
from nst_core.picture.decoder_messages import DecoderAnswer, DecoderRequest
from nst_core.picture.decoder_process import DecoderEndedError, DecoderProcess
from nst_core.picture.limits import UploadLimits
from nst_core.settings import Settings
from nst_core.system.host_profile import host_profile

MAX_WAITING = 32
"""The most pictures that may wait for a process; further ones are refused at once."""
RECYCLE_PICTURES = 500
"""The number of pictures after which a process is replaced."""
RECYCLE_MB = 160.0
"""The memory above which a process is replaced after a picture."""
_ADVICE = "make the picture smaller, or save it again as a plain JPEG"


@dataclass(frozen=True)
class DecoderLimits:
    """Limits of the processes.

    Attributes:
        processes: how many decode at once.
        seconds: computing time of one picture.
        megabytes: memory of one picture.
        wait_seconds: longest wait for a process.
    """

    processes: int = Settings.decoders
    seconds: int = Settings.decode_seconds
    megabytes: int = Settings.decode_mb
    wait_seconds: float = Settings.decode_wait_seconds

    @classmethod
    def read(cls) -> DecoderLimits:
        """The operator's settings, and this host's memory."""
        settings = Settings.read()
        host = host_profile(settings)
        processes, megabytes = min(settings.decoders, host.decoders), min(settings.decode_mb, host.decode_mb)
        return cls(processes, settings.decode_seconds, megabytes, settings.decode_wait_seconds)


class DecoderPool:
    """The processes. Every method may be called from any thread."""

    def __init__(self, limits: DecoderLimits, start: Callable[[], DecoderProcess] = DecoderProcess) -> None:
        """Start no process yet; `start` makes one."""
        self._limits, self._start = limits, start
        self._idle: list[DecoderProcess] = []
        self._lock = threading.Condition()
        self._busy = self._waiting = 0

    def decode(self, data: bytes, limits: UploadLimits, file: BinaryIO) -> tuple[DecoderAnswer, list[bytes]]:
        """Decode a picture file; see `DecoderProcess.ask`.

        Raises:
            PictureError: the picture is refused, takes too much of anything, or all processes stay busy.
        """
        request = DecoderRequest(limits, self._limits.seconds, self._limits.megabytes)
        with self._place():
            process = self._take()
            try:
                answer, blobs = process.ask(request, data, file)
            except DecoderEndedError as error:
                raise PictureError(f"a picture must {error}; {_ADVICE}") from None
            except OSError as error:
                process.end()
                raise _not_started(error) from None
            except BaseException:  # for example the end of the visitor's session
                process.end()
                raise
            self._put_back(process, answer)
        if answer.refused:
            raise PictureError(answer.refused)
        if answer.lacks:
            raise self._lacking(answer.lacks)
        return answer, blobs

    def warm(self) -> None:
        """Start a process, so that the first picture does not wait for it."""
        with contextlib.suppress(PictureError), self._place():
            process = self._take()
            with self._lock:
                self._idle.append(process)

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """Hold one of the places; there is one for each process."""
        deadline = time.monotonic() + self._limits.wait_seconds
        with self._lock:
            if self._busy >= self._limits.processes and self._waiting >= MAX_WAITING:
                raise self._all_busy()
            self._waiting += 1
            try:
                while self._busy >= self._limits.processes:
                    if not self._lock.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                        raise self._all_busy()
                self._busy += 1
            finally:
                self._waiting -= 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._lock.notify()

    def _take(self) -> DecoderProcess:
        """An idle process that is alive, or a new one."""
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                break
            if process.is_alive:
                return process
            process.end()
        try:
            return self._start()
        except OSError as error:  # mostly: no memory left for another process
            raise _not_started(error) from None

    def _put_back(self, process: DecoderProcess, answer: DecoderAnswer) -> None:
        if answer.lacks or process.pictures >= RECYCLE_PICTURES or process.memory_mb > RECYCLE_MB:
            process.end()
            return
        with self._lock:
            self._idle.append(process)

    def _all_busy(self) -> PictureError:
        return PictureError(
            f"at most {self._limits.processes} pictures are opened at once, and others are waiting; "
            "try again in a minute"
        )

    def _lacking(self, what: str) -> PictureError:
        if what == "disk":
            return PictureError("a picture must have room on the server's disk, which is full; try a smaller picture")
        return PictureError(
            f"a picture must be decoded within {self._limits.megabytes} MB of memory, and this one is not; {_ADVICE}"
        )


def _not_started(error: OSError) -> PictureError:
    return PictureError(
        "a picture must be decoded by a process of its own, which could not be started: "
        f"{error.strerror or error}; try again in a minute"
    )


@lru_cache(maxsize=1)
def _pool(limits: DecoderLimits) -> DecoderPool:
    return DecoderPool(limits)


def pool() -> DecoderPool:
    """The pool of this process, with the operator's settings."""
    return _pool(DecoderLimits.read())
