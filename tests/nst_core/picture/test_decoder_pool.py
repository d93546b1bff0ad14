"""A picture that hangs, eats memory or kills its process is one error; the next picture works, and nothing is left."""

import io
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psutil
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture import decoder_pool, decoder_process
from nst_core.picture.decoder_messages import DecoderAnswer
from nst_core.picture.decoder_pool import DecoderLimits, DecoderPool
from nst_core.picture.decoder_process import DecoderProcess
from nst_core.picture.limits import UploadLimits

FAULTY = """
import sys
from nst_core.picture import decoder, reading

def decode(data, limits, real=decoder.decode):
    if data.startswith(b"fault"):
        exec(data[5:].decode())
    return real(data, limits)

decoder.decode = decode
decoder.main()
"""
"""The decoder process, except that a file that begins with "fault" is run as Python."""

MakePool = Callable[..., DecoderPool]


def png(width: int = 64, height: int = 48) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (10, 200, 30)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    """Makes pools whose processes run faults; afterwards all these processes must be gone."""
    pools = []

    def make(program: Any = ("-c", FAULTY), **limits: Any) -> DecoderPool:
        pools.append(DecoderPool(DecoderLimits(**limits), partial(DecoderProcess, program)))
        return pools[-1]

    before = {child.pid for child in psutil.Process().children()}
    yield make
    for pool in pools:
        pool.close()
    assert {child.pid for child in psutil.Process().children()} <= before  # zombies are children too


def decoded(pool: DecoderPool, data: bytes) -> DecoderAnswer:
    with tempfile.TemporaryFile() as file:
        return pool.decode(data, UploadLimits(), file)[0]


def refusal(pool: DecoderPool, fault: str) -> str:
    with pytest.raises(PictureError) as refused:
        decoded(pool, b"fault" + fault.encode())
    assert decoded(pool, png()).width == 64  # the next picture works at once
    return str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("while True: pass", "within 1 s of computing time"),
        ("import time; time.sleep(60)", "within 6 s"),
        ("bytearray(200 << 20)", "within 128 MB of memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "its decoder, which failed"),
        ("sys.exit()", "its decoder, which failed"),
        ("import os; os.write(0, b'not a frame at all')", "its decoder, which failed"),
        ("raise OSError(28, 'no space')", "room on the server's disk"),
    ],
)
def test_a_fault_is_one_error_that_names_the_limit(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    monkeypatch.setattr(decoder_process, "WALL_FACTOR", 6 if "sleep" in fault else 30)
    message = refusal(make_pool(processes=1, seconds=1, megabytes=128), fault)
    assert words in message
    assert "; " in message


@pytest.mark.slow
def test_a_process_stays_for_many_pictures_and_is_replaced_when_it_has_grown(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(processes=1)
    decoded(pool, png())
    first = _only(pool).pid
    decoded(pool, png())
    assert _only(pool).pid == first
    monkeypatch.setattr(decoder_pool, "RECYCLE_MB", 1.0)
    decoded(pool, png())
    monkeypatch.undo()
    decoded(pool, png())
    assert _only(pool).pid != first


@pytest.mark.slow
def test_a_process_that_dies_between_two_pictures_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool(processes=1)
    pool.warm()
    dead = _only(pool).pid
    os.kill(dead, signal.SIGKILL)
    psutil.Process(dead).wait(5) if psutil.pid_exists(dead) else None
    assert decoded(pool, png()).width == 64
    assert _only(pool).pid != dead


@pytest.mark.slow
def test_a_process_ends_with_its_parent_and_never_loads_the_large_libraries(make_pool: MakePool) -> None:
    process = DecoderProcess(("-c", FAULTY))
    pool = make_pool(processes=1)
    loaded = "assert not {'tensorflow', 'streamlit', 'pydantic', 'scipy'} & set(sys.modules); " + FAULTY_ENVIRONMENT
    with pytest.raises(PictureError, match="readable PNG"):  # the code raised nothing; its text is no picture
        decoded(pool, b"fault" + loaded.encode())
    process._connection.close()  # as the system does when the parent dies
    process._answers.close()
    assert psutil.Process(process.pid).wait(10) in (0, None)
    process.end()


FAULTY_ENVIRONMENT = "import os; assert not any(name.startswith(('NST_', 'STREAMLIT_')) for name in os.environ)"


class Slow:
    """A slow process, which counts how many run at once."""

    pid, pictures, memory_mb, is_alive = 0, 0, 0.0, True
    lock = threading.Lock()
    at_work = most = 0
    seconds = 0.02

    def ask(self, *_: object) -> tuple[DecoderAnswer, list[bytes]]:
        cls = type(self)
        with cls.lock:
            cls.at_work += 1
            cls.most = max(cls.most, cls.at_work)
        time.sleep(cls.seconds)
        with cls.lock:
            cls.at_work -= 1
        return DecoderAnswer(width=1, height=1), []

    def end(self) -> None:
        pass


def test_a_hundred_at_once_are_decoded_two_at_a_time_or_told_to_come_back() -> None:
    pool = DecoderPool(DecoderLimits(processes=2), Slow)  # type: ignore[arg-type]
    done: list[str] = []

    def one(_: int) -> None:
        try:
            done.append("done" if decoded(pool, b"any").width else "")
        except PictureError as error:
            done.append(str(error))

    with ThreadPoolExecutor(100) as threads:
        list(threads.map(one, range(100)))
    assert Slow.most == 2
    refused = [words for words in done if words != "done"]
    assert len(done) == 100
    assert len(done) - len(refused) >= decoder_pool.MAX_WAITING
    assert all("at most 2 pictures are opened at once" in words for words in refused)


def test_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slow, "seconds", 0.4)
    pool = DecoderPool(DecoderLimits(processes=1, wait_seconds=0.05), Slow)  # type: ignore[arg-type]
    busy = threading.Thread(target=decoded, args=(pool, b"any"))
    busy.start()
    time.sleep(0.02)
    began = time.perf_counter()
    with pytest.raises(PictureError, match="try again"):
        decoded(pool, b"any")
    assert time.perf_counter() - began < 0.35
    busy.join()
    assert decoded(pool, b"any").width == 1  # the place is free again


def test_a_process_that_cannot_start_is_told_and_holds_no_place() -> None:
    starts = iter([OSError(12, "Cannot allocate memory"), None])

    def start() -> Any:
        if (error := next(starts)) is not None:
            raise error
        return Slow()

    pool = DecoderPool(DecoderLimits(processes=1), start)
    with pytest.raises(PictureError, match="could not be started: Cannot allocate memory"):
        decoded(pool, b"any")
    assert decoded(pool, b"any").width == 1


def test_without_room_for_a_thread_a_picture_is_refused_and_nothing_is_left(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = make_pool()
    monkeypatch.setattr(threading.Thread, "start", no_room)
    with pytest.raises(PictureError, match="could not be started: no thread is left; try again in a minute"):
        decoded(pool, png())


def test_the_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DECODERS", "3")
    monkeypatch.setenv("NST_DECODE_SECONDS", "7")
    monkeypatch.setenv("NST_DECODE_MB", "many")
    monkeypatch.setenv("NST_DECODE_WAIT_SECONDS", "0")
    assert DecoderLimits.read() == DecoderLimits(3, 7, 640, 0)
    monkeypatch.setenv("NST_PICTURE_MB", "2")
    monkeypatch.setenv("NST_PICTURE_MEGAPIXELS", "4")
    assert (UploadLimits.read().max_bytes, UploadLimits.read().max_pixels) == (2 << 20, 4_000_000)


@pytest.mark.slow
def test_many_scans_of_a_progressive_jpeg_meet_the_limit_of_computing_time(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    Image.new("L", (3000, 3000), 90).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scan = data.rindex(b"\xff\xda")
    lifted = "import nst_core.picture.integrity as i; i.MAX_JPEG_SCANS = 10**9; i.MAX_JPEG_SCAN_PIXELS = 1e18\n"
    monkeypatch.setattr(decoder_process, "WALL_FACTOR", 30)
    pool = make_pool(("-c", lifted + FAULTY), processes=1, seconds=1)
    with pytest.raises(PictureError, match="within 1 s of computing time"):
        decoded(pool, data[:-2] + data[scan:-2] * 3000 + data[-2:])


def _only(pool: DecoderPool) -> DecoderProcess:
    (process,) = pool._idle
    return process
