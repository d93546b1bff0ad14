"""Phones: the live page on a phone, and the networks as files for an app of one's own."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.device import files
from pages.parts.phones import downloads, live_page_link, sample

theme.page(
    "On a phone", "Paint what its camera sees, in its browser or in an app of your own. Nothing leaves the phone."
)
theme.section("In its browser", "point its camera at the code")
live_page_link.live_page_link()
st.space("small")
theme.section("In an app", "the networks as LiteRT files, which need no server")
if found := files.prepared("phones"):
    downloads.downloads(found)
st.space("small")
theme.section("On Android", "the style once, then each frame")
sample.sample()
service.worker_status()
