"""Strips are exact: every row counted once, and the terms and gradient of the whole picture, without a seam."""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.models import vgg
from nst_core.models.convolution_method import WINOGRAD
from nst_core.models.vgg import VggConfig
from nst_core.recipe import CONVOLUTIONS, Objective
from nst_core.slow.losses import objective, targets
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.losses.style_distance import style_distance
from nst_core.slow.tiling.windows import WHOLE, TilingPlan, Window, reach_px, windows

pytestmark = pytest.mark.slow

WIDTHS = (6, 8, 8, 10, 12)


@cache
def narrow(network: str = "vgg19") -> Any:
    """A random network as deep as the real one, but few channels wide; one, so that what is compiled is kept."""
    chance, kernels, came = np.random.default_rng(11), [], 3
    for name in CONVOLUTIONS[network]:
        goes = WIDTHS[int(name[5]) - 1]
        kernel = chance.standard_normal((3, 3, came, goes), np.float32) * np.float32(np.sqrt(2 / (9 * came)))
        kernels.append((name, (kernel, 0.1 * chance.standard_normal(goes, np.float32))))
        came = goes
    return vgg.build(network, kernels, "float32")


# --- windows


@pytest.mark.parametrize("network", ["vgg19", "vgg16"])
@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_reach_is_what_a_unit_sees_rounded_up_to_the_grid(network: str, blocks: int) -> None:
    """By the gradient: pooled units at a cut depend on pixels within the reach only, and on nearly all of them."""
    grid, reach = 2**blocks, reach_px(network, blocks)
    assert reach % grid == 0
    picture = tf.random.stateless_uniform([1, 4 * reach, 16, 3], (1, 2))
    at = 2 * reach // grid
    with tf.GradientTape() as tape:
        tape.watch(picture)
        _, pooled = vgg.blocks(narrow(network), picture, [], VggConfig("average"), range(1, blocks + 1))
        seen = tf.reduce_sum(pooled[:, at])
    rows = np.flatnonzero(np.abs(tape.gradient(seen, picture).numpy()).sum((0, 2, 3)))
    before, after = at * grid - rows[0], rows[-1] - ((at + 1) * grid - 1)
    assert before == after
    assert reach - grid < before <= reach


def plans() -> Iterator[Any]:
    for blocks, height in itertools.product((1, 2, 3), (16, 33, 64, 97, 131, 200, 255)):
        for rows in (1, 2**blocks, 16, 40, 1000):
            yield height, TilingPlan(blocks, rows)


@pytest.mark.parametrize(("height", "plan"), plans())
def test_windows_own_every_row_once_and_see_enough(height: Any, plan: Any) -> None:
    grid, reach = 2**plan.blocks, reach_px("vgg19", plan.blocks)
    found = windows("vgg19", height, plan)
    assert [row for w in found for row in range(w.owned_start, w.owned_stop)] == list(range(height))
    assert len({w.stop - w.start for w in found}) == 1  # one compiled function serves them all
    for w in found:
        assert 0 <= w.start <= w.owned_start < w.owned_stop <= w.stop <= height
        assert w.start % grid == w.owned_start % grid == 0
        assert w.start == 0 or w.owned_start - w.start >= reach
        assert w.stop == height or w.stop - w.owned_stop >= reach


@pytest.mark.parametrize(("height", "plan"), plans())
def test_each_blocks_rows_are_owned_once(height: Any, plan: Any) -> None:
    found = windows("vgg19", height, plan)
    for block in range(1, plan.blocks + 2):
        scale = 2 ** (block - 1)
        counted = np.zeros(height // scale)
        for w in found:
            mask = w.mask(block, height)
            start = w.start // scale
            counted[start : start + len(mask)] += mask
            assert mask.sum() == w.owned(block, height).stop - w.owned(block, height).start
        np.testing.assert_array_equal(counted, 1)


def test_a_picture_that_one_strip_holds_is_one_window() -> None:
    assert windows("vgg19", 64, TilingPlan(2, 64)) == (Window(0, 64, 0, 64),)


# --- targets


@pytest.mark.parametrize("plan", [TilingPlan(1, 8), TilingPlan(2, 16), TilingPlan(3, 16)])
@pytest.mark.parametrize("pooling", ["max", "l2"])
def test_targets_by_strips_are_those_of_the_whole_picture(noise: Any, plan: Any, pooling: str) -> None:
    names, picture = ("block1_conv2", "block2_conv1", "block3_conv1", "block4_conv2"), tf.constant(noise(141, 45))
    reading = VggConfig(pooling, "replicate")
    whole = targets.content_activations(narrow(), picture, names, reading, WHOLE)
    strips = targets.content_activations(narrow(), picture, names, reading, plan)
    distance = style_distance("wasserstein2")
    statistics = [targets.style_statistics(narrow(), picture, names, distance, reading, p) for p in (WHOLE, plan)]
    for name, a, b in zip(names, whole, strips, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5 * np.abs(a).max())
        for one, other in zip(*(s[name] for s in statistics), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5 * np.abs(one).max())


# --- terms and gradients

PLAIN = ("gram", "max", "zero", "absolute", False)
CASES = [
    # distance, pooling, padding, variation, regions; the plans
    (PLAIN, (TilingPlan(1, 16), TilingPlan(2, 8), TilingPlan(3, 24))),
    (("gram", "average", "replicate", "nine-point", True), (TilingPlan(2, 8),)),
    (("wasserstein2", "l2", "zero", "nine-point", False), (TilingPlan(1, 16), TilingPlan(3, 24))),
    (("wasserstein2", "max", "replicate", "absolute", True), (TilingPlan(3, 24),)),
]
"""Every value of every setting, each distance with and without regions; what costs time is tracing, once a plan."""
NAMES = ["-".join(map(str, reading)) for reading, _ in CASES]


def bound(noise: Any, reading: Any, size: Any, plan: Any) -> Any:
    """An objective with terms in strips, below them and across; a style for each region."""
    distance, pooling, padding, variation, guided = reading
    height, width = size
    chosen = Objective(
        content_layers={"block2_conv2": 1.0, "block4_conv1": 0.5},
        style_layers={f"block{b}_conv1": 0.25 for b in range(1, 5)},
        style_distance=distance,
        tv_variant=variation,
        pooling=pooling,
        padding=padding,
        content_weight=3.0,
        style_weight=50.0,
    )
    styles = [tf.constant(noise(70, 90, 5)), tf.constant(noise(90, 60, 6) ** 3)]
    left = np.zeros(size, np.float32)
    left[:, : width // 2] = 1
    left[height // 3 :] *= 0.7  # soft, and across the strips
    mixes = (
        [StyleMixture([1.0, 0.0], left), StyleMixture([1.0, 2.0], 1 - left)] if guided else [StyleMixture([2.0, 1.0])]
    )
    content = tf.constant(noise(height, width, 4))
    return objective.build(narrow(), chosen, content, styles, mixes, plan=plan)


def assert_same_slope(ours: Any, theirs: Any, tolerance: float = 1e-5) -> None:
    """Terms each within a relative tolerance, and the gradient as a whole."""
    terms, gradient = (value.numpy().astype(np.float64) for value in ours)
    expected, slope = (value.numpy().astype(np.float64) for value in theirs)
    assert (expected > 0).all()
    np.testing.assert_allclose(terms, expected, rtol=tolerance)
    assert np.linalg.norm(gradient - slope) < tolerance * np.linalg.norm(slope)


@pytest.mark.parametrize("size", [(128, 32), (97, 33), (16, 40), (95, 17)])
def test_any_size_may_be_cut(noise: Any, size: Any) -> None:
    picture = tf.constant(noise(*size))
    whole = bound(noise, PLAIN, size, WHOLE)(picture)
    for rows in (1, 16, 64):
        assert_same_slope(bound(noise, PLAIN, size, TilingPlan(2, rows))(picture), whole)


@pytest.mark.parametrize(("reading", "plans"), CASES, ids=NAMES)
def test_every_plan_gives_the_terms_and_gradient_of_the_whole_picture(noise: Any, reading: Any, plans: Any) -> None:
    size = (133, 47)
    picture = tf.constant(noise(*size))
    whole = bound(noise, reading, size, WHOLE)(picture)
    for plan in plans:
        assert len(windows("vgg19", size[0], plan)) >= 3
        assert_same_slope(bound(noise, reading, size, plan)(picture), whole)


def test_compiled_convolutions_by_strips_are_the_same_too(noise: Any) -> None:
    """Up to what Winograd's transforms round. One block, since compiling takes seconds for each."""
    picture, layers = tf.constant(noise(93, 37)), {"block1_conv2": 1.0}
    pair = tf.constant(noise(93, 37, 1)), [tf.constant(noise(40, 40, 2))], [StyleMixture([1.0])]
    chosen = Objective(content_layers=layers, style_layers=layers)
    whole = objective.build(narrow(), chosen, *pair)(picture)
    cut = objective.build(narrow(), chosen, *pair, convolution=WINOGRAD, plan=TilingPlan(1, 16))
    assert_same_slope(cut(picture), whole, 1e-3)


def test_terms_that_lie_all_below_or_all_above_the_cut(noise: Any) -> None:
    """No terms in strips, or none after them."""
    picture, pair = tf.constant(noise(75, 33)), (tf.constant(noise(75, 33, 1)), [tf.constant(noise(40, 40, 2))])
    for layers in ({"block1_conv1": 1.0}, {"block4_conv1": 1.0}):
        chosen = Objective(content_layers=layers, style_layers=layers)
        whole, cut = (
            objective.build(narrow(), chosen, *pair, [StyleMixture([1.0])], plan=p) for p in (WHOLE, TilingPlan(2, 8))
        )
        assert_same_slope(cut(picture), whole(picture))


# --- seams


def edge_energy(picture: Any, rows: Any) -> Any:
    """Mean squared difference across the upper borders of these rows, against all others."""
    across = np.square(np.diff(picture[0], axis=0)).mean((1, 2))
    borders = np.zeros(len(across), bool)
    borders[[r - 1 for r in rows]] = True
    return across[borders].mean() / across[~borders].mean()


def test_a_descent_by_strips_leaves_no_seam(noise: Any) -> None:
    """Plain gradient descent on a texture: at the borders of strips the picture is as smooth or rough as elsewhere."""
    size, plan = (160, 48), TilingPlan(2, 8)
    chosen = Objective(content_weight=0.0, style_layers={"block1_conv1": 0.5, "block2_conv1": 0.5}, tv_weight=0.0)
    style = np.repeat(np.repeat(noise(30, 30, 2), 2, 1), 2, 2)
    terms = objective.build(
        narrow(), chosen, tf.constant(noise(*size, 1)), [tf.constant(style)], [StyleMixture([1.0])], plan=plan
    )
    picture, before = tf.constant(0.25 + 0.5 * noise(*size)), None
    for _ in range(25):
        weighted, gradient = terms(picture)
        before = before or float(tf.reduce_sum(weighted))
        picture = tf.clip_by_value(picture - 0.02 * gradient / tf.math.reduce_std(gradient), 0, 1)
    assert float(tf.reduce_sum(weighted)) < 0.5 * before
    borders = [w.owned_start for w in windows("vgg19", size[0], plan)][1:]
    assert len(borders) >= 15
    ratios = [edge_energy(picture.numpy(), [b + shift for b in borders]) for shift in range(-3, 4)]
    assert ratios[3] == pytest.approx(1.0, abs=0.08), ratios
    assert min(ratios) - 0.05 < ratios[3] < max(ratios) + 0.05, ratios  # as smooth as other rows at that distance
