"""The parent's side of one process that decodes pictures. The process is killed when a picture takes too long."""

from __future__ import annotations

import contextlib
import errno
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO

from nst_core.picture.decoder_messages import INLINE_BYTES, DecoderAnswer, DecoderRequest
from nst_core.system.confined import environment, reason_of_end
from nst_core.system.framing import read_frame, write_frame

PROGRAM = ("-m", "nst_core.picture.decoder")
WALL_FACTOR = 3
"""The longest time for a picture, as a multiple of its computing time: on a busy machine processes wait for each
other."""
_END_SECONDS = 0.5
"""How long a process that closes its connection may take to end."""


class DecoderEndedError(Exception):
    """The process ended in the middle of a picture. The text says what ended it, to follow "a picture must"."""


class DecoderProcess:
    """A process that decodes; one thread at a time may use it.

    Attributes:
        pictures: the number of pictures that it was asked to decode.
        memory_mb: its resident memory after the last one.
    """

    def __init__(self, program: Sequence[str] = PROGRAM) -> None:
        """Start a program of this interpreter. Raises OSError."""
        self.pictures, self.memory_mb = 0, 0.0
        self._connection, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - a program of ours
                    [sys.executable, *program], stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env=environment()
                )
            except OSError:
                self._connection.close()
                raise
        self._answers = self._connection.makefile("rb")

    @property
    def pid(self) -> int:
        """The process id."""
        return int(self._process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, request: DecoderRequest, data: bytes, file: BinaryIO) -> tuple[DecoderAnswer, list[bytes]]:
        """Decode a picture file. Many pixels go into `file`, few are returned.

        Raises DecoderEndedError if the process ends over it, or is killed because it takes too long; OSError if no
        thread is left to watch it.
        """
        self.pictures += 1
        seconds, has_expired = WALL_FACTOR * request.seconds, threading.Event()

        def expire() -> None:
            has_expired.set()
            self._process.kill()  # it closes the connection, which ends the wait below

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # the system has no room for another thread
            raise OSError(errno.EAGAIN, "no thread is left") from None
        try:
            answer, blobs = self._exchange(request, data, file)
        except (OSError, EOFError, ValueError, KeyError, TypeError):  # the last three: the answer is malformed
            status = self._exit_status()
            self.end()
            late = f"be decoded within {seconds} s, and this one is not" if has_expired.is_set() else None
            raise DecoderEndedError(late or reason_of_end(status, request.seconds)) from None
        finally:
            timer.cancel()
        self.memory_mb = answer.memory_mb
        return answer, blobs

    def end(self) -> None:
        """Kill it, and wait for its end."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        self._connection.close()

    def _exit_status(self) -> int | None:
        """The exit status of a process that has closed its connection; None if it still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_END_SECONDS)
        return None

    def _exchange(self, request: DecoderRequest, data: bytes, file: BinaryIO) -> tuple[DecoderAnswer, list[bytes]]:
        socket.send_fds(self._connection, [b"f"], [file.fileno()])
        with self._connection.makefile("wb") as requests:
            write_frame(requests, request.to_json(), [data])
        frame = read_frame(self._answers, INLINE_BYTES)
        if frame is None:
            raise EOFError
        return DecoderAnswer.from_json(frame[0]), frame[1]
