"""The blend of a fresh frame with the last result keeps strokes, follows colour, and gives way to what is new."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from nst_core.film.engines.blending import BANDS_PX, blended, warping_error
from nst_core.film.engines.frames import Neighbour
from nst_core.film.flow import Bytes, Floats, Motion
from tests.nst_core.film.clips import still

SIZE = (64, 64)


def unmoved(trust: float = 1.0) -> Motion:
    return Motion(np.zeros((*SIZE, 2), np.float32), np.full(SIZE, trust, np.float32))


def painting(seed: int = 0, level: float = 120, spread: float = 20, low: float = 0) -> Floats:
    return np.random.default_rng(seed).normal(level, spread, (*SIZE, 3)).astype(np.float32).clip(low, 255)


def as_bytes(values: Floats) -> Bytes:
    return values.round().astype(np.uint8)


def neighbour(result: Floats, trust: float = 1.0) -> Neighbour:
    return Neighbour(as_bytes(result), unmoved(trust))


def test_without_a_share_or_trust_the_frame_is_fresh() -> None:
    fresh, last = painting(1), painting(2)
    for of, share in ((neighbour(last), 0.0), (neighbour(last, trust=0), 0.9)):
        np.testing.assert_allclose(blended(fresh, of, share), as_bytes(fresh), atol=1)


def test_the_last_result_stays_where_the_fresh_frame_only_trembles() -> None:
    last = painting(2)
    fresh = last + painting(1, level=0, spread=4) - painting(3, level=0, spread=4)
    result = blended(fresh, neighbour(last), 0.9)
    change, tremble = (float(np.abs(a - as_bytes(last)).mean()) for a in (result.astype(float), fresh))
    assert change < tremble / 5


def test_broad_colour_follows_the_fresh_frame_at_the_rate_of_the_share() -> None:
    last, fresh = np.full((*SIZE, 3), 100, np.float32), np.full((*SIZE, 3), 120, np.float32)
    assert blended(fresh, neighbour(last), 0.9) == pytest.approx(102)
    assert blended(fresh, neighbour(last), 0.5) == pytest.approx(110)


def test_what_disagrees_is_fresh() -> None:
    last, fresh = painting(2, level=40, spread=5), painting(1, level=200, spread=5)
    np.testing.assert_allclose(blended(fresh, neighbour(last), 0.9), as_bytes(fresh), atol=1)


def test_detail_that_interpolation_weakened_gets_its_strength_back() -> None:
    fresh = painting(1)
    weak = painting(1) * 0.7 + 120 * 0.3
    spread = [float(np.std(blended(fresh, neighbour(of), 0.9))) for of in (weak, fresh)]
    assert float(weak.std()) < spread[0] < spread[1] * 1.05
    assert spread[0] > 0.8 * float(fresh.std())


def test_bands_add_up_to_the_picture() -> None:
    assert list(BANDS_PX) == sorted(BANDS_PX)
    fresh = painting(1)
    np.testing.assert_allclose(blended(fresh, neighbour(fresh), 0.9), as_bytes(fresh), atol=1)


def test_the_warping_error_is_the_trusted_root_mean_square() -> None:
    last = np.full((*SIZE, 3), 100, np.float32)
    result = as_bytes(last + np.array([3, 0, 0], np.float32))
    assert warping_error(result, neighbour(last)) == pytest.approx(np.sqrt(3))
    half = neighbour(last)
    half.motion.trust[:32] = 0
    result[:32] = 0
    assert warping_error(result, half) == pytest.approx(np.sqrt(3))
    assert warping_error(still(1)[0].pixels, neighbour(last, trust=0)) == 0


@pytest.mark.parametrize(
    ("matrix", "fresh_share"),
    [
        ([[1, 0], [0, 1]], 0.0),
        ([[1, 0.03], [-0.03, 1]], 0.0),  # turns
        ([[0.98, 0], [0, 0.98]], 0.17),  # grows by 2 % a frame: four frames until that is too much
        ([[1.02, 0], [0, 1.02]], 0.17),
        ([[0.995, 0], [0, 0.995]], 0.05),
    ],
)
def test_strokes_that_grow_or_shrink_give_way_to_fresh_ones(matrix: list[list[float]], fresh_share: float) -> None:
    middle = np.indices(SIZE, np.float32)[::-1].transpose(1, 2, 0) - (SIZE[0] - 1) / 2
    flow = np.asarray(middle @ (np.array(matrix).T - np.eye(2)), np.float32)
    broad = (cv2.GaussianBlur(painting(seed, 0, 20, low=-255), (0, 0), 2) for seed in (1, 2))
    last, fresh = (np.asarray(120 + 8 * strokes, np.float32) for strokes in broad)
    of = Neighbour(as_bytes(last), Motion(flow, np.ones(SIZE, np.float32)))
    apart = fresh - of.aim
    share = ((blended(fresh, of, 0.99) - of.aim) * apart).sum() / np.square(apart).sum()
    assert share == pytest.approx(fresh_share, abs=0.04)
