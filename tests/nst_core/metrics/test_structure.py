"""The structure that a result has of its photograph: 1 for itself, about 0 for another picture."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.metrics.structure import correlation, excess_similarities, structure
from nst_core.picture import samples
from nst_core.picture.resize import resize

RANDOM = np.random.default_rng(0)


def test_the_correlation_is_pearsons_and_0_without_variation() -> None:
    one, other = RANDOM.normal(size=200), RANDOM.normal(size=200)
    assert correlation(one, 3 * one + 2) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert correlation(one, np.ones(200)) == 0


def test_similarities_are_of_directions_and_have_no_mean_at_any_distance() -> None:
    parts = RANDOM.normal(size=(5, 7, 16))
    found = excess_similarities(parts)
    assert found.shape == (35 * 34 // 2,)
    centred = (parts - parts.mean(axis=(0, 1))).reshape(-1, 16)
    np.testing.assert_allclose(excess_similarities(7 * centred.reshape(parts.shape) + 3), found, atol=1e-12)
    places = np.indices((5, 7)).reshape(2, -1).T
    first, second = np.triu_indices(35, k=1)
    near = np.abs(places[first] - places[second]).sum(axis=1) == 1
    assert found[near].mean() == pytest.approx(0, abs=0.02)
    smooth = np.cumsum(parts, axis=1)
    assert abs(correlation(excess_similarities(smooth), found)) < 1


def test_parts_in_other_places_have_nothing_in_common_with_the_first() -> None:
    parts = np.repeat(RANDOM.normal(size=(6, 6, 8)), 2, axis=0)
    shuffled = RANDOM.permutation(parts.reshape(-1, 8)).reshape(parts.shape)
    assert correlation(excess_similarities(parts), excess_similarities(parts)) == pytest.approx(1)
    assert abs(correlation(excess_similarities(parts), excess_similarities(shuffled))) < 0.15


@pytest.mark.weights
@pytest.mark.slow
def test_copies_are_told_apart_and_colours_are_no_matter() -> None:
    photograph = samples.find("astronaut").load(128).tensor()
    _, height, width, _ = photograph.shape
    assert structure(photograph, photograph) == pytest.approx(1)
    assert structure(1 - photograph, photograph) > 0.85
    mirrored = structure(photograph[:, :, ::-1], photograph)
    others = [
        structure(resize(samples.find(key).load(128).tensor(), width, height), photograph)
        for key in ("brick", "night-swirls")
    ]
    assert max(abs(mirrored), *map(abs, others)) < 0.2
    noisy = np.clip(photograph + RANDOM.normal(0, 0.3, photograph.shape), 0, 1).astype(np.float32)
    assert 0.3 < structure(noisy, photograph) < 0.8
