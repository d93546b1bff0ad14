"""The style block, headings, notices and escaped text of every page, beyond Streamlit's theme."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.parts.app import streamlit_messages, streamlit_patches, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html

STYLE = Path(__file__).with_suffix(".css")
MARK = Path(__file__).with_name("mark.svg")
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()<>#+-.!|~:$"})

_OPENED = SessionValue[bool]("theme", "opened")

NoticeKind = Literal["quiet", "busy", "warning", "error"]


def page(title: str, lead: str) -> None:
    """Style the page, and open it with its one H1 and a sentence."""
    apply()
    st.html(Html(f'<header class="nst-head"><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>'))


def apply() -> None:
    """Style the page: style block, logo, cookie and patches; takes no room."""
    streamlit_messages.hand_over_together()
    streamlit_patches.keep_fragment_messages()
    streamlit_patches.remember_theme()
    streamlit_patches.remember_client_settings()
    streamlit_patches.remember_cached_size()
    streamlit_patches.send_lists_without_pandas()
    streamlit_patches.keep_files_of_running_pages()
    if not streamlit_patches.ignore_pages_folder():
        st.rerun()  # go through `app.py`: Streamlit ran this page's file directly
    st.html(_style_block())
    st.logo(str(MARK), size="large")
    visitor.set_cookie()


@cache
def _style_block() -> Html:
    return Html(f"<style>{STYLE.read_text('utf-8')}</style>")


def escape_markdown(text: str) -> str:
    """Escape a text for Markdown; needed for labels that contain names from a user or a file."""
    return text.translate(_MARKDOWN)


def section(title: str, note: str = "") -> None:
    """An H2 with a quiet note beside it."""
    body = f"<span>{escape(note)}</span>" if note else ""
    st.html(
        Html(f'<div class="nst-section"><h2>{escape(title)}</h2>{body}</div>'), width="stretch" if note else "content"
    )


def credit_line(title: str, details: str) -> None:
    """The selected picture in one quiet line of fixed height."""
    whole = escape(join_known(title, details))  # shown where the line is too narrow
    st.html(
        Html(f'<p class="nst-credit" title="{whole}"><b>{escape(title)}</b> {escape(details)}</p>'), width="stretch"
    )


def description(text: str, source: str = "") -> None:
    """The meaning of a choice, and in small print its source."""
    small = f"<small>{escape(source)}</small>" if source else ""
    st.html(Html(f'<p class="nst-about">{escape(text)}{small}</p>'), width="stretch")


def notice(kind: NoticeKind, title: str, text: str = "") -> None:
    """A message box: the state and the remedy, as plain text."""
    role = "alert" if kind in ("warning", "error") else "status"
    body = f"<p>{escape(_sentence(text))}</p>" if text else ""
    st.html(Html(f'<div class="nst-notice nst-{kind}" role="{role}"><strong>{escape(title)}</strong>{body}</div>'))


def _sentence(text: str) -> str:
    """A sentence from a message of the core, which has no capital and no full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in '.!?…' else '.'}"


def join_known(*parts: str) -> str:
    """Artist, year, licence and the like in one line; empty ones are left out."""
    return " · ".join(part for part in parts if part)


def facts(items: dict[str, str]) -> None:
    """Named figures in a row of fixed height."""
    cells = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in items.items())
    st.html(Html(f'<div class="nst-facts">{cells}</div>'))


def was_opened(container: Any, key: str, *, asked: bool = False) -> bool:
    """Whether the widgets of an expander or popover must be drawn: it is open, was open before, or was `asked` for.

    Widgets that are not drawn save time at every run of a page. Once drawn they stay, because their values count.

    Args:
        container: an expander or popover with `on_change="rerun"`.
        key: the container's key.
        asked: whether to draw the widgets in any case.
    """
    if container.open or asked:
        _OPENED.put(True, key)
    return bool(_OPENED.get(key))
