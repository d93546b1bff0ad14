"""The run of another visitor: it can be watched and used, and nothing on a page changes it."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from nst_core.jobs.service import FollowUps, owner_of
from nst_core.recipe import make
from pages.parts.app import visitor
from pages.parts.inputs import selection
from pages.parts.runs import foreign_run
from pages.parts.sweep import large, panel
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, FakeJobService
from tests.pages.parts.sweep.test_panel import begin, registry

__all__ = ["registry"]
OTHER = owner_of("b" * 32)
CONTROLS = ("pause_", "resume_", "stop_", "steer_", "listed_", "delete_", "sure_")
"""Prefixes of the keys of all widgets that change a run."""


def submitted(job_service: FakeJobService, owner: str = OTHER, method: str = "slow") -> str:
    """A run in line."""
    content, style = (selection.find_sample(*named) for named in (("content", "chelsea"), ("style", "sun-mosaic")))
    assert content
    assert style
    recipe = make(settings={"method": method, "steps": 77} if method == "slow" else {"method": method})
    return job_service.submit(recipe, content.load(), [style.load()], owner=owner)


def said(app: AppTest) -> str:
    """All words on the page."""
    return unescape(words(app))


def controls(app: AppTest) -> list[str]:
    """The keys of all widgets on the page that change a run."""
    widgets = [*app.button, *app.select_slider, *app.toggle, *app.checkbox]
    return [str(widget.key) for widget in widgets if str(widget.key).startswith(CONTROLS)]


@pytest.mark.parametrize(("page", "parameter"), [("slow", "job"), ("result", "result"), ("compare", "slow")])
def test_it_is_shown_with_its_curve_and_without_any_control(
    open_page: Open, job_service: FakeJobService, page: str, parameter: str
) -> None:
    job = submitted(job_service)
    job_service.advance(job, 5)
    app = open_page(page, **{parameter: job})
    assert "Step 5 of 77" in app.get("progress")[0].proto.text
    assert any("Loss curves after step 5" in chart.proto.json for chart in app.get("bidi_component"))
    assert said(app).count(foreign_run.TITLE) == 1
    assert controls(app) == []
    job_service.finish(job)
    app.run()
    assert foreign_run.TITLE in said(app)
    assert controls(app) == []


def test_a_visitors_own_run_has_its_controls(open_page: Open, job_service: FakeJobService) -> None:
    job = submitted(job_service, OWNER)
    job_service.advance(job, 5)
    app = open_page("slow", job=job)
    assert foreign_run.TITLE not in said(app)
    assert {f"pause_{job}", f"stop_{job}", f"steer_{job}_style_weight"} <= set(controls(app))


def test_its_settings_make_a_run_of_ones_own(open_page: Open, job_service: FakeJobService) -> None:
    job = submitted(job_service)
    job_service.advance(job, 5)
    app = open_page("slow", job=job)
    app.button(key=f"run_again_slow_{job}").click().run()
    assert not app.exception
    assert "job" not in app.query_params
    app.switch_page("pages/slow.py").run()
    app.button(key="slow_start").click().run()
    own = job_service.jobs[list(job_service.jobs)[-1]]
    assert (own.owner, own.recipe.steps) == (OWNER, 77)
    assert job_service.given[own.id].content.sha256 == job_service.given[job].content.sha256


def test_it_keeps_nobody_from_starting_a_run_and_is_not_stopped_by_one(
    open_page: Open, job_service: FakeJobService
) -> None:
    job = submitted(job_service, method="fast")
    app = open_page("fast", job=job)
    app.button(key="fast_start").click().run()
    assert len(job_service.jobs) == 2
    assert job_service.jobs[job].state == "queued"


def test_without_cookies_the_page_says_from_where_alone_a_run_can_be_changed(
    open_page: Open, job_service: FakeJobService
) -> None:
    job = submitted(job_service, OWNER)
    app = open_page("slow", job=job)
    assert "from this tab only" not in said(app)
    app.session_state[visitor._HAS_NO_COOKIES.key()] = True
    app.run()
    assert "from this tab only" in said(app)


@pytest.mark.usefixtures("registry")
def test_another_visitors_sheet_stays_as_it_is(open_page: Open, job_service: FakeJobService) -> None:
    sheet = str(begin(open_page, job_service).query_params["sweep"])
    sweep = panel.registry().find(sheet)
    assert sweep
    assert sweep.owner == OWNER
    sweep.owner = OTHER
    sweep.filler.cells[0] = replace(sweep.filler.cells[0], state="waiting")
    sweep.halt()
    app = open_page("compare", view="Sweep", sweep=sheet)
    assert "You are looking at somebody's sheet" in said(app)
    assert not [button for button in app.button if button.key in ("compare_sweep_stop", "compare_sweep_on")]
    app.session_state[large.REQUESTED.key()] = 1
    app.run()
    (job,) = job_service.jobs
    assert (job_service.jobs[job].owner, sweep.full_size_runs) == (OWNER, {})
    assert sweep.plan.label(1) in said(app), "the visitor's own run of a cell is named after it"


def test_watching_another_visitors_comparison_submits_what_waits_in_their_name(
    open_page: Open, job_service: FakeJobService
) -> None:
    job = submitted(job_service, method="fast")
    job_service.followups.add(FollowUps("fast", job, {"slow": make()}, owner=OTHER))
    open_page("compare", fast=job)
    assert [view.owner for view in job_service.jobs.values()] == [OTHER, OTHER]


def test_rebuilding_is_not_held_up_by_another_visitors_run(open_page: Open, job_service: FakeJobService) -> None:
    job = submitted(job_service)
    job_service.advance(job, 5)
    app = open_page("inside", c1=job)
    app.segmented_control(key="inside_view").set_value("Content rebuilt").run()
    assert said(app).count(foreign_run.TITLE) == 1
    app.button(key="inside_content_0").click().run()
    assert [view.owner for view in job_service.jobs.values()] == [OTHER, OWNER]
    assert foreign_run.TITLE not in said(app)
