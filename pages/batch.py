"""Many photographs in one or several styles at once, and a ZIP file of the results."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.batch import files, panel
from pages.parts.inputs import pickers

theme.page("Batch", "Many photographs, each in every style: files or a ZIP in, a ZIP of the results out.")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    photographs = files.photographs()
    pickers.picker("style", in_one_row=True)
    theme.section("Settings")
    panel.form(photographs)
    service.worker_status()
with canvas:
    panel.results()
