"""The Android sample's Kotlin, compiled by Debian's and run: its numbers are Python's."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nst_core
from nst_core.picture.encode import to_image

HERE = Path(__file__).parent
PROJECT = Path(nst_core.__file__).parent / "mobile"
SOURCES = PROJECT / "app" / "src" / "main" / "java" / "studio" / "nst" / "mobile"
COMPILED = ("Pixels.kt", "StyleMix.kt", "FramePace.kt", "StyleNetworks.kt")
REQUIRED = os.environ.get("NST_REQUIRE_JVM") == "1"
SECOND = 1_000_000_000


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
def told(numbers: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Told:
    if not (shutil.which("kotlinc") and shutil.which("java")):
        (pytest.fail if REQUIRED else pytest.skip)("kotlinc is not installed")
    folder = tmp_path_factory.mktemp("sample")
    files = [*(SOURCES / name for name in COMPILED), *HERE.glob("*.kt")]
    done = run(["kotlinc", *map(str, files), "-include-runtime", "-d", "check.jar"], folder)
    assert done.returncode == 0, done.stderr
    (folder / "in").write_bytes(encoded(numbers))
    done = run(["java", "-cp", "check.jar", "studio.nst.mobile.CheckKt"], folder)
    assert done.returncode == 0, done.stderr
    return Told((folder / "out").read_bytes(), done.stdout.splitlines())


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


def test_the_files_of_the_project_name_each_other_rightly() -> None:
    manifest = ElementTree.parse(PROJECT / "app" / "src" / "main" / "AndroidManifest.xml")
    strings = ElementTree.parse(PROJECT / "app" / "src" / "main" / "res" / "values" / "strings.xml")
    android = "{http://schemas.android.com/apk/res/android}name"
    (activity,) = (each.get(android) or "" for each in manifest.iter("activity"))
    assert (SOURCES / f"{activity.strip('.')}.kt").is_file()
    used = {
        word.split(")")[0].split(",")[0]
        for text in SOURCES.glob("*.kt")
        for word in text.read_text().split("R.string.")[1:]
    }
    assert used <= {each.get("name") for each in strings.iter("string")}
    package = SOURCES.relative_to(SOURCES.parents[2]).as_posix().replace("/", ".")
    assert f'namespace = "{package}"' in (PROJECT / "app" / "build.gradle.kts").read_text()
    assert all(text.read_text().startswith(f"package {package}\n") for text in SOURCES.glob("*.kt"))
