"""The sweep on the Compare page: a form, a sheet that a refresh finds again, and a cell at full size."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nst_core.errors import QueueFullError
from nst_core.sweeps.registry import SweepRegistry
from pages.parts.sweep import large, panel
from tests.pages.conftest import Open, shortcut_of, words
from tests.pages.fake_service import FakeJobService


@pytest.fixture
def registry(job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch) -> None:
    """One registry for all sessions of a test: AppTest has a new cache for each."""
    shared = SweepRegistry(job_service)  # type: ignore[arg-type]
    monkeypatch.setattr(panel, "registry", lambda: shared)


def begin(open_page: Open, job_service: FakeJobService) -> AppTest:
    job_service.is_quick = True
    app = open_page("compare")
    app.segmented_control(key="view").set_value("Sweep").run()
    app.button(key="compare_sweep_start").click().run()
    assert not app.exception, app.exception
    return app


@pytest.mark.usefixtures("registry")
def test_one_click_fills_a_sheet_that_a_refresh_finds_again(open_page: Open, job_service: FakeJobService) -> None:
    app = begin(open_page, job_service)
    assert not job_service.jobs
    assert [button.label for button in app.get("download_button")] == ["Sheet"]
    again = open_page("compare", view="Sweep", sweep=str(app.query_params["sweep"]))
    assert [button.label for button in again.get("download_button")] == ["Sheet"]


@pytest.mark.usefixtures("registry")
def test_a_sheet_is_stopped_and_goes_on_by_its_buttons_and_their_shortcuts(open_page: Open) -> None:
    app = open_page("compare", view="Sweep")
    for key, shortcut in (("compare_sweep_start", "p"), ("compare_sweep_stop", "x"), ("compare_sweep_on", "h")):
        app.button(key=key).click().run()
        assert shortcut_of(key) == shortcut
    assert app.button(key="compare_sweep_stop")
    assert not app.exception


def test_an_unknown_sheet_has_expired_and_another_can_be_painted(open_page: Open) -> None:
    app = open_page("compare", view="Sweep", sweep="0" * 32)
    assert "This sheet has expired" in words(app)
    assert not app.button(key="compare_sweep_start").disabled


def test_settings_that_make_no_sheet_are_explained_and_cannot_be_started(open_page: Open) -> None:
    app = open_page("compare", view="Sweep")
    app.selectbox(key="compare_sweep_down_fast").set_value("strength").run()
    assert "Strength twice" in words(app)
    assert app.button(key="compare_sweep_start").disabled


def test_a_restarted_server_shows_the_sheet_again(
    open_page: Open, job_service: FakeJobService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_service.disk = tmp_path
    # One that remembers nothing: a new server each time.
    monkeypatch.setattr(panel, "registry", lambda: SweepRegistry(job_service))  # type: ignore[arg-type]
    app = begin(open_page, job_service)
    again = open_page("compare", view="Sweep", sweep=str(app.query_params["sweep"]))
    assert [button.label for button in again.get("download_button")] == ["Sheet"]
    (shown,) = (e for e in again.get("bidi_component") if "sheet" in str(e.proto.id))
    assert shown is not None


@pytest.mark.usefixtures("registry")
def test_a_refused_cell_at_full_size_is_explained_in_its_place(open_page: Open, job_service: FakeJobService) -> None:
    app = begin(open_page, job_service)
    job_service.refuse = QueueFullError("you have 3 runs; wait for one of them", retry_after_seconds=60, own=True)
    app.session_state[large.REQUESTED.key()] = 1
    app.run()
    assert "Your places in line are taken" in words(app)
    job_service.refuse = None
    app.session_state[large.REQUESTED.key()] = 1
    app.run()
    assert len(job_service.jobs) == 1
    assert "places in line are taken" not in words(app)
