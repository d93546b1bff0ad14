"""High dynamic range: known light has known colours."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from nst_core.film import hdr
from nst_core.film.colours import srgb

WHITE = {hdr.PQ: 0.5807, hdr.HLG: 0.75}
"""The signal of a white page, 203 nits: BT.2408, table 1."""


def of(signal: float | tuple[float, float, float], transfer: int, primaries: int = hdr.BT2020) -> NDArray[np.int64]:
    coded = np.broadcast_to(np.asarray(signal) * 65535, (2, 2, 3)).round().astype(np.uint16)
    return np.asarray(hdr.to_srgb(coded, transfer, primaries)[0, 0], np.int64)


@pytest.mark.parametrize("transfer", WHITE)
def test_black_is_black_white_is_bright_and_highlights_differ(transfer: int) -> None:
    assert of(0.0, transfer).max() == 0
    white = of(WHITE[transfer], transfer)
    assert np.ptp(white) <= 1
    assert 230 <= white.min() <= 245
    greys = [int(of(each, transfer)[0]) for each in np.linspace(0, 1, 40)]
    assert greys == sorted(greys)
    assert greys[-1] >= 254
    assert white[0] < of(WHITE[transfer] * 1.08, transfer)[0] < of(WHITE[transfer] * 1.16, transfer)[0]


@pytest.mark.parametrize(("pq", "hlg"), [(0.5807, 0.75), (0.5081, 0.6297), (0.7518, 1.0)])
def test_both_codes_of_one_light_are_one_colour(pq: float, hlg: float) -> None:
    """203, 100 and 1000 nits, from the inverse of each code's curve."""
    assert np.abs(of(pq, hdr.PQ) - of(hlg, hdr.HLG)).max() <= 2


def test_light_below_the_knee_is_that_of_srgb() -> None:
    """100 nits are 49 % of white."""
    light = 100 / hdr.WHITE_NITS
    assert of(0.5081, hdr.PQ)[0] == pytest.approx(255 * (1.055 * light ** (1 / 2.4) - 0.055), abs=1)


def test_colours_keep_their_hue_and_wide_ones_are_clipped() -> None:
    red = of((0.58, 0.0, 0.0), hdr.PQ)
    assert red[0] > 200
    assert red[1:].max() <= 5
    skin, same = of((0.50, 0.42, 0.38), hdr.PQ), of((0.50, 0.42, 0.38), hdr.PQ, primaries=1)
    assert skin[0] - skin[2] > same[0] - same[2] > 0  # wider primaries: the same signal is a stronger colour


@pytest.mark.parametrize("transfer", WHITE)
def test_frames_of_video_are_converted(transfer: int) -> None:
    planes = np.full((72, 64), 512, np.uint16)
    planes[:48] = 64 + round(876 * WHITE[transfer])
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p10le")
    frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range = 9, 9, transfer, 1
    for size in ((64, 48), (32, 24)):
        pixels = srgb(frame, *size)
        assert pixels.shape == (size[1], size[0], 3)
        assert np.abs(pixels.astype(int) - of(WHITE[transfer], transfer)).max() <= 2
