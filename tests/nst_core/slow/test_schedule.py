"""The sizes, the steps of each, the early end of a size, and coloured noise."""

import math
from typing import Any

import numpy as np
import pytest

from nst_core.recipe import make
from nst_core.slow.pictures import coloured_noise
from nst_core.slow.schedule import PLATEAU_STEPS, plateau, scales


def sizes(height: int = 300, width: int = 400, **settings: Any) -> Any:
    pinned = {"pyramid": "auto", "smallest_edge_px": 64, "first_steps": None, "steps": 10}
    return scales(make(settings={**pinned, **settings}), height, width)


def edges(found: Any) -> Any:
    return [s.edge_px for s in found]


def test_without_a_pyramid_there_is_one_size() -> None:
    (only,) = sizes(pyramid="off", longest_edge_px=1024, first_steps=7)
    assert (only.edge_px, only.steps, only.until) == (1024, 10, 1.0)


@pytest.mark.parametrize("last", [64, 65, 76, 77, 91, 128, 300, 512, 1000, 2048])
def test_sizes_grow_by_the_root_of_two_up_to_the_last(last: int) -> None:
    found = edges(sizes(longest_edge_px=last))
    assert found[-1] == last
    assert found == [round(64 * 2 ** (k / 2)) for k in range(len(found) - 1)] + [last]
    if len(found) > 1:
        assert found[0] == 64
        assert 2**0.25 < last / found[-2] < 2**0.75 + 0.01  # neither nearly equal nor far apart


@pytest.mark.parametrize(("small", "large"), [(64, 2048), (181, 512), (256, 1024), (300, 2048)])
def test_a_previews_sizes_are_the_first_of_the_full_run(small: int, large: int) -> None:
    preview, full = edges(sizes(longest_edge_px=small)), edges(sizes(longest_edge_px=large))
    assert preview[:-1] == full[: len(preview) - 1]


@pytest.mark.parametrize("least", [64, 128, 1000])
def test_a_result_no_larger_than_the_smallest_size_is_one_size(least: int) -> None:
    assert edges(sizes(smallest_edge_px=least, longest_edge_px=64)) == [64]


def test_a_thin_pictures_smallest_size_leaves_its_short_side_enough() -> None:
    first = edges(sizes(100, 800, longest_edge_px=1024))[0]
    assert first == 256
    assert edges(sizes(800, 100, longest_edge_px=1024))[0] == first


def test_the_smallest_size_may_take_longer() -> None:
    assert [s.steps for s in sizes(longest_edge_px=128, first_steps=30)] == [30, 10, 10]
    assert [s.steps for s in sizes(longest_edge_px=128)] == [10, 10, 10]
    assert [s.steps for s in sizes(longest_edge_px=64, first_steps=30)] == [10]  # no pyramid, no smallest size


def test_budget_shares_follow_the_work() -> None:
    found = sizes(longest_edge_px=128, first_steps=30)
    work = np.array([30 * 64**2, 10 * 91**2, 10 * 128**2], float)
    np.testing.assert_allclose([s.until for s in found], np.cumsum(work) / work.sum())
    assert found[-1].until == 1.0


def falling(share: Any) -> Any:
    """Losses of 40 steps whose best falls by `share` from the first 20 to the last."""
    return [2.0] * 10 + [1.0] * 10 + [1.0] * 10 + [1.0 - share] + [3.0] * 9


def test_a_plateau_is_too_small_a_gain_of_the_best() -> None:
    assert PLATEAU_STEPS == 20
    assert plateau(falling(0.009), 0.01)
    assert not plateau(falling(0.011), 0.01)
    assert plateau(falling(-0.5), 0.01)  # it rises


def test_no_plateau_before_40_steps_nor_without_a_share() -> None:
    assert not plateau([1.0] * 39, 0.1)
    assert plateau([1.0] * 40, 0.1)
    assert not plateau([1.0] * 400, 0.0)
    assert not plateau([5.0] * 100 + falling(0.5), 0.1)  # only the last 40 count


def photograph(height: Any, width: Any) -> Any:
    """Smooth, coloured, well inside [0, 1]: clipping must not move what is compared."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    red = 0.5 + 0.1 * np.sin(5 * x)
    return np.stack([red, 0.4 + 0.5 * (red - 0.5) + 0.05 * np.cos(7 * y), 0.6 - 0.1 * y], -1)[None].astype(np.float32)


@pytest.mark.parametrize("size", [(64, 96), (65, 33)])
def test_noise_has_the_pictures_colours(size: Any) -> None:
    like = photograph(*size)
    noise = coloured_noise(like, 3)
    assert noise.shape == like.shape
    assert noise.dtype == np.float32
    assert noise.min() >= 0
    assert noise.max() <= 1
    ours, theirs = noise.reshape(-1, 3).astype(float), like.reshape(-1, 3).astype(float)
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=2e-3)
    np.testing.assert_allclose(np.diag(np.cov(ours.T)), np.diag(np.cov(theirs.T)), rtol=0.3)
    # The three channels of the noise before mixing are only nearly uncorrelated.
    np.testing.assert_allclose(np.cov(ours.T), np.cov(theirs.T), atol=0.4 * np.diag(np.cov(theirs.T)).max())


def test_noise_is_of_its_seed_and_size() -> None:
    like = photograph(40, 64)
    np.testing.assert_array_equal(coloured_noise(like, 1), coloured_noise(like, 1))
    assert np.abs(coloured_noise(like, 1) - coloured_noise(like, 2)).mean() > 0.01


def test_noise_has_the_spectrum_of_photographs() -> None:
    """Amplitude falls as 1 / frequency: from one octave to the next, by half."""
    greys = [coloured_noise(photograph(128, 128), seed)[0].mean(-1) for seed in range(20)]
    amplitude = np.sqrt(np.mean([np.abs(np.fft.fft2(grey - grey.mean())) ** 2 for grey in greys], axis=0))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128))) * 128
    octaves = [np.sqrt((amplitude[(frequency >= f) & (frequency < 2 * f)] ** 2).mean()) for f in (2, 4, 8, 16, 32)]
    slopes = np.diff(np.log2(octaves))
    np.testing.assert_allclose(slopes, -1, atol=0.15)


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.2, 0.5, 0.9)])
@pytest.mark.parametrize("size", [(16, 16), (33, 17)])
def test_noise_like_one_colour_is_that_colour(colour: Any, size: Any) -> None:
    noise = coloured_noise(np.broadcast_to(np.float32(colour), (1, *size, 3)), 0)
    assert np.isfinite(noise).all()
    np.testing.assert_allclose(noise, np.broadcast_to(colour, noise.shape), atol=1e-3)


def test_noise_of_a_grey_picture_is_grey() -> None:
    like = np.repeat(photograph(32, 48)[..., :1], 3, -1)
    assert np.ptp(coloured_noise(like, 0), axis=-1).max() < 1e-5
    assert math.isclose(coloured_noise(like, 0).std(), like.std(), rel_tol=0.05)
