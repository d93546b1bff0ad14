"""Live: camera, screen or video, painted in the visitor's own browser."""

import streamlit as st

from pages.parts.app import theme
from pages.parts.device import files
from pages.parts.inputs import pickers
from pages.parts.live import live_picture

theme.page("Live", "Your camera, your screen or a video, painted while you watch: by your own device, not by a server.")
canvas, inputs = st.columns([7, 5], gap="large")
with canvas:
    if found := files.prepared("live"):
        live_picture.live_picture(found)
with inputs:
    pickers.picker("style")
