"""The app under AppTest, with a job service that needs no worker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from pages.parts.app import service as service_module
from tests.pages.fake_service import FakeJobService

ROOT = Path(__file__).parents[2]

Open = Callable[..., AppTest]

_installed = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def _front_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest makes a new server at each run, which takes the folder `pages` for the old automatic menu."""
    # It also leaves its script as the main module, which a process that is spawned later would run once more.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    begin = PagesManager.__init__

    def begin_anew(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", begin_anew)
    # What it does anew for each app, or after each run where other tests have loaded Keras, takes half a second.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _installed)
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@pytest.fixture
def job_service(monkeypatch: pytest.MonkeyPatch) -> FakeJobService:
    """The job service that every page of this test sees."""
    fake = FakeJobService()
    monkeypatch.setattr(service_module, "get", lambda: fake)
    return fake


@pytest.fixture
def open_page(job_service: FakeJobService) -> Open:
    """Opens the app on one page, with query parameters if asked."""

    def open_(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, app.exception
        return app

    return open_


def words(app: AppTest) -> str:
    """All HTML, captions and button labels on the page, to look for words in."""
    html = [element.proto.body for element in app.get("html")]
    return " ".join([*html, *(caption.value for caption in app.caption), *(button.label for button in app.button)])
