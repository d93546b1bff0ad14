"""The shortest way to a painting of the visitor's own photograph: choose the file, and the Fast page paints it."""

from __future__ import annotations

import streamlit as st

from pages.parts.inputs import uploads
from pages.parts.inputs.selection import SOURCE, choose_sample, selected
from pages.parts.runs import auto_run

USE_STYLE = "Use this style on my photo"


def use_style(key: str) -> None:
    """Take a sample as the style and go to Fast: it paints the visitor's photograph, or asks for it and paints then."""
    choose_sample("style", key)
    SOURCE.put("Upload", "content")
    if selected("content").is_own:
        auto_run.request("fast")
    st.switch_page("pages/fast.py")


def uploader() -> None:
    """A file uploader for the first screen; the Fast page paints the photograph at once, in the style chosen there."""
    most_mb = uploads.max_upload_mb()
    file = st.file_uploader("Paint a photograph of yours now", key="first_photograph", max_upload_size=most_mb)
    if file and uploads.take_photograph(file):
        SOURCE.put("Upload", "content")
        st.switch_page("pages/fast.py")
