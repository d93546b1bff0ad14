"""Painting on the photograph: the brush's regions become regions of a run, on the pages that have a brush."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.picture import mask_maps, samples
from pages.parts.blend import style_map
from pages.parts.inputs import mask_brush, selection
from tests.pages.conftest import Open, unfold
from tests.pages.fake_service import FakeJobService


def painted_page(open_page: Open, page: str, *labels: int) -> AppTest:
    """A page with two styles and the brush, where these labels are painted beside each other, 100 px wide each."""
    app = open_page(page)
    app.button(key="mix_add").click().run()
    app.toggle(key="masks_on").set_value(True).run()
    painting = next(iter(app.session_state["masks_painted"].values()))
    for n, label in enumerate(labels):
        painting.labels[:, 100 * n : 100 * (n + 1)] = label
    return app


def start(app: AppTest, job_service: FakeJobService, page: str) -> Any:
    app.button(key=f"{page}_start").click().run()
    assert not app.exception, app.exception
    job = list(job_service.jobs)[-1]
    job_service.finish(job)
    app.run()
    return job_service.jobs[job].recipe, job_service.given[job]


def switch(app: AppTest, page: str) -> None:
    app.switch_page("pages/about.py").run()  # AppTest keeps no widgets from one page to the next
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception


def test_there_is_a_brush_for_any_number_of_styles_but_not_on_compare(open_page: Open) -> None:
    app = open_page("slow")
    assert app.toggle(key="masks_on").label == "Keep parts a photograph"
    app.button(key="mix_add").click().run()
    assert app.toggle(key="masks_on").label == "Paint where each style goes"
    switch(app, "compare")
    assert "masks_on" not in [toggle.key for toggle in app.toggle]


@pytest.mark.parametrize("page", ["slow", "fast"])
def test_what_is_painted_reaches_the_desk_as_regions(open_page: Open, job_service: FakeJobService, page: str) -> None:
    app = painted_page(open_page, page, 2, 1)
    app.slider(key="masks_soft").set_value(0.0).run()
    recipe, given = start(app, job_service, page)
    assert [region.shares for region in recipe.regions] == [(1.0, 0.0), (0.0, 1.0)]
    assert [region.mask for region in recipe.regions] == [mask.sha256 for mask in given.masks]
    first, second = (mask.weights for mask in given.masks)
    assert second[:, :100].all()
    assert first[:, 100:200].all()
    assert first.sum() == second.sum() == 100 * len(first)
    assert given.named_in(recipe).regions == recipe.regions


@pytest.mark.parametrize(("styles", "label"), [(1, 2), (2, 3)])
def test_what_is_painted_with_the_photograph_stays_one(
    open_page: Open, job_service: FakeJobService, styles: int, label: int
) -> None:
    app = open_page("slow")
    for _ in range(styles - 1):
        app.button(key="mix_add").click().run()
    app.toggle(key="masks_on").set_value(True).run()
    app.slider(key="masks_soft").set_value(0.0).run()
    painting = next(iter(app.session_state["masks_painted"].values()))
    assert painting.slots[label - 1] == mask_brush.PHOTOGRAPH
    painting.labels[:, :100] = label
    recipe, given = start(app, job_service, "slow")
    assert [region.shares for region in recipe.regions] == [(0.0,) * styles]
    assert given.masks[0].weights[:, :100].all()
    assert not given.masks[0].weights[:, 100:].any()


def test_with_one_style_left_its_own_paint_counts_no_more(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow", 1)
    app.button(key="mix_remove_style_1").click().run()
    assert not start(app, job_service, "slow")[0].regions


def test_a_soft_edge_changes_the_masks_and_nothing_else(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow", 1, 2)
    soft, _ = start(app, job_service, "slow")
    unfold(app)
    app.slider(key="masks_soft").set_value(0.0).run()
    hard, _ = start(app, job_service, "slow")
    assert {r.mask for r in soft.regions}.isdisjoint(r.mask for r in hard.regions)
    assert soft.styles == hard.styles


@pytest.mark.slow
def test_nothing_painted_or_switched_off_is_an_ordinary_mix(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow")
    assert not start(app, job_service, "slow")[0].regions
    app = painted_page(open_page, "slow", 1, 2)
    app.toggle(key="masks_on").set_value(False).run()
    recipe, given = start(app, job_service, "slow")
    assert (recipe.regions, given.masks, len(recipe.styles)) == ((), (), 2)
    unfold(app)
    app.toggle(key="masks_on").set_value(True).run()
    assert len(start(app, job_service, "slow")[0].regions) == 2, "what was painted is still there"


def test_compare_paints_the_mix(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow", 1, 2)
    switch(app, "compare")
    recipe, given = start(app, job_service, "compare")
    assert (recipe.regions, given.masks) == ((), ())


def test_a_painted_style_without_weight_is_in_the_run_and_hardly_in_the_mix(
    open_page: Open, job_service: FakeJobService
) -> None:
    app = painted_page(open_page, "slow", 1)
    app.slider(key="mix_weight_style").set_value(0.0).run()
    recipe, given = start(app, job_service, "slow")
    assert [style.weight for style in recipe.styles] == [mask_brush.MIN_WEIGHT, 1.0]
    assert [region.shares for region in recipe.regions] == [(1.0, 0.0)]
    assert [s.sha256 for s in recipe.styles] == [s.sha256 for s in given.styles]


def test_a_removed_style_takes_its_paint_along(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow", 1, 2)
    app.button(key="mix_add").click().run()
    app.button(key="mix_remove_style").click().run()
    recipe, _ = start(app, job_service, "slow")
    assert [region.shares for region in recipe.regions] == [(1.0, 0.0)]


def test_each_photograph_has_its_own_painting(open_page: Open, job_service: FakeJobService) -> None:
    app = painted_page(open_page, "slow", 1, 2)
    places, other = app.session_state["inputs_images"], samples.contents()[1]
    before = places["content"]
    places["content"] = selection.find_sample("content", other.key)
    assert not start(app, job_service, "slow")[0].regions
    places["content"] = before
    unfold(app)
    assert len(start(app, job_service, "slow")[0].regions) == 2


def test_the_fast_page_follows_the_brush_and_its_map_shows_whole_pictures(
    open_page: Open, job_service: FakeJobService
) -> None:
    job_service.is_quick = True
    app = painted_page(open_page, "fast", 1)
    start(app, job_service, "fast")
    next(iter(app.session_state["masks_painted"].values())).labels[:, 300:] = 2
    app.run()
    assert [len(view.recipe.regions) for view in job_service.jobs.values()] == [1, 2]
    app.run()
    assert len(job_service.jobs) == 2
    app.toggle(key="fast_map_on").set_value(True).run()
    assert list(job_service.jobs.values())[-1].recipe.style_grid_size == style_map.CELLS[1]
    assert not app.exception


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A session without a page; its photograph is the first sample."""
    kept: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def test_what_a_browser_sends_is_kept_unless_it_is_stale_or_no_map(state: dict[str, object]) -> None:
    painting = mask_maps.with_styles(mask_maps.blank(64, 48), ["style", "style_1"])
    labels = painting.labels.copy()
    labels[10:20] = 2
    sent = {"token": mask_brush._token(painting), "runs": mask_maps.encode_runs(labels)}
    for wrong in (None, {}, [sent], sent | {"token": "other-0"}, sent | {"runs": [9, 9]}):
        assert not mask_brush.receive(painting, wrong)
    assert "masks_painted" not in state
    assert mask_brush.receive(painting, sent)
    (kept,) = state["masks_painted"].values()
    assert np.array_equal(kept.labels, labels)
    assert (kept.slots, kept.version) == (painting.slots, painting.version)
    later = mask_maps.with_styles(kept, ["style_1", "style_2"])
    assert not mask_brush.receive(later, sent)


def test_only_so_many_photographs_are_kept(state: dict[str, object]) -> None:
    for sample in samples.contents()[: mask_brush.MAX_MAPS + 1]:
        state["inputs_images"] = {"content": selection.find_sample("content", sample.key)}
        mask_brush._remember(mask_maps.blank(64, 48))
    assert len(state["masks_painted"]) == min(mask_brush.MAX_MAPS, len(samples.contents()))
