"""The slow engine with a network of random kernels: it descends, is repeatable, resumes, and fails with a message."""

import contextlib
import ctypes
import dataclasses
import gc
import itertools
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import DivergedError, RecipeError
from nst_core.models import vgg
from nst_core.picture.colour import is_grey, to_grey
from nst_core.picture.resize import resize
from nst_core.recipe import Recipe, change, make
from nst_core.slow import engine
from nst_core.slow.losses import compiled, objective
from nst_core.slow.losses.spec import LossSpec
from nst_core.slow.losses.style_distance import style_distance
from nst_core.slow.pictures import coloured_noise
from tests.nst_core.slow.runs import CLIMB, play, recipe_of, same

pytestmark = [pytest.mark.usefixtures("unlearned"), pytest.mark.slow]


def test_white_noise_comes_down_a_long_way(pictures: Any, noise: Any) -> None:
    steps = play(pictures, recipe_of(start="own", steps=60, learning_rate=0.05), start=noise(48, 64))
    assert steps[-1].losses["total"] < 0.1 * steps[0].losses["total"]
    for term in ("style", "variation"):
        assert steps[-1].losses[term] < 0.7 * steps[0].losses[term], term


def test_step_0_carries_the_start(pictures: Any) -> None:
    first = next(engine.run(pictures[0], [pictures[1]], recipe_of()))
    assert (first.number, first.total, first.scale_px) == (0, 6, 64)
    np.testing.assert_array_equal(first.picture, pictures[0])
    assert first.losses["content"] == 0.0
    assert first.losses["style"] > 0


@pytest.mark.parametrize("start", ["fast", "own"])
def test_a_start_is_taken_at_the_size_in_work(pictures: Any, noise: Any, start: str) -> None:
    exact = noise(48, 64, 3)
    first = next(engine.run(pictures[0], [pictures[1]], recipe_of(start=start), start=exact))
    np.testing.assert_array_equal(first.picture, exact)
    larger = noise(96, 128)
    first = next(engine.run(pictures[0], [pictures[1]], recipe_of(start=start, **CLIMB), start=larger))
    np.testing.assert_array_equal(first.picture, resize(larger, 64, 48))


def test_noise_starts_from_the_seed_in_the_contents_colours(pictures: Any) -> None:
    starts = [play(pictures, recipe_of(start="noise", seed=s, steps=1))[0].picture for s in (1, 1, 2)]
    np.testing.assert_array_equal(starts[0], starts[1])
    np.testing.assert_array_equal(starts[0], coloured_noise(pictures[0], 1))
    assert np.abs(starts[0] - starts[2]).mean() > 0.05


def test_steps_are_numbered_and_pictures_come_every_so_many(pictures: Any) -> None:
    steps = play(pictures, recipe_of(steps=7, snapshot_every=3))
    assert [s.number for s in steps] == list(range(8))
    assert [s.number for s in steps if s.picture is not None] == [0, 3, 6, 7]
    assert {s.total for s in steps} == {7}
    seconds = [s.seconds for s in steps]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_every_step_is_complete(pictures: Any) -> None:
    names = {"total", "content", "style", "variation", "style/block1_conv1", "style/block2_conv1"}
    for step in play(pictures, recipe_of(snapshot_every=1)):
        assert set(step.losses) == names
        assert all(math.isfinite(v) and v >= 0 for v in step.losses.values())
        assert step.picture.dtype == np.float32
        assert step.picture.shape == (1, 48, 64, 3)
        assert 0 <= step.picture.min() <= step.picture.max() <= 1
        assert step.losses["style"] == pytest.approx(sum(v for n, v in step.losses.items() if "/" in n))
        assert step.losses["total"] == pytest.approx(sum(step.losses[n] for n in ("content", "style", "variation")))


def test_a_steps_picture_stays_what_it_was(pictures: Any) -> None:
    steps = engine.run(pictures[0], [pictures[1]], recipe_of(snapshot_every=1))
    kept = [(step, step.picture.copy()) for step in steps]
    for step, copy in kept:
        np.testing.assert_array_equal(step.picture, copy)
        np.testing.assert_array_equal(step.state()["picture"], copy)


def test_the_same_recipe_gives_the_same_run(pictures: Any) -> None:
    recipe = recipe_of(start="noise", seed=5)
    same(play(pictures, recipe), play(pictures, recipe))


def test_inputs_are_left_alone(pictures: Any) -> None:
    copies = [p.copy() for p in pictures]
    play(pictures, recipe_of())
    for picture, copy in zip(pictures, copies, strict=True):
        np.testing.assert_array_equal(picture, copy)


@pytest.mark.parametrize("weight", ["content_weight", "style_weight", "tv_weight"])
def test_a_weight_of_zero_removes_its_term(pictures: Any, weight: str) -> None:
    term = {"content_weight": "content", "style_weight": "style", "tv_weight": "variation"}[weight]
    steps = play(pictures, recipe_of(start="noise", **{weight: 0}))
    assert {step.losses[term] for step in steps} == {0}
    assert steps[-1].losses["total"] < steps[0].losses["total"]


def test_content_alone_needs_no_style(pictures: Any) -> None:
    recipe = recipe_of(start="noise", style_weight=0, tv_weight=0, steps=40, learning_rate=0.05)
    steps = list(engine.run(pictures[0], [], recipe))
    before, after = (np.abs(s.picture - pictures[0]).mean() for s in (steps[0], steps[-1]))
    assert after < 0.75 * before


def test_variation_alone_smooths(pictures: Any, noise: Any) -> None:
    recipe = recipe_of(start="own", content_weight=0, style_weight=0, steps=30)
    steps = play(pictures, recipe, start=noise(48, 64))
    assert set(steps[-1].losses) == {"total", "content", "style", "variation"}
    assert steps[-1].picture.std() < 0.5 * steps[0].picture.std()


def test_style_alone_takes_the_styles_statistics(pictures: Any) -> None:
    steps = play(pictures, recipe_of(content_weight=0, tv_weight=0, steps=40, learning_rate=0.05))
    assert {s.losses["content"] for s in steps} == {0}
    assert steps[-1].losses["style"] < 0.2 * steps[0].losses["style"]


def test_no_style_is_refused_where_one_is_needed(pictures: Any) -> None:
    with pytest.raises(RecipeError, match="at least one style picture is needed unless style_weight is 0"):
        next(engine.run(pictures[0], [], recipe_of()))


def test_styles_must_be_as_many_as_the_recipe_names(pictures: Any) -> None:
    recipe = recipe_of(styles=[{"sha256": "0" * 64}] * 2)
    with pytest.raises(RecipeError, match="the recipe names 2 styles, got 1 pictures"):
        play(pictures, recipe)


@pytest.mark.parametrize(("start", "needs"), [("fast", "the fast result"), ("own", "a picture of your own")])
def test_a_start_that_is_missing_is_refused(pictures: Any, start: str, needs: str) -> None:
    with pytest.raises(RecipeError, match=f"start '{start}' needs {needs}"):
        play(pictures, recipe_of(start=start))


def test_styles_count_by_their_shares(pictures: Any, noise: Any) -> None:
    shares = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]
    content, style = pictures
    other = noise(40, 56) * 0.2
    first = next(engine.run(content, [style, other], recipe_of(styles=shares)))
    swapped = next(engine.run(content, [other, style], recipe_of(styles=shares[::-1])))
    reverse = next(engine.run(content, [other, style], recipe_of(styles=shares)))
    assert first.losses["style"] == pytest.approx(swapped.losses["style"], rel=1e-4)
    assert first.losses["style"] != pytest.approx(reverse.losses["style"], rel=0.05)


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sizes of the first style each time an objective is bound."""
    seen, real = [], objective.build

    def bind(network: Any, settings: Any, content: Any, styles: Any, *more: Any, **named: Any) -> Any:
        seen.append(tuple(styles[0].shape[1:3]))
        return real(network, settings, content, styles, *more, **named)

    monkeypatch.setattr(objective, "build", bind)
    return seen


def test_the_style_keeps_its_shape_or_takes_the_contents(pictures: Any, bound: Any) -> None:
    content, style = pictures
    for shape in ("own", "content"):
        next(engine.run(content, [style], recipe_of(style_shape=shape)))
    next(engine.run(content, [np.tile(style, (1, 2, 4, 1))], recipe_of()))
    assert bound == [(40, 40), (48, 64), (32, 64)]  # never enlarged; shrunk to the content's edge


def test_style_scale_is_the_size_of_strokes(pictures: Any, bound: Any) -> None:
    content, style = pictures
    for scale in (0.5, 2.0, 4.0):
        next(engine.run(content, [np.tile(style, (1, 4, 4, 1))], recipe_of(style_scale=scale)))
    assert bound == [(32, 32), (128, 128), (160, 160)]


def test_a_thin_style_is_fitted_to_what_the_deepest_layer_needs(noise: Any) -> None:
    deep = recipe_of(style_layers={"block1_conv1": 1.0, "block5_conv1": 1.0}, style_scale=0.25, steps=1)
    steps = play((noise(48, 64), noise(8, 40)), deep)
    assert math.isfinite(steps[-1].losses["total"])


def test_a_start_whose_loss_is_not_finite_is_told(
    pictures: Any, monkeypatch: pytest.MonkeyPatch, random_vgg: Any
) -> None:
    first, *rest = random_vgg.layers
    huge = dataclasses.replace(first, kernel=first.kernel * 1e30)
    monkeypatch.setattr(vgg, "load", lambda *_: dataclasses.replace(random_vgg, layers=(huge, *rest)))
    with pytest.raises(DivergedError, match="the loss of the start picture must be finite"):
        play(pictures, recipe_of(loss_units="tutorial"))


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("units", ["normalised", "tutorial"])
def test_one_colour_gives_finite_results(colour: float, units: str) -> None:
    flat = np.full((1, 64, 64, 3), colour, np.float32)
    for step in play((flat, flat), recipe_of(loss_units=units, snapshot_every=1, steps=3)):
        assert math.isfinite(step.losses["total"])
        assert np.isfinite(step.picture).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (16, 16)])
def test_tiny_and_thin_pictures_give_finite_results(noise: Any, size: Any) -> None:
    every = {"content_layers": {"block4_conv2": 1.0}, "style_layers": {f"block{b}_conv1": 0.2 for b in range(1, 6)}}
    recipe = recipe_of(steps=2, **every)
    steps = play((noise(*size), noise(*size, 1)), recipe)
    assert steps[-1].scale_px == 64
    assert min(steps[-1].picture.shape[1:3]) >= 16
    assert all(math.isfinite(s.losses["total"]) for s in steps)
    assert np.isfinite(steps[-1].picture).all()


@pytest.mark.slow
def test_jobs_of_any_size_and_weight_trace_once(pictures: Any, noise: Any, random_vgg: Any) -> None:
    jobs = itertools.product((64, 80), (0.5, 7.0), ("own", "content"))
    for size, weight, shape in jobs:
        play(
            pictures, recipe_of(longest_edge_px=size, tv_weight=weight, style_weight=weight, style_shape=shape, steps=2)
        )
    play((noise(64, 30), noise(50, 20)), recipe_of(loss_units="tutorial", learning_rate=0.1, steps=2))
    content, style = objective.layers(recipe_of().objective)
    spec = LossSpec(content, style, style_distance("gram"), "absolute", vgg.AS_TRAINED)
    assert compiled.compiled(random_vgg, spec).whole.experimental_get_tracing_count() == 1


def test_each_half_takes_on_the_style_of_its_region(noise: Any, random_vgg: Any) -> None:
    """Statistics of each half, away from the border between them, come nearer to its own style's than the other's."""
    content = 0.3 + 0.4 * noise(64, 96)
    reds, blues = (np.zeros((1, 48, 48, 3), np.float32) for _ in range(2))
    reds[:, ::4, :, 0] = reds[:, 1::4, :, 0] = 1
    blues[:, :, ::8, 2] = blues[:, :, 1::8, 2] = 1
    left = np.zeros((64, 96), np.float32)
    left[:, :48] = 1
    mask = {"mask": "0" * 64, "shares": [1.0, 0.0]}
    recipe = recipe_of(
        longest_edge_px=96,
        steps=40,
        learning_rate=0.05,
        content_weight=0.01,
        styles=[{"sha256": "1" * 64}, {"sha256": "2" * 64}],
        regions=[mask, {**mask, "shares": [0.0, 1.0]}],
    )
    steps = list(engine.run(content, [reds, blues], recipe, masks=[left, 1 - left]))

    def gram(picture: Any) -> Any:
        seen = vgg.features(random_vgg, tf.constant(picture), ["block2_conv1"])["block2_conv1"][:, 4:-4, 4:-4]
        flat = tf.reshape(seen, [-1, seen.shape[-1]])
        return (tf.matmul(flat, flat, transpose_a=True) / flat.shape[0]).numpy()

    def apart(picture: Any, style: Any) -> Any:
        return np.square(gram(picture) - gram(style)).mean()

    before, after = content, steps[-1].picture
    for half, own, other in ((slice(0, 40), reds, blues), (slice(56, 96), blues, reds)):
        assert apart(after[:, :, half], own) < 0.3 * apart(before[:, :, half], own)
        assert apart(after[:, :, half], own) < 0.6 * apart(after[:, :, half], other)


def test_a_mask_of_part_of_the_picture_leaves_the_rest_to_the_ordinary_mix(pictures: Any, noise: Any) -> None:
    """With one style the mix is the same everywhere, but each part is compared separately."""
    content, style = pictures
    corner = np.zeros((48, 64), np.float32)
    corner[:24, :32] = 1
    named = {"styles": [{"sha256": "1" * 64}], "regions": [{"mask": "0" * 64, "shares": [1.0]}]}
    plain, guided = (
        list(engine.run(content, [style], recipe_of(steps=2, **settings), masks=masks))
        for settings, masks in (({}, []), (named, [corner]))
    )
    assert guided[0].losses["style"] > plain[0].losses["style"]
    assert guided[0].losses["content"] == plain[0].losses["content"]
    assert guided[-1].losses["total"] < guided[0].losses["total"]


@pytest.mark.parametrize("masks", [[], [np.ones((48, 64), np.float32)] * 2])
def test_masks_must_be_as_many_as_the_recipes_regions(pictures: Any, masks: Any) -> None:
    recipe = recipe_of(regions=[{"mask": "0" * 64, "shares": [1.0]}])
    with pytest.raises(RecipeError, match=f"each of the recipe's 1 regions needs a mask, got {len(masks)}"):
        play(pictures, recipe, masks=masks)


@pytest.mark.slow
def test_the_tutorials_preset_minimises_the_yardsticks_tutorial_total(
    noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nst_core.metrics import yardstick

    monkeypatch.setattr(yardstick, "wasserstein2", lambda *_: 0.0)  # seconds of eigenvalues, not looked at here
    content, style = noise(40, 64), noise(50, 30, 1) ** 2
    last = play((content, style), make("tutorial", {"longest_edge_px": 64, "steps": 1}))[-1]
    measured = yardstick.measure(last.picture, content, [style])
    assert last.losses["total"] == pytest.approx(measured["tutorial_total"], rel=1e-3)


def test_the_caller_owns_the_pace(pictures: Any) -> None:
    steps = engine.run(pictures[0], [pictures[1]], recipe_of(steps=5000))
    assert [s.number for s in itertools.islice(steps, 3)] == [0, 1, 2]
    steps.close()
    assert tf.constant(1.0).device.endswith("CPU:0")  # the device scope is left in order


@pytest.mark.weights
@pytest.mark.parametrize("algorithm", ["adam", "lbfgs"])
def test_real_weights_paint_from_white_noise(
    monkeypatch: pytest.MonkeyPatch, random_vgg: Any, noise: Any, algorithm: str
) -> None:
    """With all layers: from far away a descent gets far, and two runs are equal."""
    from nst_core.picture import samples

    monkeypatch.undo()
    assert vgg.load("vgg19", "float32") is not random_vgg
    pair = samples.find("chelsea").load(64).tensor(), samples.find("night-swirls").load(64).tensor()
    every = {"content_layers": {"block4_conv2": 1.0}, "style_layers": {f"block{b}_conv1": 0.2 for b in range(1, 6)}}
    recipe = recipe_of(start="own", steps=25, learning_rate=0.05, algorithm=algorithm, **every)
    steps = play(pair, recipe, start=noise(43, 64))
    assert steps[-1].losses["total"] < 0.3 * steps[0].losses["total"]
    same(steps[:6], play(pair, change(recipe, {"steps": 5}), start=noise(43, 64)))


def live_mb() -> Any:
    """Memory of this process, in MB, without what the C library only keeps for later."""
    import psutil

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss / 1e6


@pytest.mark.weights
@pytest.mark.slow
def test_ten_jobs_leave_no_memory_behind(monkeypatch: pytest.MonkeyPatch, noise: Any) -> None:
    """A new trace for each job would leave at least 2.5 MB after each one."""
    monkeypatch.undo()

    def job(number: Any) -> None:
        settings = {
            "longest_edge_px": (64, 80, 96)[number % 3],
            "style_weight": 10.0 * (1 + number % 4),
            "content_weight": float(number % 5 > 0),
            "start": ("content", "noise")[number % 2],
            "steps": 2,
        }
        content, style = noise(64, 48 + 4 * (number % 5), number), noise(50, 64, number + 1)
        assert play((content, style), change(Recipe(), settings))[-1].number == 2

    for number in range(6):
        job(number)
    before = live_mb()
    for number in range(10):
        job(number)
    assert live_mb() - before < 15


@pytest.mark.parametrize("pyramid", ["off", "auto"])
def test_other_pictures_are_judged_once_where_the_full_size_is_reached(pictures: Any, noise: Any, pyramid: str) -> None:
    content, style = pictures
    recipe = make(
        settings={"longest_edge_px": 96, "smallest_edge_px": 64, "pyramid": pyramid, "steps": 2, "first_steps": 2}
    )
    other = noise(50, 70, 3)
    steps = list(engine.run(content, [style], recipe, levels={"fast": other}))
    told = [step for step in steps if step.reference_losses]
    assert len(told) == 1
    assert told[0] is next(step for step in steps if step.scale_px == 96)
    flat = recipe.model_copy(update={"start": "own", "schedule": recipe.schedule.model_copy(update={"pyramid": "off"})})
    first = next(engine.run(content, [style], flat, start=other))
    assert told[0].reference_losses["fast"] == pytest.approx(dict(first.losses), rel=1e-4)


@pytest.mark.parametrize("algorithm", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_grey_pictures_give_a_grey_result(pictures: Any, algorithm: str, start: str) -> None:
    content, style = (to_grey(picture) for picture in pictures)
    recipe = recipe_of(algorithm=algorithm, start=start, preconditioner_exponent=0.5, average_decay=0.5, steps=4)
    *_, last = play((content, style), recipe)
    assert is_grey(last.picture)
    assert last.losses["total"] < play((content, style), recipe_of(start=start, steps=1))[0].losses["total"]
    (coloured, _) = pictures
    assert not is_grey(play((coloured, style), recipe)[-1].picture)
