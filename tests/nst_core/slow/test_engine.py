"""The slow engine with a network of random kernels: it descends, repeats itself, resumes, and fails in words."""

import contextlib
import ctypes
import dataclasses
import gc
import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import CheckpointError, DivergedError, RecipeError
from nst_core.models import vgg
from nst_core.recipe import change, make
from nst_core.slow import engine, objective

SHALLOW = {
    "longest_edge_px": 64,
    "precision": "float32",
    "content_layers": {"block2_conv1": 1.0},
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
    "content_weight": 1.0,
    "style_weight": 100.0,
    "tv_weight": 1.0,
}
"""Few layers, since what is tested here does not depend on their number; weights that no change of defaults moves."""

pytestmark = pytest.mark.usefixtures("unlearned")


def recipe_of(**settings):
    return make(settings={**SHALLOW, "steps": 6, **settings})


@pytest.fixture
def pictures(noise):
    """A smooth content of 64 x 48 px and a style in stripes, smaller."""
    y, x = np.mgrid[0:48, 0:64] / 64
    content = np.stack([x, y, 1 - x], -1)[None].astype(np.float32)
    stripes = np.repeat((np.arange(40) // 3 % 2).astype(np.float32)[None, None, :, None], 40, 1)
    return content, np.concatenate([stripes, 0.3 * stripes, 1 - stripes], -1) * 0.9 + 0.1 * noise(40, 40)


def play(pictures, recipe, **more):
    content, style = pictures
    return list(engine.run(content, [style], recipe, **more))


def same(a, b):
    """Two runs with the same losses and pictures, bit for bit."""
    assert [s.number for s in a] == [s.number for s in b]
    for one, other in zip(a, b, strict=True):
        assert one.losses == other.losses
        np.testing.assert_array_equal(one.state()["picture"], other.state()["picture"])


def test_noise_comes_down_a_long_way(pictures):
    steps = play(pictures, recipe_of(start="noise", steps=60, learning_rate=0.05))
    assert steps[-1].losses["total"] < 0.1 * steps[0].losses["total"]
    for term in ("style", "variation"):
        assert steps[-1].losses[term] < 0.7 * steps[0].losses[term], term


def test_step_0_carries_the_start(pictures):
    first = next(engine.run(pictures[0], [pictures[1]], recipe_of()))
    assert (first.number, first.of, first.scale_px) == (0, 6, 64)
    np.testing.assert_array_equal(first.picture, pictures[0])
    assert first.losses["content"] == 0.0
    assert first.losses["style"] > 0


def test_a_start_is_taken_at_the_contents_size(pictures, noise):
    exact = noise(48, 64, 3)
    first = next(engine.run(pictures[0], [pictures[1]], recipe_of(start="fast"), start=exact))
    np.testing.assert_array_equal(first.picture, exact)
    larger = next(engine.run(pictures[0], [pictures[1]], recipe_of(start="fast"), start=noise(96, 128)))
    assert larger.picture.shape == (1, 48, 64, 3)


def test_noise_starts_from_the_seed(pictures):
    starts = [play(pictures, recipe_of(start="noise", seed=s, steps=1))[0].picture for s in (1, 1, 2)]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert np.abs(starts[0] - starts[2]).mean() > 0.2
    assert 0 <= starts[0].min() < 0.05
    assert 0.95 < starts[0].max() <= 1


def test_steps_are_numbered_and_pictures_come_every_so_many(pictures):
    steps = play(pictures, recipe_of(steps=7, snapshot_every=3))
    assert [s.number for s in steps] == list(range(8))
    assert [s.number for s in steps if s.picture is not None] == [0, 3, 6, 7]
    assert {s.of for s in steps} == {7}
    seconds = [s.seconds for s in steps]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_every_step_is_complete(pictures):
    names = {"total", "content", "style", "variation", "style/block1_conv1", "style/block2_conv1"}
    for step in play(pictures, recipe_of(snapshot_every=1)):
        assert set(step.losses) == names
        assert all(math.isfinite(v) and v >= 0 for v in step.losses.values())
        assert step.picture.dtype == np.float32
        assert step.picture.shape == (1, 48, 64, 3)
        assert 0 <= step.picture.min() <= step.picture.max() <= 1
        assert step.losses["style"] == pytest.approx(sum(v for n, v in step.losses.items() if "/" in n))
        assert step.losses["total"] == pytest.approx(sum(step.losses[n] for n in ("content", "style", "variation")))


def test_a_steps_picture_stays_what_it_was(pictures):
    steps = engine.run(pictures[0], [pictures[1]], recipe_of(snapshot_every=1))
    kept = [(step, step.picture.copy()) for step in steps]
    for step, copy in kept:
        np.testing.assert_array_equal(step.picture, copy)
        np.testing.assert_array_equal(step.state()["picture"], copy)


def test_the_same_recipe_gives_the_same_run(pictures):
    recipe = recipe_of(start="noise", seed=5)
    same(play(pictures, recipe), play(pictures, recipe))


def test_inputs_are_left_alone(pictures):
    copies = [p.copy() for p in pictures]
    play(pictures, recipe_of())
    for picture, copy in zip(pictures, copies, strict=True):
        np.testing.assert_array_equal(picture, copy)


@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_resumed_run_is_the_unbroken_one_bit_for_bit(pictures, at):
    recipe = recipe_of(steps=6, start="noise")
    whole = play(pictures, recipe)
    resumed = play(pictures, recipe, resume=whole[at].state())
    same(whole[at + 1 :], resumed)
    assert resumed[0].seconds > whole[at].seconds


def test_resume_needs_no_fast_result(pictures, noise):
    recipe = recipe_of(start="fast", steps=3)
    whole = play(pictures, recipe, start=noise(48, 64))
    same(whole[2:], play(pictures, recipe, resume=whole[1].state()))


def test_resume_with_another_size_is_refused(pictures):
    state = play(pictures, recipe_of(steps=1))[-1].state()
    with pytest.raises(CheckpointError, match=r"must hold a picture of \(60, 80\) pixels, got \(48, 64\)"):
        play(pictures, recipe_of(longest_edge_px=80), resume=state)


@pytest.mark.parametrize("weight", ["content_weight", "style_weight", "tv_weight"])
def test_a_weight_of_zero_removes_its_term(pictures, weight):
    term = {"content_weight": "content", "style_weight": "style", "tv_weight": "variation"}[weight]
    steps = play(pictures, recipe_of(start="noise", **{weight: 0}))
    assert {step.losses[term] for step in steps} == {0}
    assert steps[-1].losses["total"] < steps[0].losses["total"]


def test_content_alone_needs_no_style(pictures):
    recipe = recipe_of(start="noise", style_weight=0, tv_weight=0, steps=40, learning_rate=0.05)
    steps = list(engine.run(pictures[0], [], recipe))
    before, after = (np.abs(s.picture - pictures[0]).mean() for s in (steps[0], steps[-1]))
    assert after < 0.75 * before


def test_variation_alone_smooths(pictures):
    recipe = recipe_of(start="noise", content_weight=0, style_weight=0, steps=30)
    steps = play(pictures, recipe)
    assert set(steps[-1].losses) == {"total", "content", "style", "variation"}
    assert steps[-1].picture.std() < 0.5 * steps[0].picture.std()


def test_no_style_is_refused_where_one_is_needed(pictures):
    with pytest.raises(RecipeError, match="at least one style picture is needed unless style_weight is 0"):
        next(engine.run(pictures[0], [], recipe_of()))


def test_styles_must_be_as_many_as_the_recipe_names(pictures):
    recipe = recipe_of(styles=[{"sha256": "0" * 64}] * 2)
    with pytest.raises(RecipeError, match="the recipe names 2 styles, got 1 pictures"):
        play(pictures, recipe)


def test_start_fast_without_a_start_is_refused(pictures):
    with pytest.raises(RecipeError, match="start 'fast' needs the fast result"):
        play(pictures, recipe_of(start="fast"))


def test_styles_count_by_their_shares(pictures, noise):
    shares = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]
    content, style = pictures
    other = noise(40, 56) * 0.2
    first = next(engine.run(content, [style, other], recipe_of(styles=shares)))
    swapped = next(engine.run(content, [other, style], recipe_of(styles=shares[::-1])))
    reverse = next(engine.run(content, [other, style], recipe_of(styles=shares)))
    assert first.losses["style"] == pytest.approx(swapped.losses["style"], rel=1e-4)
    assert first.losses["style"] != pytest.approx(reverse.losses["style"], rel=0.05)


def test_the_style_keeps_its_shape_or_takes_the_contents(pictures, monkeypatch):
    content, style = pictures
    seen = []
    real = objective.bind
    monkeypatch.setattr(
        objective, "bind", lambda v, o, c, styles, s: seen.append(styles[0].shape) or real(v, o, c, styles, s)
    )
    for shape in ("own", "content"):
        next(engine.run(content, [style], recipe_of(style_shape=shape)))
    next(engine.run(content, [np.tile(style, (1, 2, 4, 1))], recipe_of()))
    assert seen == [(1, 40, 40, 3), (1, 48, 64, 3), (1, 32, 64, 3)]  # never enlarged; shrunk to the content's edge


def test_a_budget_of_seconds_stops_early(pictures):
    recipe = recipe_of(steps=5000, seconds=0.5)
    steps = play(pictures, recipe)
    assert 2 <= steps[-1].number < 5000
    assert steps[-1].seconds < 1.5
    assert steps[-1].state()["number"] == steps[-1].number
    assert play(pictures, recipe_of(steps=2, seconds=1000))[-1].number == 2


def test_a_budget_counts_what_was_spent_before_the_resume(pictures):
    state = dict(play(pictures, recipe_of(steps=2))[-1].state(), seconds=100.0)
    assert play(pictures, recipe_of(steps=9, seconds=50), resume=state) == []


def test_a_loss_that_is_not_finite_is_told(pictures, monkeypatch, random_vgg):
    first, *rest = random_vgg.layers
    huge = dataclasses.replace(first, kernel=first.kernel * 1e30)
    monkeypatch.setattr(vgg, "load", lambda *_: dataclasses.replace(random_vgg, layers=(huge, *rest)))
    with pytest.raises(DivergedError, match="at step 0 it is not; try a smaller learning_rate"):
        play(pictures, recipe_of(units="tutorial"))


def test_a_loss_that_stops_being_finite_is_told_with_its_step(pictures):
    state = dict(play(pictures, recipe_of(steps=2))[-1].state())
    state["gradient"] = np.full_like(state["gradient"], np.nan)
    with pytest.raises(DivergedError, match="at step 3"):
        play(pictures, recipe_of(steps=5), resume=state)


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("units", ["normalised", "tutorial"])
def test_one_colour_gives_finite_results(colour, units):
    flat = np.full((1, 64, 64, 3), colour, np.float32)
    for step in play((flat, flat), recipe_of(units=units, snapshot_every=1, steps=3)):
        assert math.isfinite(step.losses["total"])
        assert np.isfinite(step.picture).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (16, 16)])
def test_tiny_and_thin_pictures_give_finite_results(noise, size):
    recipe = make(settings={"longest_edge_px": 64, "precision": "float32", "steps": 2})  # all five blocks
    steps = play((noise(*size), noise(*size, 1)), recipe)
    assert steps[-1].scale_px == 64
    assert min(steps[-1].picture.shape[1:3]) >= 16
    assert all(math.isfinite(s.losses["total"]) for s in steps)
    assert np.isfinite(steps[-1].picture).all()


def test_jobs_of_any_size_and_weight_trace_once(pictures, noise, random_vgg):
    jobs = itertools.product((64, 80), (0.5, 7.0), ("own", "content"))
    for size, weight, shape in jobs:
        play(
            pictures, recipe_of(longest_edge_px=size, tv_weight=weight, style_weight=weight, style_shape=shape, steps=2)
        )
    play((noise(64, 30), noise(50, 20)), recipe_of(units="tutorial", learning_rate=0.1, steps=2))
    layers = objective._layers(recipe_of().objective)
    assert objective.compiled(random_vgg, layers, "max").experimental_get_tracing_count() == 1


def test_steering_is_going_on_from_a_state_with_other_weights(pictures):
    recipe = recipe_of(steps=4)
    state = play(pictures, recipe)[2].state()
    steered = play(pictures, change(recipe, {"tv_weight": 50.0}), resume=state)
    plain = play(pictures, recipe, resume=state)
    assert steered[0].losses["variation"] == pytest.approx(50 * plain[0].losses["variation"], rel=1e-5)
    assert steered[-1].losses["total"] != plain[-1].losses["total"]


def test_the_caller_owns_the_pace(pictures):
    steps = engine.run(pictures[0], [pictures[1]], recipe_of(steps=5000))
    assert [s.number for s in itertools.islice(steps, 3)] == [0, 1, 2]
    steps.close()
    assert tf.constant(1.0).device.endswith("CPU:0")  # the device scope is left in order


@pytest.mark.weights
def test_real_weights_paint_from_noise(monkeypatch, random_vgg):
    """With all layers: far from its targets a descent gets far, and the same way twice."""
    from nst_core.picture import samples

    monkeypatch.undo()
    assert vgg.load("vgg19", "float32") is not random_vgg
    pair = samples.find("chelsea").load(96).tensor(), samples.find("night-swirls").load(96).tensor()
    weights = {"style_weight": 100.0, "content_weight": 1.0, "tv_weight": 1.0}
    recipe = make(settings={"longest_edge_px": 96, "start": "noise", "steps": 30, "learning_rate": 0.05, **weights})
    steps = play(pair, recipe)
    assert steps[-1].losses["total"] < 0.1 * steps[0].losses["total"]
    assert steps[-1].losses["style"] < 0.2 * steps[0].losses["style"]
    same(steps, play(pair, recipe))


def live_mb():
    """Memory of this process, in MB, without what the C library only keeps for later."""
    import psutil

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss / 1e6


@pytest.mark.weights
@pytest.mark.slow
def test_forty_jobs_leave_no_memory_behind(monkeypatch, noise):
    """A trace for each job, kept or not, would leave 100 MB or more."""
    monkeypatch.undo()

    def job(number):
        settings = {
            "longest_edge_px": (64, 80, 96)[number % 3],
            "style_weight": 10.0 * (1 + number % 4),
            "content_weight": float(number % 5 > 0),
            "start": ("content", "noise")[number % 2],
            "steps": 2,
        }
        content, style = noise(64, 48 + 4 * (number % 5), number), noise(50, 64, number + 1)
        assert play((content, style), make(settings=settings))[-1].number == 2

    for number in range(10):
        job(number)
    before = live_mb()
    for number in range(40):
        job(number)
    assert live_mb() - before < 40
