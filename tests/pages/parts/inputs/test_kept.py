"""The visitor's own picture after a reload, which is a new session of the same browser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.picture.encode import to_png
from pages.parts.inputs import kept
from pages.parts.inputs.visit_store import VisitQuota, VisitStore
from tests.pages.conftest import Open, words

PNG = to_png(np.random.default_rng(3).random((1, 48, 64, 3), np.float32))


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A store of the test's own; once called, every tab so far is closed."""
    store: VisitStore[kept.Inputs] = VisitStore(VisitQuota(3, 20_000, 20_000))
    monkeypatch.setattr(kept, "store", lambda: store)
    return lambda: monkeypatch.setattr(kept, "is_open", lambda _: False)


def _with_own(open_page: Open, role: str = "content") -> AppTest:
    app = open_page("slow")
    app.segmented_control(key=f"picker_source_{role}").set_value("Upload").run()
    return app.file_uploader(key=f"{role}_file").set_value([("mine.png", PNG, "image/png")]).run()


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_reload_finds_the_picture_again_and_says_so(open_page: Open, closed: Callable[[], None], role: str) -> None:
    assert "a reload finds it again" in words(_with_own(open_page, role))
    closed()
    again = open_page("slow")
    assert again.segmented_control(key=f"picker_source_{role}").value == "Upload"
    assert "<b>mine.png</b>" in words(again)
    assert "mine.png" not in str(again.query_params)


def test_another_browser_does_not_get_it(
    open_page: Open, closed: Callable[[], None], another_browser: Callable[[], None]
) -> None:
    _with_own(open_page)
    closed()
    another_browser()
    assert "mine.png" not in words(open_page("slow"))


def test_a_forgotten_picture_is_forgotten_here_and_on_the_server(open_page: Open, closed: Callable[[], None]) -> None:
    app = _with_own(open_page)
    assert kept.store().total_bytes == 48 * 64 * 3
    app.button(key="content_forget").click().run()
    assert not app.exception
    assert kept.store().total_bytes == 0
    assert "mine.png" not in words(app)
    assert not app.file_uploader(key="content_file_1").value
    closed()
    assert "mine.png" not in words(open_page("slow"))


def test_a_sample_chosen_afterwards_lets_the_server_forget_the_picture(
    open_page: Open, closed: Callable[[], None]
) -> None:
    app = _with_own(open_page)
    app.session_state["inputs_images"].pop("content")
    app.segmented_control(key="picker_source_content").set_value("Samples").run()
    assert kept.store().total_bytes == 0


def test_a_picture_without_room_is_used_and_its_visitor_told(
    open_page: Open, closed: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "store", lambda: VisitStore(VisitQuota(3, 100, 100)))
    app = _with_own(open_page)
    assert "<b>mine.png</b>" in words(app)
    assert "no room to keep it" in words(app)
