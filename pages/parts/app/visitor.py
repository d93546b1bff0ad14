"""A visitor's secret in a cookie of their browser, with which they find their runs again and may change them.

It is sent only between browser and server: no address, log or file contains it. The job service keeps a hash of it.
"""

from __future__ import annotations

import re
import secrets
from typing import TypedDict

import streamlit as st

from pages.parts.app import network_address
from pages.parts.app.session_values import SessionValue

COOKIE = "nst_visitor"
SECRET = SessionValue[str]("visitor", "secret")
_HAS_NO_COOKIES = SessionValue[bool]("visitor", "has_no_cookies")
"""Whether the browser refused the cookie, as in a frame of another site: then this session alone has the secret."""
_SECRET_PATTERN = re.compile(r"[0-9a-f]{32}")
_YEAR_SECONDS = 365 * 24 * 3600
# A script sets the cookie, because a page of Streamlit cannot answer with a header of its own under `streamlit run
# app.py`. So it cannot be HttpOnly, which only a header can set: a script that got into the page could read it.
# Below a base path the cookie is for that path: other apps on the host do not get it.
_cookie = st.components.v2.component(
    "nst_visitor",
    js="""export default function ({ data, setStateValue }) {
  const pair = `${data.name}=${data.value}`;
  const app = document.querySelector('script[src*="static/js/"]');
  const path = (app && new URL("../..", app.src).pathname.replace(/\\/$/, "")) || "/";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${pair}; path=${path}; max-age=${data.seconds}; SameSite=Lax${secure}`;
  if (!document.cookie.split("; ").includes(pair)) setStateValue("refused", true);
}""",
)


def secret() -> str:
    """The secret of this browser, or of this session until the browser has one."""
    return SECRET.ensure(_secret_of_browser)


def owner() -> str:
    """The id under which this visitor's runs are submitted and found."""
    from nst_core.jobs.service import owner_of

    return owner_of(secret())


class Submitter(TypedDict):
    """The arguments of `JobService.submit` that identify the owner of a run, for rights and limits."""

    owner: str
    address: str


def submitter() -> Submitter:
    """The visitor's arguments for `JobService.submit`."""
    return {"owner": owner(), "address": network_address.hashed()}


def has_no_cookies() -> bool:
    """Whether the browser keeps no cookies here, so that a reload loses the secret."""
    return bool(_HAS_NO_COOKIES.get())


def _secret_of_browser() -> str:
    cookie = str(st.context.cookies.get(COOKIE, ""))
    return cookie if _SECRET_PATTERN.fullmatch(cookie) else secrets.token_hex(16)


def set_cookie() -> None:
    """Store the secret in the browser if it has none yet; takes no room on the page."""
    if st.context.cookies.get(COOKIE) == secret():
        return
    data = {"name": COOKIE, "value": secret(), "seconds": _YEAR_SECONDS}
    with st.container(key="visitor_cookie"):  # hidden by the style block
        answer = _cookie(key="visitor_name", data=data, on_refused_change=lambda: None)
    if answer.get("refused"):
        _HAS_NO_COOKIES.put(True)
