"""Finished runs: the listed ones of all visitors, and the visitor's own."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.runs import gallery_tabs

theme.page("Gallery", "The pictures painted here. Yours are private until you list them.")
shown, own = st.tabs(["Listed", "Yours"])
with shown:
    gallery_tabs.listed()
    gallery_tabs.examples()
with own:
    gallery_tabs.own()
st.space("small")
service.worker_status()
