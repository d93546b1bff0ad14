"""HTML with pictures reaches the browser as it is, without a search through the pictures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.elements import html
from streamlit.string_util import clean_text

from pages.parts.app.web import Html, app_address
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


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("https://paint.example.org/", "https://paint.example.org"),
        ("https://paint.example.org", "https://paint.example.org"),
        ("https://paint.example.org:8443/slow?job=1", "https://paint.example.org:8443"),
        ("https://example.org/nst/", "https://example.org/nst"),  # the page Studio of an app below a path
        ("https://example.org/nst", "https://example.org/nst"),
        ("https://example.org/nst/fast/", "https://example.org/nst"),
        ("https://example.org/two/parts/result?result=1", "https://example.org/two/parts"),
        ("", ""),
    ],
)
def test_links_begin_with_the_address_that_the_browser_shows(
    shown: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(url=shown))
    assert app_address() == address
