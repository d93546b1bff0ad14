"""The temporal term of a film's frame: a closed form, its slope, and the same numbers whole and by strips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import Objective
from nst_core.slow.losses import objective
from nst_core.slow.losses.functions import temporal_loss
from nst_core.slow.losses.objective import StyleMixture, TemporalTarget
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

SMALL = Objective(content_layers={"block2_conv1": 1.0}, style_layers={"block1_conv1": 0.5, "block3_conv1": 0.5})


def frame_objective(vgg: Any, noise: Any, weight: float | None, plan: TilingPlan = WHOLE, units: str = "") -> Any:
    """The objective of a frame of 64 x 48 px; without a temporal term if `weight` is None."""
    chosen = SMALL.model_copy(update={"loss_units": units or "normalised"})
    content, style = tf.constant(noise(64, 48, 1)), tf.constant(noise(32, 32, 2))
    trust = np.random.default_rng(3).random((1, 64, 48, 1), np.float32)
    trust[:, :20] = 0
    temporal = None if weight is None else TemporalTarget(noise(64, 48, 4), trust, weight)
    seen = objective.measure_styles(vgg, chosen, [style], plan=plan)
    return objective.bind(vgg, chosen, content, seen, [StyleMixture([1.0])], plan=plan, temporal=temporal)


def test_the_temporal_loss_is_a_trusted_mean_of_squares(noise: Any) -> None:
    picture, aim = noise(5, 7), noise(5, 7, 1)
    trust = np.random.default_rng(2).random((1, 5, 7, 1), np.float32)
    expected = sum(
        float(trust[0, y, x, 0]) * (float(picture[0, y, x, c]) - float(aim[0, y, x, c])) ** 2
        for y, x, c in np.ndindex(5, 7, 3)
    ) / (5 * 7 * 3)
    assert float(temporal_loss(picture, aim, trust)) == pytest.approx(expected, rel=1e-5)
    assert float(temporal_loss(picture, picture, trust)) == 0
    assert float(temporal_loss(picture, aim, trust * 0)) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("units", "factor"), [("normalised", 1), ("tutorial", 64 * 48 * 3)])
def test_the_term_is_added_to_the_others(random_vgg: Any, noise: Any, units: str, factor: float) -> None:
    picture = tf.constant(noise(64, 48))
    without, bound = (frame_objective(random_vgg, noise, weight, units=units) for weight in (None, 50.0))
    (plain, slope), (terms, steeper) = without(picture), bound(picture)
    assert bound.names == (*without.names, "temporal")
    np.testing.assert_allclose(terms[:-1], plain, rtol=1e-5)
    aim, trust = bound.targets.temporal
    assert float(terms[-1]) == pytest.approx(factor * 50.0 * float(temporal_loss(picture, aim, trust)), rel=1e-5)
    own = factor * 50.0 * 2 * (trust * (picture - aim)).numpy() / (64 * 48 * 3)
    np.testing.assert_allclose((steeper - slope).numpy(), own, atol=1e-4 * np.abs(steeper).max())
    losses = objective.named(dict(zip(bound.names, map(float, terms.numpy()), strict=True)))
    assert losses["total"] == pytest.approx(float(tf.reduce_sum(terms)), rel=1e-5)
    assert losses["temporal"] == float(terms[-1])


def test_the_gradient_of_a_frame_is_the_slope(random_vgg: Any, noise: Any) -> None:
    terms = frame_objective(random_vgg, noise, 1e4)
    at = noise(64, 48)
    _, gradient = terms(tf.constant(at))
    direction = gradient.numpy() / np.abs(gradient.numpy()).max()
    up, down = (float(tf.reduce_sum(terms(tf.constant(at + s * 2e-3 * direction))[0])) for s in (1, -1))
    slope = float((gradient.numpy().astype(np.float64) * direction).sum())
    assert (up - down) / 4e-3 == pytest.approx(slope, rel=0.03)


@pytest.mark.slow
def test_strips_give_the_same_terms_and_gradient(random_vgg: Any, noise: Any) -> None:
    picture = tf.constant(noise(64, 48))
    whole = frame_objective(random_vgg, noise, 300.0)(picture)
    strips = frame_objective(random_vgg, noise, 300.0, TilingPlan(2, 16))(picture)
    for one, other in zip(whole, strips, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4 * np.abs(one).max())


def test_the_null_loss_counts_the_term(random_vgg: Any, noise: Any) -> None:
    """A picture that differs by 1 from its aim: the weight times the mean trust."""
    without, bound = (frame_objective(random_vgg, noise, weight) for weight in (None, 50.0))
    trust = float(tf.reduce_mean(bound.targets.temporal[1]))
    assert bound.null_loss - without.null_loss == pytest.approx(50.0 * trust, rel=1e-3)
