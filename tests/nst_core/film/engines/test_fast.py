"""The fast method for films with a network that paints each frame anew: calm, steady, and new where a scene is new."""

from __future__ import annotations

import itertools
import zlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.fast import stylizer, tiling
from nst_core.fast.tiling import SmoothedStatistics, transform
from nst_core.film.engines import fast
from nst_core.film.engines.frames import FilmStep, to_pixels
from nst_core.film.flow import motion
from nst_core.film.measures import flicker, warping_error
from nst_core.models import stylisation
from nst_core.picture.colour import is_grey, to_grey
from nst_core.recipe import change, make
from nst_core.system.bounded_cache import BoundedCache
from tests.nst_core.film.clips import cut, grey, half_mask, numbered, pan, still

RED, BLUE = (np.full((1, 64, 64, 3), 0, np.float32) + np.array(of, np.float32) for of in ((1, 0, 0), (0, 0, 1)))
TWO = [{"sha256": "0" * 64}, {"sha256": "1" * 64}]


class Restless:
    """As the rebuilt pair, but the strokes of each picture depend on all its pixels: without help a film flickers."""

    def style_vector(self, style: Any) -> Any:
        return tf.reduce_mean(style, (1, 2), keepdims=True)

    def transform(self, content: Any, vector: Any) -> Any:
        strokes = np.random.default_rng(zlib.crc32(content.numpy().tobytes())).normal(0, 0.05, content.shape)
        return tf.constant(np.clip(0.3 + 0.4 * content.numpy() * vector.numpy() + strokes, 0, 1), tf.float32)


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylisation, "load", lambda: SimpleNamespace(call=Restless()))
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(8))


def recipe_of(**settings: Any) -> Any:
    return make(settings={"method": "fast", "medium": "film", "longest_edge_px": 64, **settings})


def played(frames: Any, paintings: Any = (RED,), masks: Any = (), **settings: Any) -> list[FilmStep]:
    recipe = recipe_of(**settings)
    return list(fast.stylise(frames, paintings, recipe, masks, first=frames[0].pixels))


def pictures(frames: Any, **settings: Any) -> list[Any]:
    return [step.picture for step in played(frames, **settings)]


def test_a_still_scene_is_calm() -> None:
    frames = still(6)
    assert flicker(pictures(frames, flow_blend=0.0)) > 5
    assert flicker(pictures(frames)) < 0.3


def test_a_pan_has_a_third_of_the_warping_error_at_most() -> None:
    frames = pan(6)
    motions = [motion(a.pixels, b.pixels) for a, b in itertools.pairwise(frames)]
    alone, followed = (warping_error(pictures(frames, flow_blend=share), motions) for share in (0.0, 0.9))
    assert followed < alone / 3


def test_a_cut_begins_anew() -> None:
    frames = cut(3, 2)
    steps, alone = played(frames), pictures(frames, flow_blend=0.0)
    assert [step.events for step in steps] == [(), (), (), ("scene cut",), ()]
    np.testing.assert_array_equal(steps[3].picture, alone[3])
    assert np.abs(steps[2].picture.astype(int) - alone[2]).mean() > 1
    assert [bool(step.losses) for step in steps] == [False, True, True, False, True]


def test_a_film_continues_bit_for_bit() -> None:
    frames, recipe = pan(4), recipe_of(styles=TWO, regions=[{"mask": "2" * 64, "shares": [0, 1]}])
    arguments = ([RED, BLUE], recipe, [half_mask()])
    unbroken = list(fast.stylise(frames, *arguments, first=frames[0].pixels))
    state = unbroken[1].finished[0].state
    rest = list(fast.stylise(frames[2:], *arguments, state, first=frames[0].pixels))
    for one, other in zip(unbroken[2:], rest, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
        assert one.losses == other.losses


def test_a_grey_film_in_a_grey_style_stays_grey() -> None:
    """Also where the frame before had colours, and though cameras and codecs leave a trace of colour."""
    coloured, *rest = pan(3)
    frames = numbered([coloured.pixels, *(one.pixels for one in grey(rest, tint=1))])
    steps = played(frames, [to_grey(RED)])
    assert [is_grey(to_pixels(step.picture)) for step in steps] == [False, True, True]
    assert not is_grey(to_pixels(played(frames, [RED])[-1].picture))


def test_masks_move_with_the_film() -> None:
    """The left half of the first frame is blue; six pixels later, what was there is."""
    regions = [{"mask": "2" * 64, "shares": [0, 1]}]
    styles = [{**TWO[0], "weight": 99}, TWO[1]]
    steps = played(pan(4), [RED, BLUE], [half_mask()], styles=styles, regions=regions, flow_blend=0.0)
    for step, edge in ((steps[0], 32), (steps[-1], 26)):
        is_blue = step.picture[..., 2].mean(0) > step.picture[..., 0].mean(0)
        assert is_blue[: edge - 4].mean() > 0.9
        assert is_blue[edge + 4 :].mean() < 0.1


def test_keyframes_make_one_style_another() -> None:
    keyframes = [{"seconds": 0, "style_shares": [1, 0]}, {"seconds": 0.4, "style_shares": [0, 1]}]
    steps = played(still(5), [RED, BLUE], styles=TWO, keyframes=keyframes, flow_blend=0.0)
    blue = [float((step.picture[..., 2].astype(float) - step.picture[..., 0]).mean()) for step in steps]
    assert np.all(np.diff(blue) > 0)
    assert blue[2] == pytest.approx((blue[0] + blue[-1]) / 2, abs=3)


def test_colours_are_put_back_and_do_not_add_up() -> None:
    frames = still(4)
    kept = played(frames, colour_preservation=1.0)[-1]
    plain = played(frames)[-1]
    state = kept.finished[0].state
    assert state
    np.testing.assert_array_equal(state.result, plain.picture)
    assert np.abs(kept.picture.astype(int) - plain.picture).mean() > 2


@pytest.mark.weights
def test_statistics_are_smoothed_by_their_share(rebuilt: Any, noise: Any) -> None:
    vector = tf.random.stateless_normal([1, 1, 1, 100], (1, 2)) * 0.1
    dark, bright = noise(64, 64) * 0.3, noise(64, 64) * 0.3 + 0.6
    alone = [transform(rebuilt, picture, vector) for picture in (dark, bright)]
    unsmoothed = SmoothedStatistics(0.5, {})
    np.testing.assert_array_equal(transform(rebuilt, dark, vector, statistics=unsmoothed), alone[0])
    assert {len(value.shape) for value in unsmoothed.values.values()} == {1}
    again = transform(rebuilt, dark, vector, statistics=SmoothedStatistics(0.5, unsmoothed.values))
    np.testing.assert_allclose(again, alone[0], atol=1e-4)
    apart = []
    for share in (0.0, 0.5, 0.9):
        smoothed = transform(rebuilt, bright, vector, statistics=SmoothedStatistics(share, unsmoothed.values))
        apart.append(float(np.abs(smoothed - alone[1]).mean()))
    assert apart[0] < 1e-5
    assert 0.01 < apart[1] < apart[2]


def test_smoothed_statistics_reach_the_stylizer(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def record(module: Any, content: Any, vector: Any, statistics: Any) -> Any:
        statistics.begin_picture()
        moments = SimpleNamespace(mean=np.array([float(content.mean())]), variance=np.ones(1))
        seen.append(float(statistics.smooth(0, moments)[0][0]))
        return content

    monkeypatch.setattr(tiling, "transform", record)
    frames = still(2)
    played(frames, statistics_smoothing=0.75)
    means = [float(one.pixels.mean()) / 255 for one in frames]
    assert seen == pytest.approx([means[0], 0.75 * means[0] + 0.25 * means[1]], abs=1e-5)
    assert change(recipe_of(), {}).film.statistics_smoothing == 0
