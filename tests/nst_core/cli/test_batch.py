"""`python -m nst_core batch`: arguments, messages, exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.cli import main
from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from tests.nst_core.batch.conftest import network, pictures

__all__ = ["network", "pictures"]
SMALL = ("--method", "fast", "--longest-edge", "64", "--set", "style_edge_px=64", "--no-metrics")


def batch(folder: Path, *arguments: Any, styles: Any = ("styles",)) -> int:
    """The exit code; names are those of files in the folder."""
    named = [str(folder / a) if isinstance(a, str) and (folder / a).exists() else str(a) for a in arguments]
    given = ["--styles", *(str(folder / style) for style in styles)] if styles else []
    return main.main(["batch", *named, *given, "-o", str(folder.parent / "out"), *SMALL])


def listed(folder: Path) -> Any:
    return json.loads((folder.parent / "out" / "manifest.json").read_text())


@pytest.mark.usefixtures("network")
def test_folders_are_painted_and_a_second_time_found(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(pictures, pictures) == 0
    assert "6 of 6 pictures are in" in capsys.readouterr().err
    assert batch(pictures, pictures) == 0
    assert "6 of 6 pictures are there already" in capsys.readouterr().err


@pytest.mark.usefixtures("network")
def test_the_exit_code_tells_failures(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pictures / "b.png").write_bytes(b"nothing")
    assert batch(pictures, pictures) == 3
    told = capsys.readouterr().err
    assert "b--red.png: b.png: a picture must be" in told
    assert "4 of 6 pictures" in told
    assert "2 failed, see manifest.csv" in told


@pytest.mark.usefixtures("network")
def test_options_of_a_recipe_reach_every_picture(pictures: Path) -> None:
    options = ("--pair", "zip", "--format", "webp", "--style-weight", "2", "--style-crop", "0,0,0.5,1")
    assert batch(pictures, "a.png", "b.png", *options, "--set", "strength=0.5") == 0
    names = [picture["file"] for picture in listed(pictures)["pictures"]]
    assert names == ["a--blue.webp", "b--red.webp"]
    recipes = [recipe_from_json(read_recipe((pictures.parent / "out" / n).read_bytes()) or "") for n in names]
    assert [recipe.strength for recipe in recipes] == [0.5, 0.5]
    assert [recipe.styles[0].crop for recipe in recipes] == [(0, 0, 0.5, 1), (0, 0, 1, 1)]
    assert [recipe.styles[0].weight for recipe in recipes] == [2, 1]


@pytest.mark.usefixtures("network")
def test_a_table_of_recipes(pictures: Path) -> None:
    (pictures / "t.csv").write_text(
        "content,styles,strength,name\na.png,styles/red.png,,\nb.png,styles/red.png,1.5,x\n"
    )
    assert batch(pictures, "--recipes", "t.csv", styles=()) == 0
    made = listed(pictures)["pictures"]
    assert [picture["file"] for picture in made] == ["a--red.png", "x.png"]
    assert [picture["recipe"]["strength"] for picture in made] == [1.0, 1.5]
    assert {picture["recipe"]["longest_edge_px"] for picture in made} == {64}


@pytest.mark.usefixtures("network")
def test_an_interruption_keeps_what_is_finished_and_says_how_to_go_on(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import signal

    from nst_core.batch import painting

    real = painting.paint

    def interrupted(*arguments: Any) -> Any:
        yield from real(*arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(painting, "BATCH_PIXELS", 1)
    with monkeypatch.context() as patched:
        patched.setattr(painting, "paint", interrupted)
        assert batch(pictures, pictures) == 130
    assert "1 of 6 pictures" in (told := capsys.readouterr().err)
    assert "run the same command again to paint the rest" in told
    assert listed(pictures)["counts"] == {"done": 1, "failed": 0, "waiting": 5}
    assert batch(pictures, pictures) == 0


@pytest.mark.parametrize(
    ("arguments", "styles", "problem"),
    [
        (("a.png",), (), "needs contents and --styles"),
        ((), ("styles",), "needs contents and --styles"),
        (("a.png", "--pair", "zip"), ("styles",), "as many styles as contents, got 2 styles for 1"),
        (("gone.png",), ("styles",), "got a name that is not there"),
        (("a.png", "--recipes", "t.csv"), (), "leave them out"),
        (("--recipes", "gone.csv"), (), "must be a file that can be read"),
        (("a.png", "--set", "steps=0"), ("styles",), "steps must"),
        (("a.png", "--mask", "a.png"), ("styles",), "a mask must be"),
        (("a.png", "--workers", "0"), ("styles",), "--workers must be from 1 to 64, got 0"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_painted(
    pictures: Path, capsys: pytest.CaptureFixture[str], arguments: Any, styles: Any, problem: str
) -> None:
    assert batch(pictures, *arguments, styles=styles) == 2
    assert problem in capsys.readouterr().err
    assert not (pictures.parent / "out").exists()


@pytest.mark.usefixtures("network")
def test_quality_reaches_the_files_and_results_with_other_settings_can_be_kept(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = pictures.parent / "out" / "a--red.webp"
    given = ("a.png", "--format", "webp")
    assert batch(pictures, *given, "--quality", 100, styles=("styles/red.png",)) == 0
    best = result.read_bytes()
    assert batch(pictures, *given, "--quality", 20, "--no-clobber", styles=("styles/red.png",)) == 3
    assert "which was painted with other settings" in capsys.readouterr().err
    assert result.read_bytes() == best
    assert batch(pictures, *given, "--quality", 20, styles=("styles/red.png",)) == 0
    assert len(result.read_bytes()) < len(best)
    assert batch(pictures, "a.png", "--quality", 20) == 2
    assert "a PNG loses nothing" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_pictures_on_the_way_are_the_batch_s_own(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pictures.parent / "out"
    given = [str(pictures / "a.png"), "--styles", str(pictures / "styles" / "red.png"), "-o", str(out)]
    small = ["--method", "slow", "--longest-edge", "64", "--set", "steps=3", "--no-metrics", "--sheet", "none"]
    step = out / "a--red-steps" / "step-00002.png"
    step.parent.mkdir(parents=True)
    step.write_bytes(b"mine")
    assert main.main(["batch", *given, *small, "--every", "2"]) == 3
    assert "step-00002.png was not written by this batch" in capsys.readouterr().err
    step.unlink()
    assert main.main(["batch", *given, *small, "--every", "2"]) == 0
    assert [path.name for path in step.parent.iterdir()] == ["step-00002.png"]
    assert recipe_from_json(read_recipe(step.read_bytes()) or "").steps == 3
    assert main.main(["batch", *given, *small, "--every", "1"]) == 0  # its own may be replaced
    assert len(list(step.parent.iterdir())) == 3
    assert batch(pictures, "a.png", "--every", 2) == 2
    assert "--every is for a method with steps" in capsys.readouterr().err
