"""Runs of the Python API with a network of random kernels: their results, their ends, and their refusals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError, DivergedError, NSTError, PictureError, RecipeError
from nst_core.picture.upload import Picture
from nst_core.runs import runner
from nst_core.slow import checkpoint
from nst_core.step import Step
from nst_core.studio import make, paint, steps
from tests.nst_core.studio.conftest import SMALL

UNSHOWN = {name: value for name, value in SMALL.items() if name != "display"}


@pytest.mark.slow
def test_importing_it_loads_neither_tensorflow_nor_plotly_nor_ipython() -> None:
    heavy = ("tensorflow", "keras", "plotly", "IPython")
    code = f"import sys, nst_core.studio; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_a_run_gives_picture_curve_checkpoint_and_a_recipe_that_gives_them_again(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    result = paint(photo, painting, checkpoint=tmp_path / "run.npz", **SMALL)
    assert result.pixels.shape == (1, 48, 64, 3)
    assert result.picture.size == (64, 48)
    assert result.curve["step"] == [0, 1, 2, 3, 4]
    assert result.losses["total"] == min(result.curve["total"])
    assert result.losses["total"] < result.curve["total"][0]
    assert not result.stopped
    assert result.recipe.content == photo.sha256
    assert [style.sha256 for style in result.recipe.styles] == [painting.sha256]
    assert result.recipe.provenance.weights == {"vgg19": "a" * 64}
    saved = checkpoint.load(tmp_path / "run.npz")
    assert (saved.state["number"], saved.recipe) == (4, result.recipe)
    again = paint(photo, painting, recipe=result.recipe, display="none")
    assert np.array_equal(result.pixels, again.pixels)
    assert [point.losses for point in result.points] == [point.losses for point in again.points]


@pytest.mark.slow
@pytest.mark.usefixtures("found", "painter")
@pytest.mark.parametrize(("method", "last"), [("fast", 1), ("balanced", 4)])
def test_the_other_methods_paint_too(photo: Picture, painting: Picture, method: Any, last: int) -> None:
    result = paint(photo, painting, method=method, seconds=3600.0, **SMALL)  # balanced ends after ten otherwise
    assert result.recipe.method == method
    assert result.points[-1].step == last
    assert result.pixels.shape == (1, 48, 64, 3)


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_content_alone_needs_no_style_and_style_alone_no_content_weight(photo: Picture, painting: Picture) -> None:
    shape = {**SMALL, "start": "noise"}
    content_only = paint(photo, preset="reconstruction", **shape)
    assert content_only.losses["content"] < content_only.curve["content"][0]
    assert content_only.recipe.styles == ()
    style_only = paint(painting, painting, preset="texture", **shape)
    assert style_only.losses["style"] < style_only.curve["style"][0]
    assert style_only.losses.get("content", 0.0) == 0.0


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_a_start_picture_and_weights_of_styles_are_used(photo: Picture, painting: Picture, noise: Any) -> None:
    begin = noise(48, 64, 9)
    run = steps(photo, painting, photo, start_picture=begin, style_weights=(3, 1), **UNSHOWN)
    first = next(iter(run))
    assert first.picture is not None
    assert np.abs(first.picture - begin).max() < 1 / 255
    assert [style.weight for style in run.recipe.styles] == [3.0, 1.0]


@pytest.mark.usefixtures("toy_engine")
def test_a_loop_may_be_left_and_the_best_picture_kept(photo: Picture, painting: Picture) -> None:
    run = steps(photo, painting, **UNSHOWN)
    for step in run:
        if step.number == 2:
            break
    result = run.result()
    assert result.stopped
    assert np.allclose(result.pixels, 0.02)
    with pytest.raises(RecipeError, match="once"):
        iter(run)


@pytest.mark.usefixtures("toy_engine")
def test_an_interrupt_gives_the_best_picture_so_far(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupt_at(monkeypatch, 2)
    result = paint(photo, painting, **{**SMALL, "steps": 1000})
    assert result.stopped
    assert result.points[-1].step == 2
    assert result.notes == ("interrupted after step 2: this is the best picture so far",)
    assert np.allclose(result.pixels, 0.02)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("toy_engine")
def test_an_interrupt_while_loading_gives_the_first_picture(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = runner.prepare

    def interrupted(recipe: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return prepare(recipe)

    monkeypatch.setattr(runner, "prepare", interrupted)
    assert paint(photo, painting, **SMALL).points[-1].step == 0


@pytest.mark.usefixtures("toy_engine")
def test_a_second_interrupt_ends_the_run_at_once(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, 1, times=2)
    with pytest.raises(KeyboardInterrupt):
        paint(photo, painting, **SMALL)


def interrupt_at(monkeypatch: pytest.MonkeyPatch, number: int, times: int = 1) -> None:
    """Let Ctrl-C be pressed while a step is computed."""
    run_recipe = runner.run_recipe

    def interrupted(*arguments: Any, **more: Any) -> Iterator[Step]:
        for step in run_recipe(*arguments, **more):
            for _ in range(times if step.number == number else 0):
                os.kill(os.getpid(), signal.SIGINT)
            yield step

    monkeypatch.setattr(runner, "run_recipe", interrupted)


@pytest.mark.usefixtures("toy_engine")
def test_a_run_that_diverges_keeps_its_picture(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_recipe = runner.run_recipe

    def diverging(*arguments: Any, **more: Any) -> Iterator[Step]:
        yield next(run_recipe(*arguments, **more))
        raise DivergedError("the loss must be finite, got nan")

    monkeypatch.setattr(runner, "run_recipe", diverging)
    result = paint(photo, painting, **SMALL)
    assert result.stopped
    assert result.notes == ("the loss must be finite, got nan; this is the best picture so far",)


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_an_interrupted_run_goes_on_to_the_unbroken_ones_picture(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    saved = tmp_path / "run.npz"
    unbroken = paint(photo, painting, **SMALL)
    begun = steps(photo, painting, checkpoint=saved, **UNSHOWN)
    for step in begun:
        if step.number == 2:
            break
    resumed = paint(photo, painting, resume=saved, display="none")
    assert np.array_equal(resumed.pixels, unbroken.pixels)
    assert resumed.curve["step"] == [0, 1, 2, 3, 4]
    assert [point.losses for point in resumed.points] == [point.losses for point in unbroken.points]
    longer = paint(photo, painting, resume=saved, steps=5, display="none")
    assert longer.curve["step"] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(CheckpointError, match="its content must be the pictures it began with"):
        paint(painting, painting, resume=saved)
    with pytest.raises(RecipeError, match="keeps its recipe"):
        paint(photo, painting, resume=saved, preset="bold")


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_masks_give_each_region_its_style(photo: Picture, painting: Picture, noise: Any) -> None:
    left = np.zeros((photo.height, photo.width), np.float32)
    left[:, : photo.width // 2] = 1
    other = noise(64, 64, 3)
    one, two = (
        paint(photo, painting, other, masks=[(left, shares), (1 - left, shares[::-1])], **SMALL)
        for shares in ([1, 0], [0, 1])
    )
    assert [region.shares for region in one.recipe.regions] == [(1, 0), (0, 1)]
    assert one.recipe.regions[0].mask != one.recipe.regions[1].mask
    assert one.points[0].losses["style"] != two.points[0].losses["style"]
    with pytest.raises(RecipeError, match="a share for each of 2 styles, got 1"):
        paint(photo, painting, other, masks=[(left, [1])], **SMALL)


def test_a_checkpoint_that_cannot_be_written_is_refused_first(
    photo: Picture, painting: Picture, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match="must be a file"):
        paint(photo, painting, checkpoint=tmp_path, **SMALL)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "nothing"}, "preset must be one of"),
        ({"stepps": 3}, "stepps"),
        ({"steps": 0}, "steps must be"),
        ({"preset": "bold", "recipe": make()}, "either a preset or a recipe"),
        ({"style_weights": (1, 2)}, "one weight for each of 1 styles, got 2"),
        ({"start": "own"}, "start own needs a picture"),
        ({"preset": ["bold"]}, "preset must be one of"),
        ({"recipe": "bold"}, "recipe must be a Recipe, .* got str"),
        ({"style_weights": 1}, "style_weights must be a list of numbers, got 1"),
        ({"style_weights": ["a"]}, "style_weights must be a list of numbers"),
        ({"masks": ["left.png"]}, "masks must be pairs"),
        ({"masks": None}, "masks must be pairs"),
        ({"masks": [("left.png", 1)]}, "the shares of a mask must be a list of numbers, got 1"),
        ({"display": "cinema"}, "display must be auto, none, bar or live, got 'cinema'"),
        ({"display": "live"}, "needs a notebook"),
    ],
)
def test_what_cannot_be_run_is_refused_before_a_network_is_loaded(
    photo: Picture, painting: Picture, options: Any, words: str
) -> None:
    with pytest.raises(NSTError, match=words):
        paint(photo, painting, **options)


@pytest.mark.parametrize("options", [{}, {"method": "fast"}, {"method": "balanced", "style_weight": 0.0}])
def test_a_missing_style_is_told_before_a_network_is_loaded(photo: Picture, options: Any) -> None:
    with pytest.raises(RecipeError, match="at least one style picture is needed"):
        steps(photo, **options)


def test_numbers_of_numpy_are_settings_too(photo: Picture, painting: Picture) -> None:
    run = steps(photo, painting, steps=np.int64(5), style_weight=np.float32(2.5), style_weights=list(np.ones(1)))
    assert (run.recipe.steps, run.recipe.objective.style_weight) == (5, 2.5)


def test_there_is_no_result_before_the_first_step(photo: Picture, painting: Picture) -> None:
    with pytest.raises(RecipeError, match="first step"):
        steps(photo, painting).result()


def test_ipython_shows_an_error_as_one_sentence() -> None:
    assert RecipeError("steps must be 1 or more")._render_traceback_() == ["recipe: steps must be 1 or more"]
