"""Channels that are active together: cosines and an order, by properties."""

from typing import Any

import numpy as np
import pytest

from nst_core.metrics import gram_order


@pytest.fixture
def maps() -> Any:
    """Five feature maps after ReLU, [positions, channels]."""
    return np.maximum(np.random.default_rng(3).normal(size=(400, 5)), 0)


def test_cosines_are_those_of_the_maps(maps: Any) -> None:
    second = maps.T @ maps / len(maps)
    for i in range(5):
        for j in range(5):
            direct = maps[:, i] @ maps[:, j] / np.linalg.norm(maps[:, i]) / np.linalg.norm(maps[:, j])
            assert gram_order.cosines(second)[i, j] == pytest.approx(direct)


def test_cosines_do_not_know_how_loud_a_channel_is(maps: Any) -> None:
    louder = maps * np.array([1, 1e-3, 10, 1e3, 1])
    assert np.allclose(gram_order.cosines(louder.T @ louder), gram_order.cosines(maps.T @ maps))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_silent_channel_is_like_no_other(maps: Any, dtype: Any) -> None:
    maps[:, 2] = 0
    both = np.stack([maps.T @ maps, np.zeros((5, 5))]).astype(dtype)
    found = gram_order.cosines(both)
    assert not found[0, 2].any()
    assert not found[1].any()
    assert np.diagonal(found[0])[[0, 1, 3, 4]] == pytest.approx(1)
    assert 0 <= found.min() <= found.max() <= 1


def test_seriation_puts_groups_together() -> None:
    group = np.arange(12) % 3
    second = np.where(group[:, None] == group, 4.0, 0.1)
    order = gram_order.seriate(second)
    assert sorted(order) == list(range(12))
    assert np.count_nonzero(np.diff(group[order])) == 2
