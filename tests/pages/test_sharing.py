"""Links, the gallery, and a run under its own address."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.jobs.followups import FollowUps
from nst_core.picture.encode import to_png
from nst_core.recipe import make
from nst_core.recipe.links import from_text, to_text
from pages.parts.app.formatting import time_ago
from pages.parts.runs import foreign_run
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, SECRET, FakeJobService

MINUTE, HOUR = 60.0, 3600.0
SETTINGS = {"longest_edge_px": 256, "steps": 25, "content_weight": 3.0}


def painted(open_page: Open, job_service: FakeJobService, page: str = "slow") -> str:
    """A finished run of a page."""
    app = open_page(page)
    app.button(key=f"{page}_start").click().run()
    job = list(job_service.jobs)[-1]
    job_service.finish(job)
    return job


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (10, "just now"),
        (5 * MINUTE, "5 min ago"),
        (3 * HOUR, "3 h ago"),
        (80 * HOUR, "3 days ago"),
    ],
)
def test_how_long_ago_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert time_ago(1000.0, 1000.0 + seconds) == said


def test_a_settings_link_fills_the_controls(open_page: Open, job_service: FakeJobService) -> None:
    recipe = make("bold", SETTINGS)
    app = open_page("slow", settings=to_text(recipe, {"c": "chelsea", "y": [{"k": "mosaic", "w": 1.0}]}))
    assert app.selectbox(key="slow_preset").value == "opened"
    app.button(key="slow_start").click().run()
    (view,) = job_service.jobs.values()
    assert {name: getattr(view.recipe, name) for name in ("longest_edge_px", "steps", "preset")} == {
        "longest_edge_px": 256,
        "steps": 25,
        "preset": "bold",
    }
    assert view.recipe.objective.content_weight == 3.0


def test_a_fast_settings_link_fills_the_controls(open_page: Open, job_service: FakeJobService) -> None:
    recipe = make(settings={"method": "fast", "strength": 1.3, "render_edge_px": 384})
    app = open_page("fast", settings=to_text(recipe))
    app.button(key="fast_start").click().run()
    (view,) = job_service.jobs.values()
    assert (view.recipe.strength, view.recipe.render_edge_px) == (1.3, 384)


def test_a_damaged_settings_link_is_told_and_changes_nothing(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow", settings="cut-off")
    assert "The settings in this link cannot be used" in words(app)
    assert app.selectbox(key="slow_preset").value == "painterly"


def test_the_link_of_a_result_opens_it_with_its_settings(open_page: Open, job_service: FakeJobService) -> None:
    job = painted(open_page, job_service)
    app = open_page("result", result=job)
    shown = words(app)
    assert "Slow · Painterly" in shown
    assert f"result?result={job}" in " ".join(code.value for code in app.code)
    (link,) = [code.value for code in app.code if "settings=" in code.value]
    assert from_text(link.split("settings=")[1])[0].preset == "painterly"


def test_same_settings_for_another_photo(
    open_page: Open, job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = painted(open_page, job_service)
    app = open_page("result", result=job)
    app.button(key=f"mine_{job}").click().run()
    assert not app.exception
    assert app.session_state["picker_source_content"] == "Upload"
    assert app.session_state["slow_preset"] == "opened"


def goes_to(app: Any, page: str) -> None:
    """Be on the page that a click led to: AppTest shows it, but goes on with the page before."""
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception


def masked(open_page: Open, job_service: FakeJobService) -> str:
    """A finished run with two painted regions."""
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.toggle(key="masks_on").set_value(True).run()
    app.slider(key="masks_soft").set_value(0.03).run()
    labels = next(iter(app.session_state["masks_painted"].values())).labels
    labels[:150, :200] = 2
    labels[200:, 250:] = 1
    app.button(key="slow_start").click().run()
    job = list(job_service.jobs)[-1]
    job_service.finish(job)
    assert len(job_service.jobs[job].recipe.regions) == 2
    return job


@pytest.mark.slow
def test_opened_settings_bring_the_very_same_regions_back(open_page: Open, job_service: FakeJobService) -> None:
    job = masked(open_page, job_service)
    app = open_page("result", result=job)
    app.button(key=f"open_{job}").click().run()
    goes_to(app, "slow")
    assert app.toggle(key="masks_on").value
    assert app.slider(key="masks_soft").value == 0.03
    assert app.session_state["inputs_active_style"] == app.session_state["inputs_style_slots"][0], (
        "the gallery changes one of them"
    )
    app.button(key="slow_start").click().run()
    again = list(job_service.jobs)[-1]
    assert again != job
    assert job_service.jobs[again].recipe.regions == job_service.jobs[job].recipe.regions
    assert job_service.given[again].content.sha256 == job_service.given[job].content.sha256
    assert "were left out" not in words(app)


def test_for_another_photo_the_regions_are_left_out_and_it_is_said(
    open_page: Open, job_service: FakeJobService
) -> None:
    job = masked(open_page, job_service)
    app = open_page("result", result=job)
    app.button(key=f"mine_{job}").click().run()
    goes_to(app, "slow")
    assert "Painted regions were left out" in words(app)
    app.button(key="slow_start").click().run()
    assert len(job_service.jobs) == 2
    assert not job_service.jobs[list(job_service.jobs)[-1]].recipe.regions


def test_a_link_to_settings_says_that_painted_regions_are_not_in_it(
    open_page: Open, job_service: FakeJobService
) -> None:
    job = masked(open_page, job_service)
    shown = open_page("result", result=job)
    assert "painted regions are not in it" in words(shown)
    (link,) = [code.value for code in shown.code if "settings=" in code.value]
    opened = open_page("slow", settings=link.partition("settings=")[2])
    assert "Painted regions were left out" in words(opened)
    assert "Painted regions were left out" not in words(open_page("slow"))


@pytest.mark.slow
def test_a_picture_dropped_back_finds_the_pictures_of_its_run(open_page: Open, job_service: FakeJobService) -> None:
    job = masked(open_page, job_service)
    pictures, recipe = job_service.given[job], job_service.jobs[job].recipe
    job_service.jobs[job] = replace(job_service.jobs[job], recipe=pictures.named_in(recipe))  # as the job_service does
    png = to_png(np.full((1, 48, 64, 3), 0.4, np.float32), job_service.jobs[job].recipe.to_json())
    app = open_page("slow")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([("back.png", png, "image/png")]).run()
    app.button(key="content_use_pictures").click().run()
    assert app.toggle(key="masks_on").value
    app.button(key="slow_start").click().run()
    again = list(job_service.jobs)[-1]
    assert job_service.given[again].content.sha256 == pictures.content.sha256
    assert [mask.sha256 for mask in job_service.given[again].masks] == [mask.sha256 for mask in pictures.masks]


def test_a_deleted_result_is_gone_with_what_was_kept_of_those_that_follow_it(
    open_page: Open, job_service: FakeJobService, tmp_path: Path
) -> None:
    job_service.disk = tmp_path
    app = open_page("slow")
    app.button(key="slow_start").click().run()
    (job,) = job_service.jobs
    job_service.finish(job)
    app.run()
    job_service.followups.add(FollowUps("slow", job, {}, owner=OWNER))
    app.button(key=f"delete_slow_{job}").click().run()
    assert not job_service.jobs
    app.button(key=f"remove_{job}").click().run()
    assert not job_service.trash.runs(OWNER)
    assert job_service.followups.advance(job) is None
    assert not app.exception


def test_a_deletion_is_undone_where_it_was_made(open_page: Open, job_service: FakeJobService) -> None:
    job = painted(open_page, job_service)
    app = open_page("result", result=job)
    app.button(key=f"delete_result_{job}").click().run()
    assert "This run is deleted" in words(app)
    assert not job_service.jobs
    app.button(key=f"undo_delete_{job}").click().run()
    assert job in app.query_params["result"]
    assert "Painterly, " in words(app)
    assert "This run is deleted" not in words(app)
    assert not app.exception


def test_the_gallery_and_the_link_offer_the_undo_to_the_owner_alone(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    job = painted(open_page, job_service)
    job_service.trash.put(job, SECRET)
    for app in (open_page("gallery"), open_page("result", result=job)):
        assert app.button(key=f"undo_delete_{job}").label == "Undo the deletion"
    another_browser()
    for app in (open_page("gallery"), open_page("result", result=job)):
        assert not [button for button in app.button if button.key.startswith("undo_")]


def test_a_stop_is_undone_by_its_button(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    app = open_page("slow")
    app.button(key="slow_start").click().run()
    (job,) = job_service.jobs
    job_service.advance(job, 2)
    app.run()
    app.button(key=f"stop_{job}").click().run()
    assert job_service.jobs[job].state == "stopped"
    app.button(key=f"undo_stop_{job}").click().run()
    assert job_service.jobs[job].state == "running"
    assert app.button(key=f"pause_{job}")
    assert not app.exception
    job_service.finish(job, "stopped")
    another_browser()
    assert not [button for button in open_page("result", result=job).button if button.key.startswith("undo_")]


def test_only_the_owner_may_list_or_delete(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    job = painted(open_page, job_service)
    another_browser()
    app = open_page("result", result=job)
    assert escape(foreign_run.TITLE) in words(app)
    assert not [toggle for toggle in app.toggle if toggle.key.startswith("listed_")]
    assert not [button for button in app.button if button.key.startswith("delete_")]


@pytest.mark.parametrize("query", [{}, {"result": "0" * 32}, {"result": "<script>"}])
def test_a_result_that_is_not_there_leads_on(
    open_page: Open, job_service: FakeJobService, query: dict[str, str]
) -> None:
    shown = words(open_page("result", **query))
    reason = "The address names no run" if "<" in query.get("result", "") else "This run is not here any more"
    assert reason in shown if query else "No result is named" in shown


def test_the_gallery_shows_what_is_listed_and_nothing_else(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    job = painted(open_page, job_service)
    another_browser()
    assert "Nothing is listed yet" in words(open_page("gallery"))
    job_service.publish(job, SECRET, listed=True)
    app = open_page("gallery")
    assert "Nothing is listed yet" not in words(app)
    (wall,) = [json.loads(e.proto.json) for e in app.get("bidi_component") if "Slow" in e.proto.json]
    assert [item["key"] for item in wall["items"]] == [job]


def test_a_run_of_steps_can_be_watched_as_a_film(open_page: Open, job_service: FakeJobService) -> None:
    job = painted(open_page, job_service)
    job_service.jobs[job] = replace(job_service.jobs[job], snapshot_steps=(5, 10, 15))
    app: Any = open_page("result", result=job)
    app.button(key=f"film_{job}_GIF").click().run()
    assert not app.exception
    assert any("Download GIF" in button.label for button in app.get("download_button"))
