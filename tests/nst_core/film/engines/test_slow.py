"""The slow method for films on a network of random kernels: from the last result, with a temporal term, and anew."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from nst_core.film.engines import backward, slow
from nst_core.film.engines.frames import FilmStep, Neighbour, to_pixels
from nst_core.film.engines.style_weight import MOST_RATIO, StyleWeight
from nst_core.film.flow import Motion, motion
from nst_core.film.measures import flicker, warping_error
from nst_core.picture.colour import is_grey, to_grey
from nst_core.recipe import make
from nst_core.slow import balance
from nst_core.slow.losses import objective as objectives
from nst_core.slow.optimizers import lbfgs
from tests.nst_core.film.clips import cut, grey, numbered, pan, still

STYLES = [{"sha256": "0" * 64}, {"sha256": "1" * 64}]
FAST_STEPS = {
    "steps": 4,
    "frame_steps": 3,
    "pyramid": "off",
    "average_decay": 0.0,
    "convolutions": "direct",
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
    "content_layers": {"block2_conv2": 1.0},
}

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unlearned")]


def recipe_of(**settings: Any) -> Any:
    return make(settings={"medium": "film", "longest_edge_px": 64, **FAST_STEPS, **settings})


def played(frames: Any, noise: Any, masks: Any = (), resume: Any = None, **settings: Any) -> list[FilmStep]:
    styles = [noise(48, 48, 1), noise(48, 48, 2) ** 4][: len(settings.get("styles", "1"))]
    return list(slow.stylise(frames, styles, recipe_of(**settings), masks, resume, first=frames[0].pixels))


def test_a_film_continues_bit_for_bit(noise: Any) -> None:
    frames = pan(4)
    unbroken = played(frames, noise, styles=STYLES)
    state = unbroken[1].finished[0].state
    rest = played(frames[2:], noise, (), state, styles=STYLES)
    for one, other in zip(unbroken[2:], rest, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
        assert one.losses == other.losses
    assert np.abs(unbroken[2].picture.astype(int) - unbroken[1].picture).mean() > 1


def test_each_frame_has_its_losses(noise: Any) -> None:
    steps = played(pan(3), noise)
    assert [step.losses["temporal"] > 0 for step in steps] == [False, True, True]
    for step in steps:
        parts = ("content", "style", "variation", "temporal")
        assert step.losses["total"] == pytest.approx(sum(step.losses[part] for part in parts), rel=1e-5)


def test_a_higher_temporal_weight_is_steadier(noise: Any) -> None:
    frames = pan(3)
    motions = [motion(a.pixels, b.pixels) for a, b in itertools.pairwise(frames)]
    errors = [
        warping_error([step.picture for step in played(frames, noise, temporal_weight=weight)], motions)
        for weight in (0.0, 3e3, 1e6)
    ]
    assert errors[0] > 1.5 * errors[1] > errors[2]


@pytest.mark.parametrize("passes", [1, 2])
def test_a_still_scene_is_still_and_takes_no_steps(noise: Any, monkeypatch: pytest.MonkeyPatch, passes: int) -> None:
    advance, moves = lbfgs.advance, list[Any]()

    def counted(*given: Any) -> Any:
        moves.append(given)
        return advance(*given)

    monkeypatch.setattr(lbfgs, "advance", counted)
    finished = [done for step in played(still(3), noise, film_passes=passes) for done in step.finished]
    assert len(finished) == 3
    assert flicker([done.picture for done in finished]) == 0
    assert not moves, "the first frame is by the recipe's optimizer"


def test_only_what_changes_in_a_still_scene_is_painted_again(noise: Any) -> None:
    frames = [frame.pixels // 2 for frame in still(3)]
    for later in frames[1:]:
        later[24:40, 8:24] += 60
    first, second, third = (step.picture.astype(int) for step in played(numbered(frames), noise, temporal_weight=1.0))
    assert np.abs(second - first)[24:40, 8:24].mean() > 10
    assert np.abs(third - second)[24:40, 8:24].mean() > 0.1, "it is not finished after one frame"
    assert np.abs(third - first)[:, 48:].max() == 0


def test_another_recipe_paints_a_still_scene_on(noise: Any) -> None:
    keyframes = [{"seconds": 0.05, "style_weight": 100.0}, {"seconds": 0.1, "style_weight": 1e4}]
    first, second, third = (step.picture for step in played(still(3, noise=0), noise, keyframes=keyframes))
    assert flicker([first, second]) > 1
    assert flicker([second, third]) > 0.1, "it is not finished after one frame"


def test_a_cut_begins_anew(noise: Any) -> None:
    frames = cut(2, 2)
    steps = played(frames, noise)
    assert [step.events for step in steps] == [(), (), ("scene cut",), ()]
    (alone,) = played(frames[2:3], noise)
    np.testing.assert_array_equal(steps[2].picture, alone.picture)


def test_keyframes_change_the_weights_without_another_objective(noise: Any) -> None:
    keyframes = [{"seconds": 0.1, "style_weight": 20.0}, {"seconds": 0.2, "style_weight": 0.0}]
    steps = played(still(3, noise=0), noise, keyframes=keyframes)
    assert steps[1].losses["style"] > 100 * steps[2].losses["style"] > 0


def test_a_grey_film_in_a_grey_style_stays_grey(noise: Any) -> None:
    """Also where the frame before had colours, and though cameras and codecs leave a trace of colour."""
    coloured, *rest = pan(3)
    frames = numbered([coloured.pixels, *(one.pixels for one in grey(rest, tint=1))])
    style = to_grey(noise(48, 48, 1))
    steps = list(slow.stylise(frames, [style], recipe_of(), first=frames[0].pixels))
    assert [is_grey(to_pixels(step.picture)) for step in steps] == [False, True, True]
    assert not is_grey(to_pixels(played(frames, noise)[-1].picture))


@pytest.mark.parametrize(
    ("settings", "asks", "finished"),
    [({}, 2, [0]), ({"pyramid": "auto", "smallest_edge_px": 64, "longest_edge_px": 96}, 1, [0]), ({}, 6, [1, 0])],
)
def test_a_film_stops_between_two_steps_of_a_frame(noise: Any, settings: Any, asks: int, finished: list[int]) -> None:
    asked = itertools.count(1)
    frames, styles = pan(3, side=settings.get("longest_edge_px", 64)), [noise(48, 48, 1)]
    playing = slow.stylise(
        frames, styles, recipe_of(**settings), first=frames[0].pixels, is_stopping=lambda: next(asked) == asks
    )
    steps = list(playing)
    assert [len(step.finished) for step in steps] == finished
    assert steps[-1].picture.shape == frames[0].pixels.shape
    whole = played(frames[: len(steps)], noise, **settings)[-1].picture
    begun = frames[len(steps) - 1].pixels
    left, all_of_it = (np.abs(picture.astype(int) - whole).mean() for picture in (steps[-1].picture, begun))
    assert 0.1 < left < all_of_it, "it is on its way from the frame to the finished picture"


def test_the_first_frames_style_weight_goes_on_in_its_scene(noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found anew only for another mixture of styles, and times the same ratio; it follows the photograph."""
    bind, used = objectives.bind, list[Any]()

    def bound(*given: Any, **more: Any) -> Any:
        made = bind(*given, **more)
        used.extend([(made.style_factor, more["style_ratio"])] if "style_ratio" in more else [])
        return made

    monkeypatch.setattr(objectives, "bind", bound)
    keyframes = [{"seconds": 0.2, "style_shares": [1.0, 0.0]}, {"seconds": 0.3, "style_shares": [0.0, 1.0]}]
    settings = {"steps": 13, "adaptive_balance": True, "style_normalisation": 1.0, "keyframes": keyframes}
    steps = played(pan(4), noise, styles=STYLES, **settings)
    assert [step.events for step in steps] == [()] * 4
    _, (first, ratio), (second, next_ratio), (third, last_ratio) = used  # before the first frame's weight is balanced
    state = steps[0].finished[0].state
    assert state is not None
    factor, found, *_ = state.carried["style weight"]
    assert (factor, found) == (first, ratio)
    assert ratio != 1
    assert second / first == pytest.approx(next_ratio / ratio)
    assert third / last_ratio != pytest.approx(first / ratio, rel=0.01)
    assert 0 < abs(next_ratio / ratio - 1) < 0.2
    used.clear()
    fixed = played(pan(3), noise, **{**settings, "adaptive_balance": False, "keyframes": []})
    assert len({factor for factor, _ in used[1:]}) == 1, "a fixed weight stays, once it is balanced"
    state = fixed[0].finished[0].state
    assert state is not None
    assert "dissimilarity" not in state.carried


def test_the_weight_follows_what_is_left_of_the_photograph() -> None:
    objective = make().objective
    wanted = balance.wanted_dissimilarity(objective)
    weight = StyleWeight(2.0, 0.5, dissimilarity=1.2)
    assert weight.followed(1.2 * wanted, objective, 1.0) == weight
    assert weight.followed(0.5 * wanted, objective, 0.0) == weight
    more, less = (weight.followed(found * wanted, objective, 1.0) for found in (1.1, 1.3))
    assert less.ratio < weight.ratio < weight.followed(1.1 * wanted, objective, 0.5).ratio < more.ratio < 0.575
    assert more.factor == pytest.approx(2.0 * more.ratio / 0.5)
    highest = StyleWeight(2.0, MOST_RATIO, dissimilarity=1.2)
    assert highest.followed(wanted, objective, 1.0) == highest
    assert StyleWeight(2.0, 0.5).followed(wanted, objective, 1.0) == StyleWeight(2.0, 0.5)
    recipe = make(settings={"medium": "film"})
    assert StyleWeight.carried(more.carry(recipe), recipe) == more


def test_the_pass_backward_finishes_groups(noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backward, "GROUP_FRAMES", 3)
    frames = pan(5)
    steps = played(frames, noise, film_passes=2)
    assert [step.index for step in steps] == [0, 1, 2, 2, 1, 0, 3, 4, 4, 3]
    assert [len(step.finished) for step in steps] == [0, 0, 0, 0, 0, 3, 0, 0, 0, 2]
    finished = [done for step in steps for done in step.finished]
    assert [done.next_index for done in finished] == [0, 0, 3, 3, 5]
    np.testing.assert_array_equal(finished[2].picture, steps[2].picture)
    assert np.abs(finished[1].picture.astype(int) - steps[1].picture).max() > 0
    rest = played(frames[3:], noise, (), finished[2].state, film_passes=2)
    np.testing.assert_array_equal(rest[-1].finished[0].picture, finished[3].picture)


def test_small_changes_of_trusted_pixels_are_undone() -> None:
    aim = np.full((1, 2, 3, 3), 0.5, np.float32)
    held = slow.HELD_LEVELS
    levels = np.array([0.0, 0.9 * held, held + 0.5, -held - 3, -held, 20.0], np.float32).reshape(1, 2, 3, 1)
    picture = aim + levels / np.float32(255)
    trusted, doubted = (slow.settled(picture, aim, np.full((1, 2, 3, 1), trust, np.float32)) for trust in (2.0, 0.0))
    expected = np.array([0.0, 0.0, 0.5, -3.0, 0.0, 20 - held])
    np.testing.assert_allclose((trusted - aim)[0, ..., 1].ravel() * 255, expected, atol=1e-4)
    np.testing.assert_allclose(doubted, picture, atol=1e-6)


def test_the_balancing_factor_makes_the_sum_of_both_gradients_least() -> None:
    rng = np.random.default_rng(3)
    rest, style = rng.normal(size=(2, 1, 5, 6, 3)).astype(np.float32)
    rest -= np.float32(1.7) * style
    picture = rng.random((1, 5, 6, 3)).astype(np.float32)
    factor = slow.balancing_factor(rest, style, picture)
    assert factor == pytest.approx(1.7, abs=0.4)
    sums = [np.square(rest + times * factor * style).sum() for times in (0.99, 1.0, 1.01)]
    assert sums[1] < min(sums[0], sums[2])
    style[0, 0], picture[0, 0] = 100, 1  # a white pixel cannot become brighter
    inner = slow.balancing_factor(rest[:, 1:], style[:, 1:], picture[:, 1:])
    assert slow.balancing_factor(rest, style, picture) == inner
    assert slow.balancing_factor(rest, -style, picture) == 1
    assert slow.balancing_factor(100 * rest, style, picture) == slow.MOST_GAIN
    assert slow.balancing_factor(rest, 0 * style, picture) == 1


def test_the_balancing_factor_is_that_of_the_first_picture_and_raises_the_next_frames_weight(
    noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind, made, given = objectives.bind, list[Any](), list[Any]()

    def bound(*of: Any, **more: Any) -> Any:
        made.append(bind(*of, **more))
        return made[-1]

    def doubled(*of: Any) -> float:
        given.append(of)
        return 2.0

    monkeypatch.setattr(objectives, "bind", bound)
    monkeypatch.setattr(slow, "balancing_factor", doubled)
    played(still(2, noise=0), noise)
    before, after = made[-2:]
    assert after.style_factor == pytest.approx(2 * before.style_factor)
    ((rest, style, picture),) = given
    np.testing.assert_allclose(before(picture)[1].numpy(), rest + style, atol=1e-6)
    gradient = after(picture)[1].numpy()  # with a little of the temporal term: the result was rounded to 8 bits
    np.testing.assert_allclose(gradient, rest + 2 * style, atol=0.02 * np.abs(gradient).max())


def test_steps_are_shorter_where_the_temporal_term_is_stiff() -> None:
    trust = np.array([[1, 2, 0.5], [0, 0, 0]], np.float32)
    scale = slow.step_scale(trust, 1 / slow.STIFFNESS)
    assert scale.shape == (1, 2, 3, 1)
    np.testing.assert_allclose(scale[0, ..., 0] ** -2.0, [[2.0, 3.0, 1.5], [1.0, 1.0, 1.0]], rtol=1e-5)


def test_two_neighbours_are_one_aim() -> None:
    """The sum of both terms and the one term differ by a constant, so their gradients are equal."""
    rng = np.random.default_rng(0)
    still_flow = np.zeros((4, 5, 2), np.float32)
    of = [
        Neighbour(rng.integers(0, 256, (4, 5, 3), np.uint8), Motion(still_flow, rng.random((4, 5), np.float32)))
        for _ in range(2)
    ]
    aim, trust = slow.aim_of(of)
    picture = rng.random((4, 5, 3)) * 255
    apart = sum(one.motion.trust[..., None] * (picture - one.result) for one in of)
    np.testing.assert_allclose(trust[..., None] * (picture - aim), apart, atol=1e-2)


def test_new_pixels_start_from_the_frame_in_the_results_colours() -> None:
    content = np.random.default_rng(1).random((16, 16, 3)).astype(np.float32) * 255
    aim = content[..., ::-1] * 0.5 + 20
    trust = np.ones((16, 16), np.float32)
    trust[:, 8:] = 0
    spoilt = np.where(trust[..., None] > 0, aim, 0).astype(np.float32)
    np.testing.assert_allclose(slow.started(content, spoilt, trust), aim, atol=1)
    nothing = np.zeros_like(trust)
    np.testing.assert_allclose(slow.started(content, spoilt, nothing), content, atol=1)


def test_a_region_of_no_style_is_the_film_itself_in_every_frame(noise: Any) -> None:
    frames = still(2)
    mask = np.zeros(frames[0].pixels.shape[:2], np.float32)
    mask[:, :24] = 1
    steps = played(frames, noise, [mask], styles=STYLES[:1], regions=[{"mask": "2" * 64, "shares": [0.0]}])
    for frame, step in zip(frames, steps, strict=True):
        apart = np.abs(step.picture.astype(int) - frame.pixels)
        assert (
            apart[:, :23].max() <= 1
        )  # the motion that is found between two frames shifts the edge by parts of a pixel
        assert apart[:, 26:].mean() > 2


def test_clear_parts_of_a_frame_take_no_part(noise: Any) -> None:
    frames, alpha = pan(2), np.full((64, 64), 255, np.uint8)
    alpha[:, :24] = 0
    steps = played([dataclasses.replace(frame, alpha=alpha) for frame in frames], noise)
    for frame, step in zip(frames, steps, strict=True):
        apart = np.abs(step.picture.astype(int) - frame.pixels).mean(axis=(0, 2))
        assert apart[:12].mean() < 0.2 * apart[30:].mean()
    empty = np.zeros_like(alpha)
    assert played([dataclasses.replace(frames[0], alpha=empty)], noise)[0].picture.any()
