"""Links, the gallery, and a run under its own address."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nst_core.recipe import make
from nst_core.recipe.links import from_text, to_text
from pages.parts.spelling import since
from tests.pages.conftest import Open, words
from tests.pages.fake_desk import FakeDesk

MINUTE, HOUR = 60.0, 3600.0
SETTINGS = {"longest_edge_px": 256, "steps": 25, "content_weight": 3.0}


def painted(open_page: Open, desk: FakeDesk, page: str = "slow") -> str:
    """A finished run of a page."""
    app = open_page(page)
    app.button(key=f"{page}_start").click().run()
    job = list(desk.jobs)[-1]
    desk.finish(job)
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
    assert since(1000.0, 1000.0 + seconds) == said


def test_a_settings_link_fills_the_controls(open_page: Open, desk: FakeDesk) -> None:
    recipe = make("bold", SETTINGS)
    app = open_page("slow", settings=to_text(recipe, {"c": "chelsea", "y": [{"k": "mosaic", "w": 1.0}]}))
    assert app.selectbox(key="slow_preset").value == "opened"
    app.button(key="slow_start").click().run()
    (view,) = desk.jobs.values()
    assert {name: getattr(view.recipe, name) for name in ("longest_edge_px", "steps", "preset")} == {
        "longest_edge_px": 256,
        "steps": 25,
        "preset": "bold",
    }
    assert view.recipe.objective.content_weight == 3.0


def test_a_fast_settings_link_fills_the_controls(open_page: Open, desk: FakeDesk) -> None:
    recipe = make(settings={"method": "fast", "strength": 1.3, "painted_edge_px": 384})
    app = open_page("fast", settings=to_text(recipe))
    app.button(key="fast_start").click().run()
    (view,) = desk.jobs.values()
    assert (view.recipe.strength, view.recipe.painted_edge_px) == (1.3, 384)


def test_a_damaged_settings_link_is_told_and_changes_nothing(open_page: Open, desk: FakeDesk) -> None:
    app = open_page("slow", settings="cut-off")
    assert "The settings in this link cannot be used" in words(app)
    assert app.selectbox(key="slow_preset").value == "painterly"


def test_the_link_of_a_result_opens_it_with_its_settings(open_page: Open, desk: FakeDesk) -> None:
    job = painted(open_page, desk)
    app = open_page("result", result=job)
    shown = words(app)
    assert "Slow · Painterly" in shown
    assert f"result?result={job}" in " ".join(code.value for code in app.code)
    (link,) = [code.value for code in app.code if "settings=" in code.value]
    assert from_text(link.split("settings=")[1])[0].preset == "painterly"


def test_same_settings_for_another_photo(open_page: Open, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = painted(open_page, desk)
    app = open_page("result", result=job)
    app.button(key=f"mine_{job}").click().run()
    assert not app.exception
    assert app.session_state["content_way"] == "Upload"
    assert app.session_state["slow_preset"] == "opened"


def test_a_deleted_result_is_gone(open_page: Open, desk: FakeDesk) -> None:
    app = open_page("slow")
    app.button(key="slow_start").click().run()
    (job,) = desk.jobs
    desk.finish(job)
    app.run()
    app.checkbox(key=f"sure_slow_{job}").check().run()
    app.button(key=f"delete_slow_{job}").click().run()
    assert not desk.jobs
    assert not app.exception


def test_only_the_owner_may_list_or_delete(open_page: Open, desk: FakeDesk) -> None:
    job = painted(open_page, desk)
    app = open_page("result", result=job)  # another browser: a session without its cookie
    assert not [toggle for toggle in app.toggle if toggle.key.startswith("listed_")]
    assert not [button for button in app.button if button.key.startswith("delete_")]


@pytest.mark.parametrize("query", [{}, {"result": "0" * 32}, {"result": "<script>"}])
def test_a_result_that_is_not_there_leads_on(open_page: Open, desk: FakeDesk, query: dict[str, str]) -> None:
    shown = words(open_page("result", **query))
    assert "not here any more" in shown if query else "No result is named" in shown


def test_the_gallery_shows_what_is_listed_and_nothing_else(open_page: Open, desk: FakeDesk) -> None:
    job = painted(open_page, desk)
    assert "Nothing is listed yet" in words(open_page("gallery"))
    desk.publish(job, listed=True)
    app = open_page("gallery")
    assert "Nothing is listed yet" not in words(app)
    (wall,) = [json.loads(e.proto.json) for e in app.get("bidi_component") if "Slow" in e.proto.json]
    assert [item["key"] for item in wall["items"]] == [job]


def test_a_run_of_steps_can_be_watched_as_a_film(open_page: Open, desk: FakeDesk) -> None:
    job = painted(open_page, desk)
    desk.jobs[job] = replace(desk.jobs[job], timeline=(5, 10, 15))
    app: Any = open_page("result", result=job)
    app.button(key=f"film_{job}_GIF").click().run()
    assert not app.exception
    assert any("Download GIF" in button.label for button in app.get("download_button"))
