"""The command line as real processes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nst_core.cli.main import main
from nst_core.picture import samples
from nst_core.picture.encode import read_recipe, to_png
from nst_core.picture.upload import open_picture
from nst_core.recipe import recipe_from_json

pytestmark = pytest.mark.slow

PICTURES = ("sample:coffee", "sample:night-swirls")
Pair = tuple[Path, Path]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nst_core", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=600)


def called(capfd: pytest.CaptureFixture[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which has loaded TensorFlow and the networks already."""
    capfd.readouterr()
    status = main([*map(str, arguments)])
    out, err = capfd.readouterr()
    return subprocess.CompletedProcess(["nst_core"], status, out, err)


@pytest.fixture
def small(tmp_path: Path) -> Pair:
    """The two pictures, small: the yardstick reads a style at its own size, which would take most of the time."""
    files = tmp_path / "coffee.png", tmp_path / "swirls.png"
    for file, name in zip(files, PICTURES, strict=True):
        file.write_bytes(to_png(samples.find(name.removeprefix("sample:")).load(96).tensor(), ""))
    return files


@pytest.mark.weights
@pytest.mark.parametrize("method", ["slow", "fast", "balanced"])
def test_stylize_writes_the_picture_its_recipe_and_a_report(
    tmp_path: Path, small: Pair, method: str, capfd: pytest.CaptureFixture[str]
) -> None:
    out, report = tmp_path / "out.png", tmp_path / "report.json"
    options = ("--method", method, "--longest-edge", 64, "--steps", 3, "--seconds", 600, "--json", report)
    done = called(capfd, "stylize", *small, "-o", out, *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    data = json.loads(report.read_text())
    assert data["method"] == method
    assert data["size"] == [64, 43] == [open_picture(out.read_bytes()).width, open_picture(out.read_bytes()).height]
    assert set(data["seconds"]) == {"load", "compile", "run"}
    assert data["peak_rss_mb"] > 100
    assert len(data["losses"]) == (1 if method == "fast" else 4)
    recipe = recipe_from_json(read_recipe(out.read_bytes()) or "")
    assert recipe.model_dump(mode="json") == data["recipe"]
    assert recipe.provenance.weights == data["weights"]


PLAIN = (
    "--set",
    "precision=float32",
    "--set",
    "convolutions=direct",
    "--set",
    "algorithm=adam",
    "--set",
    "average_decay=0",
)
"""A run's length decides whether compiling pays, and rounds otherwise: set where runs of two lengths are compared."""


def begun_and_saving(saved: Path, *arguments: object) -> subprocess.Popen[str]:
    """A run that is under way and has written its first checkpoint."""
    process = subprocess.Popen(command(*arguments, "--checkpoint", saved), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not saved.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def curve(report: Path) -> list[dict[str, float]]:
    """The losses of every step, without the times."""
    steps = json.loads(report.read_text())["losses"]
    return [{name: value for name, value in step.items() if name != "seconds"} for step in steps]


@pytest.mark.weights
def test_an_interrupted_run_keeps_its_best_picture_and_resumes_bit_for_bit(
    tmp_path: Path, small: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    saved, out, on = tmp_path / "run.npz", tmp_path / "out.png", tmp_path / "on.png"
    options = (*PLAIN, "--longest-edge", 64, "--set", "start=noise", "--seed", 7)
    begun = begun_and_saving(saved, "stylize", *small, "-o", out, *options, "--steps", 5000, "--json", part)
    begun.send_signal(signal.SIGINT)
    _, message = begun.communicate(timeout=300)
    assert begun.returncode == 130, message
    assert open_picture(out.read_bytes()).width == 64
    first = json.loads(part.read_text())
    assert first["interrupted"]
    stopped_at = first["losses"][-1]["number"]
    unbroken = ("stylize", *small, "-o", out, *options, "--steps", stopped_at + 5, "--json", whole)
    assert called(capfd, *unbroken).returncode == 0
    straight = curve(whole)
    assert curve(part) == straight[: stopped_at + 1]
    again = ("stylize", *small, "-o", on, "--resume", saved)
    done = called(capfd, *again, "--steps", stopped_at + 5, "--json", part)
    assert done.returncode == 0, done.stderr
    assert curve(part) == straight
    assert [stopped_at + 1, f"steered steps to {stopped_at + 5}"] in json.loads(part.read_text())["marks"]
    assert (open_picture(out.read_bytes()).pixels == open_picture(on.read_bytes()).pixels).all()
    seconds = json.loads(part.read_text())["seconds"]
    assert seconds["run"] > first["seconds"]["run"]
    assert seconds["compile"] < 0.9 * seconds["run"]  # the time before the resume is no compile time


@pytest.mark.weights
def test_a_run_killed_at_any_moment_goes_on_to_the_same_picture_bit_for_bit(
    tmp_path: Path, small: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    """By a signal that cannot be caught, in a climb from small to large; also in the middle of writing a file."""
    saved, part, whole = (tmp_path / name for name in ("run.npz", "part.json", "whole.json"))
    straight, out = tmp_path / "straight.png", tmp_path / "out.png"
    climb = ("--longest-edge", 91, "--set", "pyramid=auto", "--set", "smallest_edge_px=64", "--set", "first_steps=12")
    options = (*PLAIN, *climb, "--set", "start=noise", "--set", "learning_rate=0.05", "--steps", 36)
    begun = begun_and_saving(saved, "stylize", *small, "-o", out, *options)
    wait = random.uniform(0.1, 1.0)
    time.sleep(wait)
    assert begun.poll() is None
    begun.kill()
    begun.communicate()
    assert not out.exists()
    done = run("stylize", *small, "-o", out, "--resume", saved, "--json", part)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert called(capfd, "stylize", *small, "-o", straight, *options, "--json", whole).returncode == 0
    assert len(curve(whole)) == 49
    assert curve(part) == curve(whole), f"killed after {wait} s"
    assert (open_picture(out.read_bytes()).pixels == open_picture(straight.read_bytes()).pixels).all()
    marks = [json.loads(report.read_text())["marks"] for report in (part, whole)]
    assert marks == [[[0, "scale 64 px"], [13, "scale 91 px"]]] * 2


@pytest.mark.weights
def test_measure_prints_json_and_knows_an_unchanged_picture(small: Pair, capfd: pytest.CaptureFixture[str]) -> None:
    done = called(capfd, "measure", small[0], "--content", small[0], "--style", small[1], "--longest-edge", 64)
    measured = json.loads(done.stdout)
    assert measured["ssim"] == pytest.approx(1.0)
    assert set(measured["content"].values()) == {0.0}
    assert measured["tutorial_total"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--steps", "0"), "steps must be between 1 and 5000, got 0"),
        (("--set", "stlye_weight=3"), "'stlye_weight' is no setting"),
        (("--set", "tv_weight=NaN"), "tv_weight"),
        (("--recipe", "no-such-file.json"), "no-such-file.json must be a file that can be read"),
        (("--resume", "no-such-file.npz"), "no file no-such-file.npz"),
        (("--method", "slow", "--longest-edge", "1"), "longest_edge_px must be between"),
        (("--mask", "mask.png"), "a mask must be FILE=SHARE,SHARE,... with a share for each style, got mask.png"),
        (("--mask", "a=b.png=1,x"), "a mask must be FILE=SHARE,SHARE,..."),
        (("--mask", "no-such-mask.png=1"), "no-such-mask.png must be a file that can be read"),
        (("--start", "no-such-start.png"), "no-such-start.png must be a file that can be read"),
    ],
)
def test_bad_settings_are_one_sentence_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    done = called(capfd, "stylize", *PICTURES, "-o", tmp_path / "out.png", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "truncated"])
def test_what_is_no_picture_is_one_sentence_and_exit_2(
    tmp_path: Path, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_bytes(data)
    done = called(capfd, "stylize", tmp_path / "bad.png", PICTURES[1], "-o", tmp_path / "out.png")
    assert done.returncode == 2
    assert "bad.png" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_output_of_an_unknown_kind_is_refused_before_any_work(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = called(capfd, "stylize", *PICTURES, "-o", tmp_path / "out.gif")
    assert done.returncode == 2
    assert ".png, .jpg or .webp" in done.stderr


@pytest.mark.parametrize("arguments", ["weights list", "--help", "weights --help", "doctor settings"])
def test_a_reader_that_has_gone_ends_a_command_without_a_word(arguments: str) -> None:
    """As in `... | head -1`: the other end of stdout is closed before the command writes."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command(*arguments.split()), stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    os.close(writer)
    # argparse itself ignores an output that fails at once, as without Python's buffer
    assert done.returncode == 141 or (done.returncode == 0 and "--help" in arguments)
    assert done.stderr == ""


def test_a_setting_without_effect_is_told() -> None:
    environment = {**os.environ, "NST_OFLINE": "1"}
    done = subprocess.run(
        command("weights", "list"), capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    assert done.stderr == "settings: NST_OFLINE is the name of no setting; did you mean NST_OFFLINE?\n"


@pytest.mark.weights
def test_weights_says_what_is_where(capfd: pytest.CaptureFixture[str]) -> None:
    done = called(capfd, "weights", "list", "vgg19", "magenta")
    assert done.returncode == 0
    assert done.stdout.count("sha256") == 2
    assert called(capfd, "weights", "verify").returncode == 0
