"""The Android sample: its essential lines on the page, and the whole project as a download."""

from __future__ import annotations

import io
import textwrap
import zipfile
from functools import cache
from pathlib import Path

import streamlit as st

import nst_core

PROJECT = Path(nst_core.__file__).parent / "mobile"
_LINES_OF = "app/src/main/java/studio/nst/mobile/StyleNetworks.kt"
_NAME = "nst-studio-android"


def sample() -> None:
    """Show the essential lines of Kotlin, and offer the project."""
    st.code(few_lines(), language=None, wrap_lines=True)
    st.download_button(
        "The whole app (.zip)",
        archive,
        f"{_NAME}.zip",
        "application/zip",
        key="phones_sample",
        icon=":material/android:",
        on_click="ignore",
    )
    st.caption("Camera, pace of frames, and films by a server, in 700 lines. Its README lists what was tested.")


@cache
def few_lines() -> str:
    """The part of the sample's source between its marks."""
    text = (PROJECT / _LINES_OF).read_text("utf-8")
    _, _, rest = text.partition("// begin: the few lines\n")
    return textwrap.dedent(rest.partition("    // end: the few lines")[0]).rstrip()


@cache
def archive() -> bytes:
    """The project as a ZIP file, the same bytes each time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(PROJECT.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(f"{_NAME}/{path.relative_to(PROJECT).as_posix()}")
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, path.read_bytes())
    return data.getvalue()
