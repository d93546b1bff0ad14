"""Who a visitor is: a random name that their browser keeps, so that their runs find them again."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "nst_visitor"
_NAME = re.compile(r"[0-9a-f]{32}")
_YEAR_SECONDS = 365 * 24 * 3600
_cookie = st.components.v2.component(
    "nst_visitor",
    js="""export default function ({ data }) {
  document.cookie = `${data.name}=${data.value}; path=/; max-age=${data.seconds}; SameSite=Lax`;
}""",
)


def name() -> str:
    """The name of this browser, or of this tab until the browser has one."""
    if "visitor" not in st.session_state:
        known = str(st.context.cookies.get(COOKIE, ""))
        st.session_state["visitor"] = known if _NAME.fullmatch(known) else secrets.token_hex(16)
    return str(st.session_state["visitor"])


def introduce() -> None:
    """Leave the name in the browser, unless it is there; takes no room on the page."""
    if st.context.cookies.get(COOKIE) == name():
        return
    with st.container(key="visitor_cookie"):  # hidden by the style block
        _cookie(key="visitor_name", data={"name": COOKIE, "value": name(), "seconds": _YEAR_SECONDS})
