"""A visitor's random name, which their browser keeps in a cookie: it finds their runs again."""

from __future__ import annotations

import re
import secrets

import streamlit as st

from pages.parts.app.slots import Slot

COOKIE = "nst_visitor"
NAME = Slot[str]("visitor", "id")
_NAME_PATTERN = re.compile(r"[0-9a-f]{32}")
_YEAR_SECONDS = 365 * 24 * 3600
_cookie = st.components.v2.component(
    "nst_visitor",
    js="""export default function ({ data }) {
  document.cookie = `${data.name}=${data.value}; path=/; max-age=${data.seconds}; SameSite=Lax`;
}""",
)


def name() -> str:
    """The name of this browser, or of this tab until the browser has one."""
    return NAME.ensure(_name_of_browser)


def _name_of_browser() -> str:
    cookie = str(st.context.cookies.get(COOKIE, ""))
    return cookie if _NAME_PATTERN.fullmatch(cookie) else secrets.token_hex(16)


def set_cookie() -> None:
    """Leave the name in the browser if it has none yet; takes no room on the page."""
    if st.context.cookies.get(COOKIE) == name():
        return
    with st.container(key="visitor_cookie"):  # hidden by the style block
        _cookie(key="visitor_name", data={"name": COOKIE, "value": name(), "seconds": _YEAR_SECONDS})
