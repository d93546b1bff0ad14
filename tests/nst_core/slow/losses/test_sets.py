"""The distances of sets, `sliced` and `neighbours`, against brute force in NumPy and by their properties."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.recipe import make
from nst_core.runs import cost
from nst_core.slow.losses import neighbours, objective, positions, sliced
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.pictures import RunPictures
from nst_core.slow.tiling.memory_plan import check_memory, plan_of
from nst_core.slow.tiling.windows import WHOLE
from tests.nst_core.slow.tiling.test_windows import narrow

DISTANCES = {"sliced": sliced.DISTANCE, "neighbours": neighbours.DISTANCE}


@pytest.fixture(params=DISTANCES)
def distance(request: Any) -> Any:
    return DISTANCES[request.param]


def activations(height: int, width: int, channels: int = 6, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).gamma(0.5, 40.0, (1, height, width, channels))
    return np.asarray(drawn, np.float32)


def apart(distance: Any, ours: np.ndarray, theirs: np.ndarray, weights: Any = None) -> float:
    target = distance.target(distance.statistics(tf.constant(theirs)))
    return float(distance.distance(distance.statistics(tf.constant(ours), weights), target))


def slope(distance: Any, at: np.ndarray, target: Any, jit: bool = False) -> Any:
    def of(values: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(values)
            value = distance.distance(distance.statistics(values), target)
        return value, tape.gradient(value, values)

    return (tf.function(of, jit_compile=True) if jit else of)(tf.constant(at))


# --- both


def test_a_set_is_no_distance_from_itself_in_any_order(distance: Any) -> None:
    style = activations(9, 11)
    mixed_up = style.reshape(-1, 6)[np.random.default_rng(1).permutation(99)].reshape(1, 11, 9, 6)
    other = apart(distance, activations(9, 11, seed=2) ** 1.3, style)
    # A vector's direction is kept a little shorter than 1, so `neighbours` does not reach 0 by half a hundredth.
    assert 0 <= apart(distance, style, style) < 0.02 * other
    assert apart(distance, mixed_up, style) == pytest.approx(apart(distance, style, style), rel=1e-3, abs=1e-3)


def test_positions_of_weight_0_do_not_count(distance: Any) -> None:
    ours, style = activations(8, 10), activations(7, 5, seed=3)
    left = np.repeat([[1.0] * 6 + [0.0] * 4], 8, axis=0).astype(np.float32)
    assert apart(distance, ours, style, left) == pytest.approx(apart(distance, ours[:, :, :6], style), rel=1e-4)


def test_two_styles_are_one_set(distance: Any) -> None:
    one, other = activations(6, 6), activations(6, 6, seed=4) + 30
    both = distance.mixed([distance.statistics(tf.constant(s)) for s in (one, other)], [0.5, 0.5])
    together = distance.target(distance.statistics(tf.constant(np.concatenate([one, other], axis=1))))
    ours = distance.statistics(tf.constant(activations(5, 9, seed=5)))
    assert float(distance.distance(ours, distance.target(both))) == pytest.approx(
        float(distance.distance(ours, together)), rel=1e-4
    )


def test_a_style_of_share_0_changes_nothing(distance: Any) -> None:
    one, other = (distance.statistics(tf.constant(activations(6, 6, seed=s))) for s in (0, 4))
    alone, mixed = (distance.target(d) for d in (one, distance.mixed([one, other], [1.0, 0.0])))
    for a, b in zip(alone, mixed, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6)


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_slope_is_that_of_the_value(distance: Any, jit: bool) -> None:
    at, way = activations(6, 7), np.random.default_rng(7).standard_normal((1, 6, 7, 6)).astype(np.float32)
    target = distance.target(distance.statistics(tf.constant(activations(8, 8, seed=6))))
    value, gradient = slope(distance, at, target, jit)
    ahead, behind = (float(slope(distance, at + step * way, target, jit)[0]) for step in (0.02, -0.02))
    assert float(value) > 0
    assert float(np.sum(gradient * way)) == pytest.approx((ahead - behind) / 0.04, rel=0.02)


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precision_gives_the_same_value_and_a_finite_slope(distance: Any, precision: str) -> None:
    at = activations(12, 12)
    target = distance.target(distance.statistics(tf.constant(activations(8, 8, seed=6))))
    exact, half = slope(distance, at, target), slope(distance, tf.cast(at, precision), target)
    assert half[1].dtype == precision
    assert float(half[0]) == pytest.approx(float(exact[0]), rel=0.02)
    difference = tf.cast(half[1], tf.float32) - exact[1]
    assert float(tf.norm(difference)) < 0.2 * float(tf.norm(exact[1]))  # a neighbour may change by rounding


def test_nothing_and_one_colour_are_finite(distance: Any) -> None:
    nothing, flat = np.zeros((1, 4, 5, 6), np.float32), np.full((1, 4, 5, 6), 7.0, np.float32)
    for style in (nothing, flat, activations(5, 5)):
        target = distance.target(distance.statistics(tf.constant(style)))
        for ours in (nothing, flat):
            value, gradient = slope(distance, ours, target)
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
        assert distance.null_value(target) == pytest.approx(float(slope(distance, nothing, target)[0]), rel=0.01)


def test_the_same_style_gives_the_same_target_in_every_run(distance: Any) -> None:
    statistics = distance.statistics(tf.constant(activations(50, 50)))
    first, again = distance.target(statistics), distance.target(statistics)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


# --- sliced


def test_sliced_in_one_dimension_is_the_distance_of_the_sorted_values() -> None:
    ours, style = activations(7, 8, 1), activations(8, 7, 1, seed=8)
    expected = np.mean(np.square(np.sort(ours.ravel()) - np.sort(style.ravel())))
    assert apart(sliced.DISTANCE, ours, style) == pytest.approx(expected, rel=1e-4)


def test_sliced_of_a_shift_is_its_square_along_the_directions() -> None:
    style, shift = activations(9, 9), np.array([3, -1, 4, 1, -5, 9], np.float32)
    along = shift @ sliced.directions(6)
    assert apart(sliced.DISTANCE, style + shift, style) == pytest.approx(np.mean(np.square(along)), rel=1e-3)


def test_sliced_compares_pictures_of_two_sizes() -> None:
    style = activations(6, 8)
    twice = np.concatenate([style, style], axis=2)
    other = apart(sliced.DISTANCE, activations(6, 8, seed=9), style)
    assert apart(sliced.DISTANCE, twice, style) < 0.3 * other


def test_directions_are_orthonormal_and_fixed() -> None:
    along = sliced.directions(64)
    np.testing.assert_allclose(along.T @ along, np.eye(32), atol=1e-5)
    sliced.directions.cache_clear()
    assert np.array_equal(sliced.directions(64), along)


# --- neighbours


def brute_force(ours: np.ndarray, style: np.ndarray) -> float:
    """The mean of 1 - cosine with the nearest of the style's vectors, all pairs at once in float64."""
    ours, style = (a.reshape(-1, a.shape[-1]).astype(np.float64) for a in (ours, style))
    centre, least = style.mean(0), neighbours.SPREAD_SHARE * style.var(0).sum()
    a, b = ((m - centre) / np.sqrt(np.square(m - centre).sum(1, keepdims=True) + least) for m in (ours, style))
    deviations = [np.sqrt(m.var(0) + least / m.shape[1]) for m in (ours, style)]
    moments = np.square(ours.mean(0) - centre).sum() + np.square(deviations[0] - deviations[1]).sum()
    return float((1 - (a @ b.T).max(1)).mean() + moments / style.var(0).sum())


@pytest.mark.parametrize("size", [(3, 5), (70, 60)])  # less than a piece of the picture, and more than one
def test_neighbours_are_those_of_brute_force(size: Any) -> None:
    ours, style = activations(*size), activations(31, 33, seed=10)
    assert 31 * 33 <= neighbours.STYLE_POSITIONS < np.prod(size) or np.prod(size) < neighbours.PIECE
    assert apart(neighbours.DISTANCE, ours, style) == pytest.approx(brute_force(ours, style), rel=1e-4)


def test_a_large_style_is_represented_by_a_bounded_number_of_positions() -> None:
    target = neighbours.DISTANCE.target(neighbours.DISTANCE.statistics(tf.constant(activations(60, 60))))
    assert target.units.shape == (neighbours.STYLE_POSITIONS, 6)


def test_positions_are_drawn_by_their_weights() -> None:
    weights = np.repeat([0.0, 1.0, 3.0], 4000)
    chosen = positions.drawn(weights, 1000)
    assert len(set(chosen)) == 1000
    assert chosen.min() >= 4000
    assert np.mean(chosen >= 8000) == pytest.approx(0.75, abs=0.05)


# --- in a run


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
def test_regions_and_several_styles_descend_together(noise: Any, name: str) -> None:
    chosen = make(settings={"style_distance": name, "content_weight": 0.0, "tv_weight": 0.0}).objective
    chosen = chosen.model_copy(update={"style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5}})
    left = np.zeros((40, 32), np.float32)
    left[:, :16] = 1
    content, styles = tf.constant(noise(40, 32, 1)), [tf.constant(noise(30, 50, 2) ** 3), tf.constant(noise(40, 20, 3))]
    mixes = [StyleMixture([1.0, 0.0], left), StyleMixture([1.0, 2.0], 1 - left)]
    bound = objective.build(narrow(), chosen, content, styles, mixes)
    weighted, gradient = bound(content)
    step = 0.02 * gradient / tf.reduce_max(tf.abs(gradient))
    assert float(tf.reduce_sum(bound(content - step)[0])) < float(tf.reduce_sum(weighted))
    assert 0 < bound.null_loss < np.inf


@pytest.mark.parametrize("name", DISTANCES)
def test_a_picture_that_would_need_strips_is_refused_before_the_run(name: str) -> None:
    recipe = make(settings={"style_distance": name, "longest_edge_px": 1024, "convolutions": "direct"})
    with pytest.raises(RecipeError, match=f"style_distance '{name}' needs the picture in one piece") as refused:
        RunPictures(np.zeros((1, 900, 1200, 3), np.float32), [np.zeros((1, 9, 9, 3), np.float32)], []).check(recipe)
    edge = int(str(refused.value).split("at most ")[1].split(",")[0])
    check_memory(recipe, round(edge * 0.75), edge)  # the advice holds
    assert edge > 256
    from nst_core.models.convolution_method import DIRECT

    assert plan_of(recipe, 64, 64, DIRECT) == WHOLE


@pytest.mark.parametrize(("name", "share"), [("sliced", 0.4), ("neighbours", 0.32)])
def test_the_estimate_grows_with_the_picture_by_the_measured_share(name: str, share: float) -> None:
    """Time beyond Gram matrices, per pixel, is the same share of an evaluation at every size."""
    machine = cost.stored() or cost.LAPTOP
    for edge in (128, 256):
        sizes = {"longest_edge_px": edge, "pyramid": "off", "steps": 100, "convolutions": "direct"}
        gram, of = (cost.of(make(settings={**sizes, "style_distance": n}), (edge, edge)) for n in ("gram", name))
        expected = 100 * share * machine.evaluation(256**2) * (edge / 256) ** 2
        assert of.seconds - gram.seconds == pytest.approx(expected, rel=0.01)
        assert of.peak_mb - gram.peak_mb == pytest.approx(1500 * edge**2 / 1e6)
