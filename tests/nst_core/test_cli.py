"""The command line as real processes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nst_core.picture.door import open_picture
from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json

PICTURES = ("sample:coffee", "sample:night-swirls")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nst_core", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.weights
@pytest.mark.parametrize("method", ["slow", "fast", "balanced"])
def test_stylize_writes_the_picture_its_recipe_and_a_report(tmp_path: Path, method: str) -> None:
    out, report = tmp_path / "out.png", tmp_path / "report.json"
    options = ("--method", method, "--longest-edge", 64, "--steps", 3, "--json", report)
    done = run("stylize", *PICTURES, "-o", out, *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    told = json.loads(report.read_text())
    assert told["method"] == method
    assert told["size"] == [64, 43] == [open_picture(out.read_bytes()).width, open_picture(out.read_bytes()).height]
    assert set(told["seconds"]) == {"load", "compile", "run"}
    assert told["peak_rss_mb"] > 100
    assert len(told["losses"]) == (1 if method == "fast" else 4)
    recipe = recipe_from_json(read_recipe(out.read_bytes()) or "")
    assert recipe.model_dump(mode="json") == told["recipe"]
    assert recipe.origin.weights == told["weights"]


@pytest.mark.weights
def test_an_interrupted_run_keeps_its_best_picture_and_resumes_bit_for_bit(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    saved, out = tmp_path / "run.npz", tmp_path / "out.png"
    options = ("--longest-edge", 64, "--set", "start=noise", "--seed", 7)
    begun = subprocess.Popen(
        command("stylize", *PICTURES, "-o", out, *options, "--steps", 5000, "--checkpoint", saved, "--json", part),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not saved.exists():  # the first checkpoint, at step 50
        assert time.monotonic() < deadline
        time.sleep(0.05)
    begun.send_signal(signal.SIGINT)
    _, told = begun.communicate(timeout=60)
    assert begun.returncode == 130, told
    assert open_picture(out.read_bytes()).width == 64
    first = json.loads(part.read_text())
    assert first["interrupted"]
    stopped_at = first["losses"][-1]["number"]
    assert run("stylize", *PICTURES, "-o", out, *options, "--steps", stopped_at + 5, "--json", whole).returncode == 0
    straight = [drop_seconds(step) for step in json.loads(whole.read_text())["losses"]]
    assert [drop_seconds(step) for step in first["losses"]] == straight[: stopped_at + 1]
    on = ("stylize", *PICTURES, "-o", tmp_path / "on.png", "--resume", saved)
    assert run(*on, "--steps", stopped_at + 5, "--json", part).returncode == 0
    assert [drop_seconds(step) for step in json.loads(part.read_text())["losses"]] == straight[stopped_at + 1 :]
    assert (open_picture(out.read_bytes()).pixels == open_picture((tmp_path / "on.png").read_bytes()).pixels).all()
    finished = run(*on)
    assert (finished.returncode, "give a larger --steps" in finished.stderr) == (2, True)
    another = run("stylize", "sample:rocket", PICTURES[1], "-o", tmp_path / "on.png", "--resume", saved)
    assert (another.returncode, "of another run" in another.stderr) == (2, True)


def drop_seconds(step: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in step.items() if name != "seconds"}


@pytest.mark.weights
def test_measure_prints_json_and_knows_an_unchanged_picture(tmp_path: Path) -> None:
    done = run("measure", PICTURES[0], "--content", PICTURES[0], "--style", PICTURES[1], "--longest-edge", 64)
    measured = json.loads(done.stdout)
    assert measured["ssim"] == pytest.approx(1.0)
    assert set(measured["content"].values()) == {0.0}
    assert measured["tutorial_total"] > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--steps", "0"), "steps must be between 1 and 5000, got 0"),
        (("--set", "stlye_weight=3"), "'stlye_weight' is no setting"),
        (("--set", "tv_weight=NaN"), "tv_weight"),
        (("--recipe", "no-such-file.json"), "no-such-file.json must be a file that can be read"),
        (("--resume", "no-such-file.npz"), "no file no-such-file.npz"),
        (("--method", "slow", "--longest-edge", "1"), "longest_edge_px must be between"),
    ],
)
def test_bad_settings_are_one_sentence_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run("stylize", *PICTURES, "-o", tmp_path / "out.png", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "truncated"])
def test_what_is_no_picture_is_one_sentence_and_exit_2(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(data)
    done = run("stylize", tmp_path / "bad.png", PICTURES[1], "-o", tmp_path / "out.png")
    assert done.returncode == 2
    assert "bad.png" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_output_of_an_unknown_kind_is_refused_before_any_work(tmp_path: Path) -> None:
    done = run("stylize", *PICTURES, "-o", tmp_path / "out.gif")
    assert done.returncode == 2
    assert ".png, .jpg or .webp" in done.stderr


@pytest.mark.weights
def test_weights_says_what_is_where() -> None:
    done = run("weights", "list", "vgg19", "magenta")
    assert done.returncode == 0
    assert done.stdout.count("sha256") == 2
    assert run("weights", "verify").returncode == 0
