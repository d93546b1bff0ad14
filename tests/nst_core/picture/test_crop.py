"""Parts of styles: the requested pixels, rotated as requested, as large as possible, and without empty corners."""

import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError, RecipeError
from nst_core.picture.crop import (
    WHOLE,
    came_from,
    crop_picture,
    crop_style,
    cropped_size,
    middle_of_shape,
    preview_style,
)
from nst_core.picture.resize import fit
from nst_core.picture.upload import Picture

ANGLES = [-179.5, -135, -91, -45, -30, -0.3, 1e-12, 0.01, 7, 44.999, 45, 45.001, 60, 89.9, 90.1, 123, 160]
SHAPES = [(60, 60), (40, 90), (90, 40), (33, 257)]


def test_nothing_asked_is_the_very_same_object(noise: Any) -> None:
    style = noise(40, 60)
    assert crop_style(style) is style
    assert crop_style(style, [0, 0, 1, 1], 0.0) is style
    tiny = noise(4, 4)  # the frame does not check whether the part is too small
    assert crop_style(tiny) is tiny
    assert cropped_size(4, 4) == (4, 4)


@pytest.mark.parametrize(
    ("crop", "rows", "columns"),
    [
        ((0.5, 0, 1, 1), slice(0, 40), slice(30, 60)),
        ((0, 0.25, 1, 0.75), slice(10, 30), slice(0, 60)),
        ((0.1, 0.2, 0.7, 0.9), slice(8, 36), slice(6, 42)),
    ],
)
def test_a_crop_is_those_pixels(noise: Any, crop: Any, rows: Any, columns: Any) -> None:
    style = noise(40, 60)
    assert np.array_equal(crop_style(style, crop), style[:, rows, columns])


@pytest.mark.parametrize(
    ("degrees", "turned"),
    [
        (90, lambda p: p[:, ::-1].swapaxes(1, 2)),  # the bottom row becomes the left column: clockwise
        (-90, lambda p: p.swapaxes(1, 2)[:, ::-1]),
        (180, lambda p: p[:, ::-1, ::-1]),
        (-180, lambda p: p[:, ::-1, ::-1]),
    ],
)
def test_right_angles_are_exact_and_clockwise(noise: Any, degrees: int, turned: Any) -> None:
    style = noise(40, 60)
    assert np.array_equal(crop_style(style, WHOLE, degrees), turned(style))
    assert np.array_equal(crop_style(style, (0, 0, 0.5, 1), degrees), turned(style[:, :, :30]))


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("value", [0.25, 1.0])
def test_a_picture_of_one_colour_stays_that_colour_to_its_very_corners(degrees: Any, value: float) -> None:
    for height, width in SHAPES:
        turned = crop_style(np.full((1, height, width, 3), value, np.float32), WHOLE, degrees)
        assert np.abs(turned - value).max() < 1e-6


@pytest.mark.parametrize("degrees", [-150, -20, 10, 45, 75, 120])
def test_a_ramp_is_turned_about_its_centre_by_the_angle_and_clockwise(degrees: int) -> None:
    """Pillow's bicubic reproduces a plane to a tenth of a pixel, but for the pixels that reach beyond the edge."""
    y, x = np.mgrid[:70, :100] + 0.5
    ramp = np.stack([x / 100, y / 70, (x + y) / 170], axis=-1).astype(np.float32)[None]
    turned = crop_style(ramp, WHOLE, degrees)
    _, height, width, _ = turned.shape
    down, across = np.mgrid[:height, :width] + 0.5
    down, across = down - height / 2, across - width / 2
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    from_x, from_y = 50 + cosine * across + sine * down, 35 - sine * across + cosine * down
    inside = (from_x > 2) & (from_x < 98) & (from_y > 2) & (from_y < 68)
    assert inside.mean() > 0.8
    wanted = np.stack([from_x / 100, from_y / 70, (from_x + from_y) / 170], axis=-1)
    assert np.abs(turned[0] - wanted)[inside].max() < 0.1 / 70


def test_the_least_angle_there_is_turns_nothing(noise: Any) -> None:
    style = noise(40, 60)
    assert np.allclose(crop_style(style, WHOLE, 5e-324), style, atol=1e-6)


def most(width: Any, height: Any, degrees: Any) -> Any:
    """The largest area of an upright rectangle in a turned one, by trying widths."""
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    a = np.linspace(0, math.hypot(width, height), 200_001)
    b = np.minimum((width - a * cosine) / sine, (height - a * sine) / cosine)
    return float((a * np.maximum(b, 0)).max())


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize(("width", "height"), [(300, 300), (400, 900), (900, 400), (330, 2570)])
def test_what_is_kept_fits_and_nothing_larger_would(width: int, height: int, degrees: Any) -> None:
    a, b = cropped_size(width, height, WHOLE, degrees)
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    assert a * cosine + b * sine <= width + 1e-5
    assert a * sine + b * cosine <= height + 1e-5
    assert (a + 1) * (b + 1) >= most(width, height, degrees) * (
        1 - 1e-6
    )  # rounding to whole pixels costs less than one pixel a side


@pytest.mark.parametrize("degrees", [0, 30, 90])
@pytest.mark.parametrize("crop", [WHOLE, (0.2, 0.1, 0.9, 0.8)])
def test_the_size_is_foretold(noise: Any, crop: Any, degrees: int) -> None:
    _, height, width, _ = crop_style(noise(80, 120), crop, degrees).shape
    assert cropped_size(120, 80, crop, degrees) == (width, height)


@pytest.mark.parametrize("degrees", [0, 33, 90])
def test_the_original_is_left_alone_and_the_part_is_its_own(noise: Any, degrees: int) -> None:
    style = noise(60, 60)
    before = style.copy()
    part = crop_style(style, (0, 0, 0.8, 0.8), degrees)
    part[:] = 0.5
    assert np.array_equal(style, before)
    assert (part.dtype, part.flags.c_contiguous) == (np.float32, True)


@pytest.mark.parametrize("degrees", [20, 45, 110])
def test_values_stay_in_range_where_bicubic_would_ring(degrees: int) -> None:
    checkers = np.kron(np.indices((12, 12)).sum(0) % 2, np.ones((6, 6)))[None, :, :, None]
    turned = crop_style(np.repeat(checkers, 3, -1).astype(np.float32), WHOLE, degrees)
    assert (turned.min(), turned.max()) == (0, 1)


@pytest.mark.parametrize(
    ("size", "crop", "degrees", "came"),
    [
        ((200, 200), (0, 0, 0.05, 1), 0, "10 x 200 px"),
        ((200, 200), (0, 0, 0.05, 1), 90, "200 x 10 px"),
        ((32, 64), (0, 0, 1, 0.05), 0, "32 x 3 px"),
        ((5, 64), (0, 0, 0.05, 1), 45, "64 x 0 px"),
        ((32, 32), (0.2, 0.2, 0.8, 0.8), 45, "14 x 14 px"),
    ],
)
def test_too_little_is_refused_with_what_to_try(size: Any, crop: Any, degrees: int, came: str) -> None:
    words = f"at least 16 px on each side once it is cropped and turned, got {came}; take a larger part, turn it less"
    with pytest.raises(RecipeError, match=words):
        cropped_size(*size, crop, degrees)
    with pytest.raises(RecipeError, match=words):
        crop_style(np.zeros((1, size[1], size[0], 3), np.float32), crop, degrees)


def photograph(noise: Any, height: Any, width: Any, *, alpha: bool = False) -> Any:
    pixels = (noise(height, width)[0] * 255).astype(np.uint8)
    return Picture.from_pixels(pixels, pixels[:, :, 0].copy() if alpha else None, ("a note",))


def test_a_photographs_part_is_a_picture_of_its_own(noise: Any) -> None:
    whole = photograph(noise, 80, 120, alpha=True)
    assert crop_picture(whole) is whole
    part = crop_picture(whole, (0.25, 0, 0.75, 1))
    assert np.array_equal(part.pixels, whole.pixels[:, 30:90])
    assert np.array_equal(part.alpha, whole.alpha[:, 30:90])
    assert part.sha256 != whole.sha256
    assert part.notes == whole.notes
    turned = crop_picture(part, WHOLE, 90)
    assert np.array_equal(turned.pixels, np.rot90(part.pixels, -1))
    assert np.array_equal(turned.alpha, np.rot90(part.alpha, -1))


@pytest.mark.parametrize("degrees", [-135, -20, 7, 45, 100])
def test_bytes_are_turned_as_floats_are(noise: Any, degrees: int) -> None:
    whole = photograph(noise, 120, 160)
    part = crop_picture(whole, (0.1, 0, 1, 0.9), degrees).tensor()
    assert np.abs(part - crop_style(whole.tensor(), (0.1, 0, 1, 0.9), degrees)).max() <= 1.1 / 255


@pytest.mark.parametrize(("crop", "degrees"), [((0, 0, 0.2, 1), 0), ((0, 0, 1, 0.1), 0), ((0, 0, 0.3, 1), 45)])
def test_too_little_of_a_photograph_is_refused(noise: Any, crop: Any, degrees: int) -> None:
    with pytest.raises(PictureError, match="take a larger part"):
        crop_picture(photograph(noise, 120, 120), crop, degrees)


@pytest.mark.parametrize("frame", [(WHOLE, 0.0), ((0.25, 0.0, 0.75, 1.0), 90.0), ((0.1, 0.2, 0.9, 1.0), -25.0)])
def test_a_parts_pixels_are_found_again_in_the_original(frame: Any) -> None:
    """Red rises along x and green along y, so that a pixel's colour says where it came from."""
    width, height = 240, 160
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    original = np.stack([x / width, y / height, np.zeros_like(x)], axis=-1)[None].astype(np.float32)
    part = crop_style(original, *frame)
    a, b, c, d, e, f = came_from(width, height, *frame)
    for down, across in ((3, 3), (part.shape[1] // 2, part.shape[2] // 2), (part.shape[1] - 4, part.shape[2] - 4)):
        there = a * (across + 0.5) + b * (down + 0.5) + c, d * (across + 0.5) + e * (down + 0.5) + f
        told = part[0, down, across, 0] * width, part[0, down, across, 1] * height
        assert there == pytest.approx(told, abs=1.0)


@pytest.mark.parametrize(("crop", "degrees"), [(WHOLE, 0.0), ((0.1, 0.2, 0.8, 0.9), 0.0), ((0.4, 0.4, 0.6, 0.55), 90.0),
                                               (WHOLE, 12.0), ((0.3, 0.1, 0.9, 0.5), -33.0)])  # fmt: skip
def test_the_preview_of_a_part_is_the_part_reduced(crop: tuple[float, ...], degrees: float) -> None:
    small = np.random.default_rng(4).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    picture = Picture.from_pixels(np.asarray(Image.fromarray(small).resize((1200, 900))).copy())
    exact = crop_style(picture.tensor(), crop, degrees)
    expected = fit(exact, 100)
    got = preview_style(picture, crop, degrees, 100)
    assert max(got.shape[1:3]) in (99, 100)
    assert np.abs(np.subtract(got.shape, expected.shape)).max() <= 1
    height, width = min(got.shape[1], expected.shape[1]), min(got.shape[2], expected.shape[2])
    assert np.abs(got[:, :height, :width] - expected[:, :height, :width]).mean() < 0.04


def test_a_style_whose_part_is_too_small_has_no_preview() -> None:
    with pytest.raises(RecipeError, match="at least 16 px"):
        preview_style(Picture.from_pixels(np.zeros((40, 40, 3), np.uint8)), (0.0, 0.0, 0.2, 1.0), 0.0, 100)


@pytest.mark.parametrize(("size", "shape"), [((60, 40), (30, 30)), ((40, 60), (16, 9)), ((50, 50), (3, 2))])
def test_the_middle_of_a_shape_is_the_largest_one(size: Any, shape: Any) -> None:
    width, height = size
    across = np.broadcast_to(np.arange(width, dtype=np.float32)[None, None, :, None], (1, height, width, 3))
    part = middle_of_shape(across, *shape)
    _, down, over, _ = part.shape
    assert over == width or down == height
    assert abs(over / down - shape[0] / shape[1]) <= 1.5 / min(over, down)
    assert abs(part[0, 0, 0, 0] + part[0, 0, -1, 0] - (width - 1)) <= 1
    assert middle_of_shape(across, width * 3, height * 3 + 1) is across
