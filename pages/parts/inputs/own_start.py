"""The visitor's own picture for a run to start from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.inputs.uploads import max_upload_mb

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture


@dataclass(frozen=True)
class _StartUpload:
    """The last upload: its hash, and the error message if it was refused; the picture is the last good one."""

    digest: str
    picture: Picture | None = None
    title: str = ""
    message: str = ""


_UPLOAD = SessionValue[_StartUpload]("own_start", "upload")
"""The last upload, by page."""


def picker(page: str) -> None:
    """A file uploader; a file that cannot be used changes only the message."""
    file = st.file_uploader(
        "Picture to start from", key=f"{page}_start_file", max_upload_size=max_upload_mb(), help="Of any size."
    )
    if file:
        _open(page, file.getvalue(), file.name)
    upload = _UPLOAD.get(page)
    if upload is None:
        st.caption("No picture is chosen yet.")
    elif upload.message:
        theme.notice("error", "This file cannot be used", upload.message)
    else:
        st.caption(f"Starts from {theme.escape_markdown(upload.title)}.")
        for note in upload.picture.notes if upload.picture else ():
            theme.notice("quiet", "Good to know", note)


def picture(page: str) -> Picture | None:
    """The picture to start from, if one was chosen."""
    upload = _UPLOAD.get(page)
    return upload.picture if upload else None


def _open(page: str, content: bytes, title: str) -> None:
    from nst_core.picture.upload import open_picture

    digest = hashlib.sha256(content).hexdigest()
    last = _UPLOAD.get(page) or _StartUpload("")
    if last.digest == digest:
        return
    try:
        upload = _StartUpload(digest, open_picture(content), title)
    except NSTError as error:
        upload = replace(last, digest=digest, message=str(error))
    _UPLOAD.put(upload, page)
