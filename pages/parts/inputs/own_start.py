"""A picture of the visitor's own for a run to start from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import theme
from pages.parts.inputs.pickers import MAX_UPLOAD_MB, TYPES

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture


def picker(page: str) -> None:
    """Take a picture through the door, once each; a bad file changes nothing but the message."""
    file = st.file_uploader(
        "Picture to start from", TYPES, key=f"{page}_start_file", max_upload_size=MAX_UPLOAD_MB, help="Of any size."
    )
    if file:
        _open(page, file.getvalue(), file.name)
    seen = st.session_state.get(_slot(page))
    if seen is None:
        st.caption("None is chosen yet.")
    elif seen["message"]:
        theme.notice("error", "This file cannot be used", seen["message"])
    else:
        st.caption(f"Starts from {theme.escape_markdown(seen['title'])}.")


def picture(page: str) -> Picture | None:
    """The picture to start from, if one was chosen."""
    chosen: Picture | None = st.session_state.get(_slot(page), {}).get("picture")
    return chosen


def _open(page: str, content: bytes, title: str) -> None:
    from nst_core.picture.upload import open_picture

    digest = hashlib.sha256(content).hexdigest()
    seen = st.session_state.setdefault(_slot(page), {"digest": "", "picture": None, "title": "", "message": ""})
    if seen["digest"] == digest:
        return
    try:
        seen |= {"picture": open_picture(content), "title": title, "message": ""}
    except NSTError as error:
        seen["message"] = str(error)
    seen["digest"] = digest


def _slot(page: str) -> str:
    return f"{page}_own_start"
