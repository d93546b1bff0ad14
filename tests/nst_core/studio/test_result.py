"""The result of a run: its file, columns, measures, figures, and its display in a notebook."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.metrics import yardstick
from nst_core.picture.encode import read_recipe
from nst_core.picture.upload import Picture
from nst_core.recipe import make, recipe_from_json
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs
from nst_core.studio import Result, curves, open_picture, side_by_side

POINTS = tuple(CurvePoint(n, n / 2, {"total": 8.0 / (n + 1), "content": 1.0}) for n in range(4))


@pytest.fixture
def result(noise: Any, photo: Picture, painting: Picture) -> Result:
    """A result that no engine made."""
    inputs = RunInputs(photo, (painting,))
    seconds = {"load": 1.0, "compile": 0.5, "run": 2.0}
    return Result(
        noise(48, 64, 3), inputs.named_in(make()), POINTS, POINTS[-1].losses, seconds, True, ("a <note>",), inputs
    )


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_file_carries_recipe_and_alpha(result: Result, tmp_path: Path, noise: Any, ending: str) -> None:
    clear = open_picture(np.dstack([noise(48, 64)[0], np.full((48, 64), 0.2)]))
    result = dataclasses.replace(result, inputs=dataclasses.replace(result.inputs, content=clear))
    path = result.save(str(tmp_path / f"out.{ending}"))
    assert recipe_from_json(read_recipe(path.read_bytes()) or "") == result.recipe
    assert Image.open(path).getchannel("A").getextrema() == (51, 51)


def test_a_jpeg_of_a_transparent_photograph_is_on_white_and_says_so(result: Result, tmp_path: Path, noise: Any) -> None:
    clear = open_picture(np.dstack([noise(48, 64)[0], np.full((48, 64), 0.2)]))
    result = dataclasses.replace(result, inputs=dataclasses.replace(result.inputs, content=clear))
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        path = result.save(tmp_path / "out.jpg")
    assert np.asarray(Image.open(path)).min() > 180
    assert result.picture.mode == "RGBA"
    assert "image/webp" in result._repr_html_()


def test_a_jpeg_is_the_picture_alone(result: Result, tmp_path: Path) -> None:
    saved = np.asarray(Image.open(result.save(tmp_path / "out.jpg")), int)
    assert np.abs(saved - np.asarray(result.picture, int)).mean() < 16


def test_another_ending_is_refused(result: Result, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"must end in \.png"):
        result.save(tmp_path / "out.tiff")


def test_the_curve_is_in_columns_of_one_length(result: Result) -> None:
    assert result.curve == {
        "step": [0, 1, 2, 3],
        "seconds": [0.0, 0.5, 1.0, 1.5],
        "total": [8.0, 4.0, 8.0 / 3, 2.0],
        "content": [1.0] * 4,
    }


def test_the_measures_are_the_yardsticks_and_are_computed_once(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def measure(*arguments: Any) -> Any:
        asked.append(arguments)
        return {"ssim": 0.5}

    monkeypatch.setattr(yardstick, "measure", measure)
    assert result.metrics() == result.metrics() == {"ssim": 0.5}
    ((output, content, (style,), shares, kept),) = asked
    assert output is result.pixels
    assert np.array_equal(content, result.inputs.content.tensor())
    assert np.array_equal(style, result.inputs.styles[0].tensor())
    assert (shares, kept) == ([1.0], None)


def test_a_notebook_shows_picture_figures_and_escaped_notes(result: Result) -> None:
    html = result._repr_html_()
    assert "data:image/jpeg;base64," in html
    assert "slow, 64 x 48 px, 3 steps, 2.0 s, loss 2, stopped early" in html
    assert "a &lt;note&gt;" in html
    shown = result._repr_png_()
    assert recipe_from_json(read_recipe(shown) or "") == result.recipe
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown))), np.asarray(result.picture))


def test_figures_draw_the_curves(result: Result) -> None:
    total, content = result.figure().data
    assert (total.name, list(total.y)) == ("Total", [8.0, 4.0, 2.667, 2.0])
    assert content.name == "Content"
    (run,) = curves({"slow": result}).data
    assert (run.name, list(run.x)) == ("slow", [0.0, 0.5, 1.0, 1.5])


def test_pictures_and_results_stand_beside_each_other(result: Result, photo: Picture) -> None:
    html = side_by_side(photo, result, titles=["a <photo>"])._repr_html_()
    assert html.count("<img") == 2
    assert "a &lt;photo&gt;" in html
