"""The parent's side of the process that decodes one film. It is killed when an answer takes too long."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from nst_core.errors import FilmError
from nst_core.film.decoder_messages import FilmAnswer, FilmRequest
from nst_core.system.confined import environment, reason_of_end
from nst_core.system.framing import read_frame

PROGRAM = ("-m", "nst_core.film.decoder")
WALL_FACTOR = 3
"""The longest time for an answer, as a multiple of the computing time: on a busy machine processes wait for each
other."""
MOST_SOUND_BYTES = 1 << 28
"""The largest sound of a clip: more than an hour."""
_END_SECONDS = 0.5
"""How long a process that closes its connection may take to end."""
_ADVICE = "export the film again as MP4 (H.264), with a lower resolution"


def ask(
    path: Path, request: FilmRequest, program: Sequence[str] | None = None
) -> Generator[tuple[FilmAnswer, bytes | None], None, None]:
    """The answers of a process of its own about a film: each with the bytes that follow it, or None.

    The process decodes no further than a frame or two ahead. It ends when the iterator is closed.

    Raises:
        FilmError: the film cannot be opened, is refused, or takes too much of anything.
    """
    try:
        film = path.open("rb")
    except OSError as error:
        raise FilmError(f"{path.name or path} must be a file that can be read ({error.strerror})") from None
    ours, theirs = socket.socketpair()
    with film, ours:
        with theirs:
            process = _started(program or PROGRAM, request, film, theirs)
        try:
            ours.settimeout(WALL_FACTOR * request.seconds)
            with ours.makefile("rb") as stream:
                yield from _answers(stream, request, process)
        finally:
            process.kill()
            process.wait()


def _started(
    program: Sequence[str], request: FilmRequest, film: BinaryIO, answers: socket.socket
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a program of ours
            [sys.executable, *program, request.to_json()], stdin=film, stdout=answers.fileno(), env=environment()
        )
    except OSError as error:  # mostly: no memory left for another process
        raise FilmError(
            "a film must be decoded by a process of its own, which could not be started: "
            f"{error.strerror or error}; try again in a minute"
        ) from None


def _answers(
    stream: BinaryIO, request: FilmRequest, process: subprocess.Popen[bytes]
) -> Iterator[tuple[FilmAnswer, bytes | None]]:
    while True:
        answer, blob = _next(stream, request, process)
        if answer.kind == "refused":
            raise FilmError(answer.text)
        if answer.kind == "lacks":
            raise _lacking(answer.text, request)
        if answer.kind == "done":
            return
        if answer.kind != "alive":
            yield answer, blob


def _next(stream: BinaryIO, request: FilmRequest, process: subprocess.Popen[bytes]) -> tuple[FilmAnswer, bytes | None]:
    """The next answer. Raises FilmError if the process ends over it, answers nonsense or takes too long."""
    try:
        frame = read_frame(stream, max(MOST_SOUND_BYTES, 4 * request.limits.pixels))
        if frame is None:
            raise EOFError
        answer = FilmAnswer.from_json(frame[0])
        blob = frame[1][0] if frame[1] else None
        channels = 4 if answer.has_alpha else 3
        if answer.kind == "frame" and len(blob or b"") != channels * answer.width * answer.height:
            raise ValueError("a frame must have as many bytes as its size says")
    except TimeoutError:
        reason = f"be decoded within {WALL_FACTOR * request.seconds} s, and this one is not"
        raise FilmError(f"a film must {reason}; {_ADVICE}") from None
    except (OSError, EOFError, ValueError, KeyError, TypeError):  # the last three: the answer is malformed
        status = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(_END_SECONDS)
        raise FilmError(f"a film must {reason_of_end(status, request.seconds)}; {_ADVICE}") from None
    return answer, blob


def _lacking(what: str, request: FilmRequest) -> FilmError:
    if what == "disk":
        return FilmError("a film must have room on the server's disk, which is full; try a shorter film")
    return FilmError(f"a film must be decoded within {request.megabytes} MB of memory, and this one is not; {_ADVICE}")
