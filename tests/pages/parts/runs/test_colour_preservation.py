"""Colours restored on a result: in all as much as the slider says, including the run's own share."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nst_core.jobs.service import JobView
from nst_core.picture.colour import keep_colours
from nst_core.picture.encode import read_recipe, to_snapshot
from nst_core.picture.encoded import read_alpha, read_pixels
from nst_core.recipe import change, make, recipe_from_json
from pages.parts.runs import colour_preservation
from tests.pages.fake_service import PHOTOGRAPH, picture

OVER = JobView(
    "id",
    "done",
    make(),
    content=picture("JPEG", PHOTOGRAPH),
    snapshot=picture("JPEG"),
    result=picture("PNG"),
)


def pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"), np.float32)[None] / 255


def with_run(degree: float) -> JobView:
    """The run as if its own recipe had preserved so much colour."""
    image = Image.fromarray(np.uint8(keep_colours(pixels(picture("PNG")), pixels(OVER.content), degree)[0] * 255 + 0.5))
    file = io.BytesIO()
    image.save(file, "PNG")
    return replace(OVER, recipe=change(OVER.recipe, {"colour_preservation": degree}), result=file.getvalue())


def test_no_colours_are_the_very_same_files() -> None:
    assert not colour_preservation.is_repainted(OVER, 0)
    assert colour_preservation.png(OVER, 0) is OVER.result
    assert colour_preservation.jpeg(OVER, 0) is OVER.snapshot
    assert colour_preservation.preview(OVER, 0) is OVER.snapshot
    assert recipe_from_json(colour_preservation.recipe(OVER, 0)) == OVER.recipe


@pytest.mark.parametrize("degree", [0.25, 1.0])
def test_files_have_the_colours_asked_for_and_a_recipe_that_says_so(degree: float) -> None:
    wanted = keep_colours(pixels(picture("PNG")), pixels(OVER.content), degree)
    assert np.abs(pixels(colour_preservation.png(OVER, degree)) - wanted).max() <= 1 / 255
    assert np.abs(pixels(colour_preservation.jpeg(OVER, degree)) - wanted).max() <= 4 / 255
    assert np.abs(pixels(colour_preservation.preview(OVER, degree) or b"") - wanted).max() <= 6 / 255
    assert colour_preservation.is_repainted(OVER, degree)
    recipe = recipe_from_json(read_recipe(colour_preservation.png(OVER, degree)) or "")
    assert (
        recipe
        == change(OVER.recipe, {"colour_preservation": degree})
        == recipe_from_json(colour_preservation.recipe(OVER, degree))
    )


@pytest.mark.parametrize("degree", [0.0, 0.4])
def test_a_webp_has_those_colours_the_recipe_and_the_transparency(degree: float) -> None:
    image = Image.open(io.BytesIO(OVER.result or b""))
    image.putalpha(128)
    file = io.BytesIO()
    image.save(file, "PNG")
    clear = replace(OVER, result=file.getvalue())
    made = colour_preservation.webp(clear, degree)
    assert np.abs(pixels(made) - pixels(colour_preservation.png(OVER, degree))).max() <= 6 / 255
    assert recipe_from_json(read_recipe(made) or "") == change(OVER.recipe, {"colour_preservation": degree})
    alpha = np.asarray(Image.open(io.BytesIO(made)).getchannel("A"))
    assert (alpha == 128).all()


@pytest.mark.parametrize("degree", [0.0, 0.5])
def test_transparency_stays_and_what_it_hides_is_recoloured_too(degree: float) -> None:
    alpha = np.tri(48, 64, dtype=np.uint8) * 180
    image = Image.open(io.BytesIO(OVER.result or b""))
    image.putalpha(Image.fromarray(alpha))
    file = io.BytesIO()
    image.save(file, "PNG")
    clear = replace(OVER, result=file.getvalue())
    made = Image.open(io.BytesIO(colour_preservation.png(clear, degree)))
    assert np.array_equal(np.asarray(made.getchannel("A")), alpha)
    assert np.array_equal(
        np.asarray(made.convert("RGB")), np.asarray(Image.open(io.BytesIO(colour_preservation.png(OVER, degree))))
    )
    snapshot = to_snapshot(read_pixels(clear.result or b""), 90, alpha)
    shared = np.asarray(Image.open(io.BytesIO(colour_preservation.jpeg(replace(clear, snapshot=snapshot), degree))))
    assert shared[alpha == 0].min() > 200  # JPEG has no transparency
    assert shared[-1, :8].mean() < 200
    live = colour_preservation.preview(replace(clear, snapshot=snapshot), degree) or b""
    assert np.array_equal(read_alpha(live), alpha)  # type: ignore[arg-type]


def test_every_cell_of_a_sheet_gets_the_colours_of_its_own_photograph() -> None:
    """A photograph half red, half blue, on a strip of three cells: red and blue in each of them."""
    photograph, strip = Image.new("RGB", (64, 48), (200, 40, 40)), io.BytesIO()
    photograph.paste((40, 40, 200), (32, 0, 64, 48))
    file = io.BytesIO()
    photograph.save(file, "PNG")
    Image.new("RGB", (192, 48), (128, 128, 128)).save(strip, "PNG")
    styles = [{"sha256": "0" * 64}] * 2
    sheet = replace(
        OVER,
        recipe=change(OVER.recipe, {"method": "fast", "style_grid_size": 3, "styles": styles}),
        content=file.getvalue(),
        snapshot=strip.getvalue(),
        result=strip.getvalue(),
    )
    for made in (
        colour_preservation.png(sheet, 1.0),
        colour_preservation.jpeg(sheet, 1.0),
        colour_preservation.preview(sheet, 1.0) or b"",
    ):
        redness = (pixels(made)[0, 24, :, 0] - pixels(made)[0, 24, :, 2]).reshape(3, 64)
        assert (redness[:, 4:28] > 0.2).all()
        assert (redness[:, 36:60] < -0.2).all()


def test_what_a_run_put_back_counts() -> None:
    half = with_run(0.5)
    assert colour_preservation.png(half, 0.5) is half.result
    assert colour_preservation.png(half, 0.2) is half.result  # it cannot be taken out again
    assert recipe_from_json(colour_preservation.recipe(half, 0.2)).colour.colour_preservation == 0.5
    assert (
        np.abs(pixels(colour_preservation.png(half, 0.8)) - pixels(colour_preservation.png(OVER, 0.8))).max() <= 2 / 255
    )
    assert colour_preservation.png(with_run(1.0), 1.0) == with_run(1.0).result


def test_the_space_is_the_recipes() -> None:
    other = replace(OVER, recipe=change(OVER.recipe, {"colour_space": "luminance"}))
    assert colour_preservation.png(other, 1.0) != colour_preservation.png(OVER, 1.0)


@pytest.mark.slow
def test_a_large_picture_is_shown_smaller_and_taken_home_whole() -> None:
    file = io.BytesIO()
    Image.new("RGB", (1600, 1200), (40, 90, 160)).save(file, "JPEG")
    large = replace(OVER, snapshot=file.getvalue(), result=file.getvalue())
    assert pixels(colour_preservation.preview(large, 1.0) or b"").shape == (
        1,
        colour_preservation.PREVIEW_EDGE_PX * 3 // 4,
        colour_preservation.PREVIEW_EDGE_PX,
        3,
    )
    assert pixels(colour_preservation.png(large, 1.0)).shape == (1, 1200, 1600, 3)
