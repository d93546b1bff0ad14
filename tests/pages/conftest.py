"""The app under AppTest, with a job service that needs no worker."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from pages.parts.app import page_tools, visitor
from pages.parts.app import service as service_module
from pages.parts.compare import copies
from pages.parts.inputs import folding
from tests.pages.fake_service import SECRET, FakeJobService

ROOT = Path(__file__).parents[2]

HOOK = re.compile(r'\[class\*="([^"]+)"\](?: button|\[)')
"""The part of a class in a selector of a button."""

Open = Callable[..., AppTest]

_installed = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def _front_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the app through `app.py`: AppTest starts a new server at each run, which would use the old automatic menu."""
    # AppTest also leaves its script as the main module, which a process that is spawned later would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    original = PagesManager.__init__

    @wraps(original)
    def ignore_pages_folder(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", ignore_pages_folder)
    # Both are repeated for each app, or after each run once another test has loaded Keras, and take half a second.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _installed)
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@pytest.fixture
def job_service(monkeypatch: pytest.MonkeyPatch) -> FakeJobService:
    """The fake job service for every page of this test."""
    fake = FakeJobService()
    known: list[Any] = [copies._made, folding._icons]
    for each in known:
        each.cache_clear()  # its runs have the ids of the last test's
    monkeypatch.setattr(service_module, "get", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def _one_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every session the cookie of the same browser."""
    monkeypatch.setattr(visitor, "_secret_of_browser", lambda: SECRET)


@pytest.fixture
def another_browser(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Once called, sessions belong to a browser with another secret."""
    return lambda: monkeypatch.setattr(visitor, "_secret_of_browser", lambda: "b" * 32)


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


def open_popover(app: AppTest, key: str) -> None:
    """Open a popover, whose widgets are drawn from then on."""
    app.session_state[key] = True
    app.run()


def unfold(app: AppTest, page: str = "slow") -> None:
    """Open the strip to which a page's inputs are folded while it shows a run."""
    app.button(key=f"strip_button_{page}").click().run()
    assert not app.exception, app.exception


def words(app: AppTest) -> str:
    """All HTML, captions and button labels on the page, as one text to search."""
    html = [element.proto.body for element in app.get("html")]
    return " ".join([*html, *(caption.value for caption in app.caption), *(button.label for button in app.button)])


def shortcut_of(key: str) -> str | None:
    """The keyboard shortcut that presses the button of a widget's key."""
    hooks = ((each.key, HOOK.findall(each.button)) for each in page_tools.SHORTCUTS)
    return next((name for name, found in hooks if any(hook in f"st-key-{key}" for hook in found)), None)
