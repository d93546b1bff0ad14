"""A row of buttons of which one is always chosen, by the visitor or by code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import streamlit as st

from pages.parts.app.session_values import SessionValue

_CHOSEN = SessionValue[str]("segments", "chosen")
"""The last choice, by key."""
_LOST = SessionValue[str]("segments", "lost")
"""A choice that the browser does not know, by key."""


def segments(label: str, options: Iterable[str], *, key: str, first: str, **more: Any) -> str:
    """The chosen option.

    Args:
        label: its name.
        options: in their order.
        key: the session key of the choice, which code may set before this is drawn.
        first: chosen at first.
        more: other arguments of `st.segmented_control`.
    """
    if lost := _LOST.pop(key):
        st.session_state[key] = lost
    is_set = key in st.session_state
    chosen = st.segmented_control(
        label, options, default=None if is_set else first, required=True, key=key, persist_state="session", **more
    )
    if chosen is None:
        # A run that ends before this is drawn, because a file arrives, has told the browser no choice that code made:
        # the next one then gets none. A choice that is set before the widget is told again.
        _LOST.put(_CHOSEN.get(key) or first, key)
        st.rerun()
    _CHOSEN.put(chosen, key)
    return cast("str", chosen)
