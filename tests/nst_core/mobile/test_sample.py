"""The Android sample's Kotlin, compiled by Debian's and run: its numbers are Python's."""

from __future__ import annotations

import json
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import pytest

import nst_core
from nst_core.bench.service.toy_worker import loss
from nst_core.picture.encode import to_image
from tests.nst_core.film.films import scene, video
from tests.required import missing
from tests.toy_server import toy_server

HERE = Path(__file__).parent
PROJECT = Path(nst_core.__file__).parent / "mobile"
SOURCES = PROJECT / "app" / "src" / "main" / "java" / "studio" / "nst" / "mobile"
COMPILED = ("Pixels.kt", "StyleMix.kt", "FramePace.kt", "StyleNetworks.kt", "FilmRun.kt", "FilmServer.kt")
SECOND = 1_000_000_000
SHORT, LONG = 12, 100
"""Frames of the film that is painted to its end, and of the one that is stopped."""


@dataclass(frozen=True)
class Told:
    """What the program wrote: 32-bit words, and lines."""

    words: bytes
    lines: list[str]


@pytest.fixture(scope="module")
def numbers() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "pixels": rng.integers(0, 2**32, 257, np.uint32),
        "values": np.concatenate([rng.uniform(-0.2, 1.2, 300), np.arange(0, 256) / 255, [0.5]]).astype(np.float32)[
            :555
        ],
        "vectors": rng.standard_normal((3, 100)).astype(np.float32),
        "shares": np.array([0.5, 0.0, 1.5], np.float32),
        "times": np.arange(60) * (SECOND // 30),
    }


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (shutil.which("kotlinc") and shutil.which("java")):
        missing("JVM", "kotlinc is not installed")
    folder = tmp_path_factory.mktemp("sample")
    files = [*(SOURCES / name for name in COMPILED), *HERE.glob("*.kt")]
    done = run(["kotlinc", *map(str, files), "-include-runtime", "-d", "check.jar"], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def told(numbers: dict[str, np.ndarray], compiled: Path) -> Told:
    (compiled / "in").write_bytes(encoded(numbers))
    done = run(["java", "-cp", "check.jar", "studio.nst.mobile.CheckKt"], compiled)
    assert done.returncode == 0, done.stderr
    return Told((compiled / "out").read_bytes(), done.stdout.splitlines())


def encoded(numbers: dict[str, np.ndarray]) -> bytes:
    def floats(values: np.ndarray) -> bytes:
        return ints(len(values)) + values.astype(">f4").tobytes()

    def ints(*values: int) -> bytes:
        return np.array(values, ">i4").tobytes()

    pixels, times = numbers["pixels"], numbers["times"]
    return b"".join(
        [
            ints(len(pixels)), pixels.astype(">u4").tobytes(), floats(numbers["values"]),
            ints(len(numbers["vectors"])), *map(floats, numbers["vectors"]), floats(numbers["shares"]),
            ints(20, len(times)), times.astype(">i8").tobytes(), ints(640, 481),
        ]
    )  # fmt: skip


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=240)


@pytest.mark.slow
def test_every_number_is_pythons(told: Told, numbers: dict[str, np.ndarray]) -> None:
    at = 0

    def taken(count: int, kind: str) -> np.ndarray:
        nonlocal at
        at += 4 * count
        return np.frombuffer(told.words[at - 4 * count : at], kind)

    pixels, values = numbers["pixels"], numbers["values"]
    rgb = np.stack([pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255], 1)
    np.testing.assert_array_equal(taken(3 * len(pixels), ">f4").reshape(-1, 3), (rgb / 255).astype(np.float32))
    painted = taken(len(values) // 3, ">u4")
    assert (painted >> 24 == 255).all()
    got = np.stack([painted >> 16 & 255, painted >> 8 & 255, painted & 255], 1)
    np.testing.assert_array_equal(got, np.asarray(to_image(values.reshape(1, 1, -1, 3)))[0])
    shares = numbers["shares"] / numbers["shares"].sum()
    np.testing.assert_allclose(taken(100, ">f4"), shares @ numbers["vectors"], atol=1e-6)
    due = taken(60, ">i4")
    assert 39 <= due.sum() <= 41, "20 of the camera's 30 frames a second, for 2 s"
    assert taken(1, ">f4")[0] == pytest.approx(20, rel=0.35)
    assert taken(3, ">i4").tolist() == [(640 - 481) // 2, 0, 481]
    assert at == len(told.words)


@pytest.mark.slow
def test_the_style_is_predicted_once_and_everything_closed(told: Told) -> None:
    runs = "run style_predict_float16.tflite with [3], "
    paint = "run style_transform_64_float16.tflite with [4, 1], painted 16.0, "  # 2 (4 * 0.5 + 2 * 3)
    closed = "close style_predict_float16.tflite, close style_transform_64_float16.tflite"
    for lines in (told.lines[:2], told.lines[2:4]):  # with a graphics card, and without
        assert lines == [f"[{runs}{paint}{paint}{closed}]", "5"]


@pytest.mark.slow
def test_what_cannot_be_is_refused_with_what_came(told: Told) -> None:
    wrong = told.lines[4:]
    assert [line.partition(":")[0] for line in wrong] == ["refused"] * 3
    assert ["got 5 for 2" in wrong[0], "got [0.0]" in wrong[1], "got 0 x 9" in wrong[2]] == [True] * 3


@pytest.fixture(scope="module")
def films(compiled: Path) -> dict[str, str]:
    """What the sample told of the films that it had painted by a real server, over a bad connection."""
    for frames in SHORT, LONG:
        (compiled / f"{frames}.mp4").write_bytes(video(scene(frames)))
    breaks: list[int] = []
    with toy_server(compiled) as server, bad_connection(server.url, breaks) as address:
        done = run(["java", "-cp", "check.jar", "studio.nst.mobile.FilmsKt", address], compiled)
    assert done.returncode == 0, done.stderr
    assert len(breaks) >= 2
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    return told | {name: str(frames_of(compiled / name.split()[0])) for name in ("whole frames", "part frames")}


def frames_of(film: Path) -> int:
    with av.open(str(film)) as container:
        return sum(1 for _ in container.decode(video=0))


@contextmanager
def bad_connection(server: str, breaks: list[int]) -> Iterator[str]:
    """An address that leads to a server; a stream of events breaks off there after a few frames, as `breaks` tells."""
    host, port = server.removeprefix("http://").split(":")

    class Forwarded(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, int(port))) as there:
                threading.Thread(target=forward, args=(self.request, there), daemon=True).start()
                forward(there, self.request, most=900)

    def forward(source: socket.socket, target: socket.socket, most: int = 0) -> None:
        count = 0
        with suppress(OSError):
            while data := source.recv(4096):
                count += len(data)
                target.sendall(data)
                if most and count > most and b"event: step" in data:
                    target.shutdown(socket.SHUT_RDWR)
                    breaks.append(count)
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forwarded) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()


@pytest.mark.slow
def test_a_film_is_painted_by_a_server_and_its_curve_has_each_frame_once(films: dict[str, str]) -> None:
    assert films["style"] == "night-swirls"
    assert films["whole"] == f"done, true, {SHORT} of {SHORT}, 0"
    assert films["curve"] == str(list(range(1, SHORT + 1)))
    assert films["whole frames"] == str(SHORT)


@pytest.mark.slow
def test_the_curve_is_the_logarithm_of_the_loss_over_the_frames(films: dict[str, str]) -> None:
    losses = [loss(number) for number in range(1, SHORT + 1)]
    share = np.log(losses[0] / np.array(losses)) / np.log(losses[0] / losses[-1])
    wanted = np.stack([np.linspace(0, 200, SHORT), 100 * share], 1)
    np.testing.assert_allclose(np.reshape(json.loads(films["line"]), (-1, 2)), wanted, atol=1e-3)


@pytest.mark.slow
def test_a_film_that_is_stopped_has_the_frames_so_far(films: dict[str, str]) -> None:
    assert films["part"].startswith("stopped, true")
    assert 1 <= int(films["part frames"]) < LONG


@pytest.mark.slow
def test_what_a_server_refuses_is_told_in_its_words(films: dict[str, str]) -> None:
    assert "steps must be between" in films["refused"]
    assert films["another server"] == "the server gave another answer than NST Studio does; check its address"


def test_the_files_of_the_project_name_each_other_rightly() -> None:
    manifest = ElementTree.parse(PROJECT / "app" / "src" / "main" / "AndroidManifest.xml")
    strings = ElementTree.parse(PROJECT / "app" / "src" / "main" / "res" / "values" / "strings.xml")
    android = "{http://schemas.android.com/apk/res/android}name"
    for activity in manifest.iter("activity"):
        assert (SOURCES / f"{(activity.get(android) or '').strip('.')}.kt").is_file()
    used = {
        word.split(")")[0].split(",")[0]
        for text in SOURCES.glob("*.kt")
        for word in text.read_text().split("R.string.")[1:]
    }
    assert used <= {each.get("name") for each in strings.iter("string")}
    package = SOURCES.relative_to(SOURCES.parents[2]).as_posix().replace("/", ".")
    assert f'namespace = "{package}"' in (PROJECT / "app" / "build.gradle.kts").read_text()
    assert all(text.read_text().startswith(f"package {package}\n") for text in SOURCES.glob("*.kt"))
