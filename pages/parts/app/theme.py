"""The house's look where the theme does not reach: one style block, headings, notices, escaped text."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.parts.app import streamlit_patches, visitor

STYLE = Path(__file__).with_suffix(".css")
MARK = Path(__file__).with_name("mark.svg")
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()<>#+-.!|~:$"})

Kind = Literal["quiet", "busy", "warning", "error"]


def page(title: str, lead: str) -> None:
    """Dress the page and open it with its one H1 and a sentence."""
    apply()
    st.html(f'<header class="nst-head"><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>')


def apply() -> None:
    """Put the style block on the page; takes no room."""
    streamlit_patches.deliver_all()
    _through_front_door()
    st.html(STYLE)
    st.logo(str(MARK), size="large")
    visitor.introduce()


def _through_front_door() -> None:
    """Run `app.py` first if Streamlit ran a page's file by itself."""
    if not has_a_front_door():
        st.rerun()


def has_a_front_door() -> bool:
    """Whether Streamlit knows that `app.py` leads to the pages; from now on it does.

    Because the folder is called `pages`, a server whose first visit is a deep link plays by the rules of the old
    automatic menu until `st.navigation` has been called once: a wrong menu, and `app.py` left out.
    """
    from streamlit.runtime.pages_manager import PagesManager

    knew = not PagesManager.uses_pages_directory
    PagesManager.uses_pages_directory = False
    return knew


def plain(text: str) -> str:
    """Text as Markdown that shows exactly it: for labels that hold names a user or a file gave."""
    return text.translate(_MARKDOWN)


def section(title: str, note: str = "") -> None:
    """A step's H2 with a quiet note beside it."""
    body = f"<span>{escape(note)}</span>" if note else ""
    st.html(f'<div class="nst-section"><h2>{escape(title)}</h2>{body}</div>', width="stretch" if note else "content")


def credit_line(title: str, rest: str) -> None:
    """What is chosen, in one quiet line that keeps its room."""
    st.html(f'<p class="nst-credit"><b>{escape(title)}</b> {escape(rest)}</p>', width="stretch")


def about(text: str, source: str = "") -> None:
    """What a choice means, and quietly where it comes from."""
    origin = f"<small>{escape(source)}</small>" if source else ""
    st.html(f'<p class="nst-about">{escape(text)}{origin}</p>', width="stretch")


def notice(kind: Kind, title: str, text: str = "") -> None:
    """A designed state: what is the case and what to do, as plain text."""
    role = "alert" if kind in ("warning", "error") else "status"
    body = f"<p>{escape(_sentence(text))}</p>" if text else ""
    st.html(f'<div class="nst-notice nst-{kind}" role="{role}"><strong>{escape(title)}</strong>{body}</div>')


def _sentence(text: str) -> str:
    """A message of the core, which starts small and ends open, as a sentence on a page."""
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in '.!?…' else '.'}"


def credit(*parts: str) -> str:
    """Artist, year, licence: those that are known, in one line."""
    return " · ".join(part for part in parts if part)


def facts(items: dict[str, str]) -> None:
    """Named figures in a row, steady in height."""
    cells = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in items.items())
    st.html(f'<div class="nst-facts">{cells}</div>')


def was_opened(room: Any, key: str, *, asked: bool = False) -> bool:
    """Whether an expander or popover is open, or has been, or was `asked` for: what it holds is drawn from then on.

    Widgets that nobody has asked for cost every run of a page. Once drawn they stay, for what they are set to counts.
    The room needs `on_change="rerun"`.
    """
    slot = f"{key}_opened"
    if room.open or asked:
        st.session_state[slot] = True
    return slot in st.session_state
