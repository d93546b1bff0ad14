"""HTML with pictures reaches the browser as it is, without a search through the pictures."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.elements import html
from streamlit.string_util import clean_text

from pages.parts.app.web import Html
from tests.pages.conftest import Open

LARGEST_SEARCHED = 15_000


def test_html_is_taken_as_it_is() -> None:
    assert Html("  <b>\n  a</b> ")._repr_html_() == "  <b>\n  a</b> "


@pytest.mark.parametrize("page", ["studio", "slow", "fast", "compare"])
def test_no_picture_of_a_page_is_searched_for_indentation(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def noted(text: Any) -> str:
        searched.append(str(text))
        return clean_text(text)

    monkeypatch.setattr(html, "clean_text", noted)
    app = open_page(page)
    bodies = [element.proto.body for element in app.get("html")]
    assert max(map(len, bodies)) > LARGEST_SEARCHED, "there are pictures"
    assert searched
    assert max(map(len, searched)) < LARGEST_SEARCHED
