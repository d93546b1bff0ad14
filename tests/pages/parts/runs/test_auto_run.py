"""The fast page paints at every change, and the style map sets it by a click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nst_core.errors import QueueFullError
from nst_core.picture import samples
from nst_core.recipe import make
from nst_core.recipe.style_grid import grid
from pages.parts.blend import style_map
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import SelectedImage
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, FakeJobService


@pytest.fixture
def quick(job_service: FakeJobService) -> FakeJobService:
    """A job service whose runs are done as soon as they are submitted."""
    job_service.is_quick = True
    return job_service


def last(job_service: FakeJobService) -> Any:
    return list(job_service.jobs.values())[-1]


def test_nothing_is_painted_before_the_first_run(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.slider(key="fast_strength").set_value(0.5).run()
    app.button(key="mix_add").click().run()
    assert not quick.jobs


def test_every_change_paints_anew_once_and_unmeasured(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    app.run()
    assert len(quick.jobs) == 1
    app.slider(key="fast_strength").set_value(0.5).run()
    assert (len(quick.jobs), last(quick).recipe.strength) == (2, 0.5)
    app.select_slider(key="fast_longest_edge_px").set_value(4096).run()
    app.select_slider(key="fast_render_edge_px").set_value(256).run()
    app.select_slider(key="fast_style_scale").set_value(2).run()
    recipe = last(quick).recipe
    assert (recipe.longest_edge_px, recipe.render_edge_px, recipe.style_scale) == (4096, 256, 2)
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style").set_value(0.5).run()
    assert [s.weight for s in last(quick).recipe.styles] == [0.5, 1.0]
    assert len(quick.jobs) == 7
    assert not any(view.wants_metrics for view in quick.jobs.values())
    assert app.query_params["job"] in (last(quick).id, [last(quick).id])
    assert max(quick.waited) <= 1.5


def test_a_run_that_still_waits_is_stopped_and_the_old_picture_stays(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    quick.is_quick = False
    app.slider(key="fast_strength").set_value(0.5).run()
    waiting = last(quick).id
    assert app.session_state["auto_run_last_shown_fast_job"].id == next(iter(quick.jobs))
    assert app.get("progress")
    app.slider(key="fast_strength").set_value(0.6).run()
    assert ("stop", waiting) in quick.calls
    assert last(quick).id != waiting
    assert ("stop", last(quick).id) not in quick.calls


def test_a_refused_change_is_told_and_tried_again(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    quick.refuse = QueueFullError("8 runs are waiting", retry_after_seconds=40)
    app.slider(key="fast_strength").set_value(0.5).run()
    assert "try again in about 40 s" in words(app)
    quick.refuse = None
    app.run()
    assert last(quick).recipe.strength == 0.5


def test_a_result_is_measured_when_asked(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    assert "Tutorial total" not in words(app)
    before = last(quick)
    app.button(key=f"measure_fast_{before.id}").click().run()
    assert last(quick).wants_metrics
    assert last(quick).recipe == before.recipe
    assert "Tutorial total" in words(app)
    app.slider(key="fast_strength").set_value(0.5).run()
    assert not last(quick).wants_metrics


def test_the_sliders_for_colours_stay_when_the_page_paints_anew(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    app.slider(key=f"colours_strength_fast_{last(quick).id}").set_value(0.6).run()
    app.slider(key="fast_strength").set_value(0.5).run()
    assert app.slider(key=f"colours_strength_fast_{last(quick).id}").value == 0.6


def test_what_could_not_be_done_stands_under_the_picture(open_page: Open, job_service: FakeJobService) -> None:
    job = job_service.submit(make(settings={"method": "fast"}), None, [None], owner=OWNER)
    job_service.finish(job)
    job_service.jobs[job] = replace(job_service.jobs[job], notes=("this network takes one strength <only>",))
    assert "This network takes one strength &lt;only&gt;." in words(open_page("fast", job=job))


def test_the_map_is_one_job_of_all_styles_and_follows_what_it_shows(open_page: Open, quick: FakeJobService) -> None:
    app = open_page("fast")
    for _ in range(2):
        app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style").set_value(0.0).run()
    app.toggle(key="fast_map_on").set_value(True).run()
    (view,) = quick.jobs.values()
    assert (view.recipe.style_grid_size, len(view.recipe.styles)) == (5, 3)
    assert {s.weight for s in view.recipe.styles} == {1.0}  # a style without weight still has a corner
    assert not view.wants_metrics
    app.slider(key="mix_weight_style").set_value(0.5).run()
    app.slider(key="fast_strength").set_value(0.5).run()
    assert len(quick.jobs) == 1  # the sheet contains all mixes
    app.select_slider(key="fast_style_scale").set_value(2).run()
    assert last(quick).recipe.style_scale == 2
    app.segmented_control(key="fast_style_grid_size").set_value(7).run()
    assert last(quick).recipe.style_grid_size == 7
    assert not app.exception


def test_colours_are_not_put_back_on_a_sheet() -> None:
    settings = {"method": "fast", "colour_match": "luminance", "colour_preservation": 0.5, "longest_edge_px": 4096}
    recipe = style_map.map_recipe(make(settings=settings), 3)
    assert (recipe.colour.colour_match, recipe.colour.colour_preservation) == ("none", 0)
    assert (recipe.style_grid_size, recipe.longest_edge_px) == (3, style_map.EDGE_PX)


def mixed(*weights: float) -> tuple[style_weights.Style, ...]:
    """So many styles with these weights."""
    picked = samples.styles()[: len(weights)]
    return tuple(
        style_weights.Style(f"style_{i}", SelectedImage(s.key, s.title, "", s.alt, s.load), weight)
        for i, (s, weight) in enumerate(zip(picked, weights, strict=True))
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("side", style_map.CELLS)
def test_a_cell_that_is_picked_is_the_one_the_page_is_set_to(
    monkeypatch: pytest.MonkeyPatch, count: int, side: int
) -> None:
    state: dict[str, float] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    cells = [cell for row in grid(count, side) for cell in row]
    for index, cell in enumerate(cells):
        styles = mixed(*[1.0] * count)
        style_map.apply_cell("fast", cell, styles)
        weights = [state.get(f"mix_weight_{style.slot}", 1.0) for style in styles]
        now = tuple(replace(style, weight=weight) for style, weight in zip(styles, weights, strict=True))
        monkeypatch.setattr(style_weights, "styles", lambda now=now: now)
        strength = state["fast_strength"]
        assert style_map.current_cell(cells, styles, strength, index) == index
        found = cells[style_map.current_cell(cells, styles, strength)]
        assert (found.shares, found.strength) == (pytest.approx(cell.shares, abs=0.012), cell.strength)
        assert state["auto_run_is_requested_fast"]


def test_cells_and_corners_are_named() -> None:
    night, wave, sun = (style.image.title for style in mixed(1, 1, 1))
    assert style_map._label(grid(1, 3)[0][2], mixed(1)) == "Strength 150%"
    assert style_map._label(grid(2, 5)[0][1], mixed(1, 1)) == f"{night} 75%, {wave} 25%"
    assert [end["title"] for end in style_map._ends(mixed(1, 1, 1))] == [night, wave, sun, "All three alike"]
