"""Colours of video against the formulas of their standards, computed independently."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from nst_core.film.colours import srgb

LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""FFmpeg's number of a colour matrix -> the shares of red and blue in its luma."""
PATCHES = ((125, 128, 128), (63, 150, 90), (180, 90, 170), (81, 90, 200), (41, 210, 110), (16, 128, 128))
"""Y, Cb, Cr of 8 bits."""


def flat(patch: tuple[int, int, int], format_: str, width: int = 64, height: int = 48, scale: int = 1) -> av.VideoFrame:
    """A frame of one colour in planes of half the resolution for Cb and Cr."""
    luma = np.full(width * height, patch[0] * scale)
    chroma = [np.full(width * height // 4, part * scale) for part in patch[1:]]
    planes = np.concatenate([luma, *chroma]).reshape(height * 3 // 2, width)
    kind: Any = np.uint8 if scale == 1 else np.uint16
    return av.VideoFrame.from_ndarray(planes.astype(kind), format=format_)


def expected(patch: tuple[int, int, int], matrix: int, is_full: bool) -> np.ndarray:
    """Red, green and blue from 0 to 255, from the definition of Y, Cb and Cr."""
    red_share, blue_share = LUMA[matrix]
    y, cb, cr = patch
    luma = y / 255 if is_full else (y - 16) / 219
    blue_difference, red_difference = ((part - 128) / (255 if is_full else 224) for part in (cb, cr))
    red = luma + 2 * (1 - red_share) * red_difference
    blue = luma + 2 * (1 - blue_share) * blue_difference
    green = (luma - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    return np.clip([red, green, blue], 0, 1) * 255


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize(("format_", "scale"), [("yuv420p", 1), ("yuv420p10le", 4)])
def test_matrix_range_and_depth_are_heeded(
    patch: tuple[int, int, int], matrix: int, is_full: bool, format_: str, scale: int
) -> None:
    frame = flat(patch, format_, scale=scale)
    frame.colorspace, frame.color_range = matrix, 2 if is_full else 1
    for size in ((64, 48), (32, 24)):
        pixels = srgb(frame, *size)
        assert np.abs(pixels - expected(patch, matrix, is_full)).max() <= 2.5


@pytest.mark.parametrize(("width", "height", "matrix"), [(64, 48, 5), (1280, 48, 1), (64, 720, 1)])
def test_a_film_that_does_not_say_is_read_as_players_do(width: int, height: int, matrix: int) -> None:
    """By its size; limited range, but for the formats that are always of full range."""
    patch = PATCHES[2]
    frame = flat(patch, "yuv420p", width, height)
    assert frame.colorspace == 2
    assert np.abs(srgb(frame, width, height) - expected(patch, matrix, False)).max() <= 2.5
    full = flat(patch, "yuvj420p", width, height)
    assert np.abs(srgb(full, width, height) - expected(patch, matrix, True)).max() <= 2.5


def test_shrinking_is_antialiased() -> None:
    checks = np.indices((48, 64)).sum(axis=0) % 2 * 255
    frame = av.VideoFrame.from_ndarray(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8), format="rgb24")
    inner = srgb(frame, 16, 12)[2:-2, 2:-2]
    assert np.abs(inner.astype(int) - 128).max() <= 6
