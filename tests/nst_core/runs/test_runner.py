"""The engine of each method, and its inputs; no network is needed."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import DeviceMemoryError, RecipeError
from nst_core.fast import engine as fast
from nst_core.picture import colour
from nst_core.recipe import change, make
from nst_core.recipe.style_grid import grid_shape
from nst_core.runs import runner
from nst_core.slow import engine as slow
from tests.nst_core.runs.recorders import CONTENT, CROPS, METHODS, PAINTED, RAW, VIVID, cropped_styles, step

STYLES = [np.ones((1, 4, 4, 3), np.float32)]
MASK = np.eye(4, dtype=np.float32)
REGIONS = [{"mask": "c" * 64, "shares": [1.0]}]


class Recorder:
    """Engines that only record how they were called and steered, and whether they were closed."""

    def __init__(self) -> None:
        self.names, self.asked, self.shown, self.sent, self.closed = [], [], [], [], False
        self.painted = PAINTED

    def fast(self, content: Any, styles: Any, recipe: Any, **more: Any) -> Iterator[Any]:
        self._note("fast", content, styles, more)
        yield step(1, picture=self.painted)

    def slow(self, content: Any, styles: Any, recipe: Any, **more: Any) -> Iterator[Any]:
        self._note("slow", content, styles, more)
        state = {"shown": RAW}
        try:
            for number, picture in enumerate((RAW, None, RAW)):
                self.sent.append((yield step(number, picture=picture, state=lambda: state)))
        finally:
            self.closed = True

    def _note(self, name: Any, content: Any, styles: Any, more: Any) -> None:
        self.names.append(name)
        self.asked.append(more)
        self.shown.append((content, styles))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Any:
    recorder = Recorder()
    monkeypatch.setattr(fast, "run", recorder.fast)
    monkeypatch.setattr(slow, "run", recorder.slow)
    return recorder


def run(recipe: Any, **more: Any) -> Any:
    return [s.number for s in runner.run_recipe(CONTENT, STYLES, recipe, **more)]


def test_fast_is_the_fast_engines_one_step(calls: Any) -> None:
    assert run(make(settings={"method": "fast"})) == [1]
    assert calls.names == ["fast"]


@pytest.mark.parametrize("start", ["content", "noise"])
def test_slow_is_the_slow_engines_steps(calls: Any, start: str) -> None:
    assert run(make(settings={"start": start})) == [0, 1, 2]
    assert calls.names == ["slow"]
    assert calls.asked == [{"start": None, "masks": (), "levels": {}, "resume": None}]


@pytest.mark.parametrize("settings", [{"method": "balanced"}, {"method": "slow", "start": "fast"}])
def test_the_fast_picture_is_the_slow_engines_start(calls: Any, settings: Any) -> None:
    assert run(make(settings=settings)) == [0, 1, 2]
    assert calls.names == ["fast", "slow"]
    assert calls.asked[1]["start"] is PAINTED


def test_the_fast_picture_is_a_level_of_a_slow_run_that_asks_for_it(calls: Any) -> None:
    run(make(settings={"reference_loss": "fast"}))
    assert calls.names == ["fast", "slow"]
    assert calls.asked[-1]["start"] is None
    assert list(calls.asked[-1]["levels"]) == ["fast"]


def test_a_resumed_run_paints_nothing_first(calls: Any) -> None:
    state = {"number": 1}
    assert run(make(settings={"method": "balanced"}), resume=state) == [0, 1, 2]
    assert calls.names == ["slow"]
    assert calls.asked == [{"start": None, "masks": (), "levels": {}, "resume": state}]


def test_nothing_is_done_before_the_first_step_is_asked_for(calls: Any) -> None:
    runner.run_recipe(CONTENT, STYLES, make(settings={"method": "balanced"}))
    assert calls.names == []


def test_balanced_is_balanced_whatever_door_it_came_through(calls: Any) -> None:
    run(change(make(), {"method": "balanced"}))
    assert calls.names == ["fast", "slow"]


@pytest.mark.parametrize("method", ["slow", "balanced"])
def test_a_start_of_ones_own_is_the_slow_engines_start(calls: Any, method: str) -> None:
    run(make(settings={"method": method, "start": "own"}), start=VIVID)
    assert calls.names == ["slow"]
    assert calls.asked[0]["start"] is VIVID


def test_the_recipe_says_whether_a_start_is_used(calls: Any) -> None:
    run(make(), start=VIVID)
    assert calls.asked[0]["start"] is None


@pytest.mark.parametrize(
    ("settings", "engines"),
    [
        ({"method": "slow"}, ["slow"]),
        ({"method": "fast"}, ["fast"]),
        ({"method": "balanced"}, ["fast", "slow"]),
        ({"start": "fast"}, ["fast", "slow"]),
    ],
)
def test_masks_reach_every_engine(calls: Any, settings: Any, engines: Any) -> None:
    run(make(settings={**settings, "regions": REGIONS}), masks=[MASK])
    assert calls.names == engines
    for asked in calls.asked:
        assert len(asked["masks"]) == 1
        assert asked["masks"][0] is MASK


@pytest.mark.parametrize("method", METHODS)
def test_every_engine_sees_the_framed_styles(calls: Any, method: Any) -> None:
    originals, recipe, parts = cropped_styles(CROPS, method=method)
    list(runner.run_recipe(VIVID, originals, recipe))
    for _, styles in calls.shown:
        assert all(np.array_equal(style, part) for style, part in zip(styles, parts, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_a_style_that_is_named_and_not_framed_is_itself(calls: Any, method: Any) -> None:
    originals, recipe, _ = cropped_styles([{}, CROPS[0]], method=method)
    list(runner.run_recipe(VIVID, originals, recipe))
    for _, styles in calls.shown:
        assert styles[0] is originals[0]
        assert styles[1].shape == (1, 80, 31, 3)


def test_colours_are_matched_to_those_of_the_part_that_is_looked_at(calls: Any) -> None:
    originals, recipe, parts = cropped_styles(CROPS, colour_match="covariance")
    list(runner.run_recipe(VIVID, originals, recipe))
    ((_, styles),) = calls.shown
    assert all(np.array_equal(s, colour.match(p, VIVID)) for s, p in zip(styles, parts, strict=True))


def test_styles_that_the_recipe_does_not_name_reach_the_engine_which_says_so(calls: Any) -> None:
    originals, recipe, _ = cropped_styles(CROPS)
    list(runner.run_recipe(VIVID, originals[:2], recipe))
    ((_, styles),) = calls.shown
    assert [style is original for style, original in zip(styles, originals[:2], strict=True)] == [True, True]


@pytest.mark.parametrize("method", METHODS)
def test_exhausted_memory_of_any_engine_is_one_of_our_errors(monkeypatch: pytest.MonkeyPatch, method: Any) -> None:
    def exhausted(*_: Any, **__: Any) -> Iterator[Any]:
        yield step(picture=PAINTED)
        raise tf.errors.ResourceExhaustedError(None, None, "OOM on device:GPU:0")

    monkeypatch.setattr(slow, "run", exhausted)
    monkeypatch.setattr(fast, "run", exhausted)
    with pytest.raises(DeviceMemoryError, match="more memory than the GPU has free"):
        list(runner.run_recipe(CONTENT, STYLES, make(settings={"method": method, "start": "content"})))


@pytest.mark.parametrize("method", METHODS)
def test_too_little_of_a_style_is_refused_before_any_engine_begins(calls: Any, method: Any) -> None:
    recipe = make(settings={"method": method, "styles": [{"sha256": "0" * 64, "crop": (0, 0, 0.05, 1)}]})
    with pytest.raises(RecipeError, match="at least 16 px on each side"):
        list(runner.run_recipe(VIVID, [np.ones((1, 64, 64, 3), np.float32)], recipe))
    assert calls.names == []


def colours(method: Any, **settings: Any) -> Any:
    recipe = make(settings={"method": method, **settings})
    return recipe, list(runner.run_recipe(VIVID, STYLES, recipe))


@pytest.mark.parametrize("method", METHODS)
def test_without_colour_settings_nothing_is_touched(calls: Any, method: Any) -> None:
    _, steps = colours(method)
    assert all(content is VIVID and styles is STYLES for content, styles in calls.shown)
    assert [s.picture for s in steps if s.picture is not None][-1] is (PAINTED if method == "fast" else RAW)


@pytest.mark.parametrize("method", METHODS)
def test_every_engine_sees_the_matched_styles(calls: Any, method: Any) -> None:
    colours(method, colour_match="covariance", colour_match_strength=0.5)
    for content, (style,) in calls.shown:
        assert content is VIVID
        assert np.array_equal(style, colour.match(STYLES[0], VIVID, 0.5))


@pytest.mark.parametrize("method", METHODS)
def test_luminance_shows_every_engine_grey_and_the_user_the_contents_colours(calls: Any, method: Any) -> None:
    _, steps = colours(method, colour_match="luminance")
    for content, (style,) in calls.shown:
        assert np.array_equal(content, colour.luminance(VIVID))
        assert np.ptp(style, axis=-1).max() < 1e-6
    raw = PAINTED if method == "fast" else RAW
    assert np.array_equal(steps[-1].picture, colour.keep_colours(raw, VIVID, 1.0, "luminance"))


def test_luminance_greys_a_start_of_ones_own(calls: Any) -> None:
    recipe = make(settings={"start": "own", "colour_match": "luminance"})
    list(runner.run_recipe(CONTENT, STYLES, recipe, start=VIVID))
    assert np.array_equal(calls.asked[0]["start"], colour.luminance(VIVID))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("space", ["lab", "luminance"])
def test_every_picture_is_finished_and_every_state_raw(calls: Any, method: Any, space: str) -> None:
    recipe, steps = colours(method, colour_preservation=0.7, colour_space=space)
    raw = PAINTED if method == "fast" else RAW
    finished = colour.keep_colours(raw, VIVID, 0.7, space)
    assert not np.allclose(finished, raw, atol=0.01)
    for each in steps:
        assert each.picture is None or np.array_equal(each.picture, finished)
        assert each.state is None or each.state()["shown"] is RAW
        assert np.array_equal(runner.result_picture(each, VIVID, recipe), finished)
    if method == "balanced":
        assert calls.asked[1]["start"] is PAINTED


SHEETS = [(1, 3, (1, 3)), (2, 3, (1, 3)), (3, 2, (2, 2)), (4, 5, (5, 5))]


@pytest.mark.parametrize(("styles", "cells", "rows_columns"), SHEETS)
def test_each_cell_of_a_sheet_is_finished_with_the_original(
    monkeypatch: pytest.MonkeyPatch, noise: Any, styles: Any, cells: Any, rows_columns: Any
) -> None:
    down, across = rows_columns
    painted, original = noise(12 * down, 18 * across, 2), noise(24, 36, 3)
    monkeypatch.setattr(fast, "run", lambda *_, **__: iter([step(picture=painted)]))
    recipe = make(settings={"method": "fast", "style_grid_size": cells, "colour_preservation": 1.0})
    (shown,) = runner.run_recipe(original, [noise(20, 20)] * styles, recipe)
    for top in range(0, 12 * down, 12):
        for left in range(0, 18 * across, 18):
            cell = np.s_[:, top : top + 12, left : left + 18]
            assert np.allclose(shown.picture[cell], colour.keep_colours(painted[cell], original, 1.0), atol=1e-6)


@pytest.mark.parametrize("method", ["slow", "balanced"])
def test_nothing_goes_on_from_a_sheet(calls: Any, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    recipe = make(settings={"method": method, "start": "fast", "style_grid_size": 4})
    assert grid_shape(recipe, 2) == (1, 1)
    given = []

    def paint(_content: Any, _styles: Any, recipe: Any, **_: Any) -> Iterator[Any]:
        given.append(recipe.style_grid_size)
        yield step(picture=PAINTED)

    monkeypatch.setattr(fast, "run", paint)
    run(recipe)
    assert given == [1]


def test_what_is_sent_reaches_the_engine_and_its_colours_hold_from_then_on(calls: Any) -> None:
    recipe = make()
    greener = change(recipe, {"colour_preservation": 0.8})
    steps = runner.run_recipe(VIVID, STYLES, recipe)
    assert next(steps).picture is RAW
    assert steps.send(greener).picture is None
    assert np.array_equal(next(steps).picture, colour.keep_colours(RAW, VIVID, 0.8))
    assert calls.sent == [greener, None]


@pytest.mark.parametrize("method", ["slow", "balanced"])
def test_a_run_that_is_closed_closes_its_engine(calls: Any, method: str) -> None:
    steps = runner.run_recipe(VIVID, STYLES, make(settings={"method": method}))
    next(steps)
    assert not calls.closed
    steps.close()
    assert calls.closed


def test_every_size_is_finished_with_the_original(calls: Any, monkeypatch: pytest.MonkeyPatch, noise: Any) -> None:
    pictures = [noise(6, 9, 1), noise(12, 18, 2)]
    monkeypatch.setattr(slow, "run", lambda *_, **__: (step(n, picture=p) for n, p in enumerate(pictures)))
    original = noise(24, 36, 3)
    finished = [s.picture for s in runner.run_recipe(original, STYLES, make(settings={"colour_preservation": 1.0}))]
    for raw, made in zip(pictures, finished, strict=True):
        assert np.array_equal(made, colour.keep_colours(raw, original, 1.0))


def test_recolouring_needs_no_run() -> None:
    recipe = make(settings={"colour_preservation": 0.3})
    assert np.array_equal(runner.recolour(RAW, VIVID, 0.3), runner.finish(RAW, VIVID, recipe))
    assert runner.recolour(RAW, VIVID, 0.0) is RAW


@pytest.mark.slow
def test_playing_is_imported_without_tensorflow() -> None:
    code = "import sys, nst_core.runs.runner; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_black_and_white_pictures_are_told(calls: Any) -> None:
    grey, coloured = np.full((1, 16, 16, 3), 0.5, np.float32), np.random.default_rng(0).random((1, 16, 16, 3))
    vivid = coloured.astype(np.float32)

    def notes(content: Any, style: Any, **settings: Any) -> Any:
        return next(runner.run_recipe(content, [style], make("painterly", {"method": "fast", **settings}))).notes

    assert notes(grey, grey) == ("photograph and style are black and white, and so is the result",)
    assert "colours fade" in notes(vivid, grey)[0]
    assert notes(vivid, grey, colour_preservation=0.5) == notes(vivid, vivid) == notes(grey, vivid) == ()


@pytest.mark.parametrize("is_grey", [True, False])
def test_the_fast_result_of_black_and_white_pictures_is_made_grey(
    monkeypatch: pytest.MonkeyPatch, calls: Any, is_grey: bool
) -> None:
    grey, vivid = np.full((1, 16, 16, 3), 0.5, np.float32), np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    monkeypatch.setattr(calls, "painted", vivid)
    (made,) = runner.run_recipe(grey, [grey if is_grey else vivid], make("painterly", {"method": "fast"}))
    assert colour.is_grey(made.picture) == is_grey
