"""The address of the live page as a QR code and as text, and the reasons why a phone may be unable to use it."""

from __future__ import annotations

import ipaddress
from html import escape
from urllib.parse import urlsplit

import segno
import streamlit as st

from pages.parts.app import theme
from pages.parts.app.web import Html, app_address

LIVE_PATH = "/live"
_HOSTING = "nst_core/server/README.md"


def live_page_link() -> None:
    """Show the QR code and the address, with a notice if a phone cannot use it."""
    address = f"{app_address()}{LIVE_PATH}"
    if is_own_machine(address):
        theme.notice(
            "warning",
            "This address works on this computer only",
            f"On a phone, {address} means the phone itself. Open this page at an address that the phone can reach: the "
            "server's name on the internet, or for a try at home HTTPS before the server in your own network, as "
            f"{_HOSTING} shows under “A phone in your own network”",
        )
        return
    shown = escape(address)
    code = f'<img src="{qr_code(address)}" alt="QR code of {shown}">'
    st.html(Html(f'<div class="nst-qr">{code}<p><a href="{shown}">{shown}</a></p></div>'))
    if urlsplit(address).scheme != "https":
        theme.notice(
            "warning",
            "Without HTTPS there is no camera",
            "Browsers give the camera to addresses that begin with https:// only. The live page opens, and plays a "
            f"video file, but its camera stays off. {_HOSTING} shows how to put HTTPS before the server",
        )


def is_own_machine(address: str) -> bool:
    """Whether an address names the machine that opens it, such as http://localhost:8501, or none at all."""
    host = urlsplit(address).hostname or ""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return not host or host == "localhost" or host.endswith(".localhost")
    return parsed.is_loopback or parsed.is_unspecified


def qr_code(address: str) -> str:
    """A QR code as the address of an SVG, dark on white in both modes, because many cameras recognise no other."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
