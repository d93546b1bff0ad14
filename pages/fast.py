"""The fast method: one pass of Magenta's network."""

import streamlit as st

from pages.parts import controls, desk, job_panel, look, pickers

look.page("Fast", "One pass through a network that can paint in any style it is shown. It takes about a second.")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    pickers.picker("content")
    pickers.picker("style")
    look.section("Settings")
    recipe = controls.fast("fast")
    job_panel.start_button("fast", "Paint in a second", {"job": recipe})
    desk.engine_light()
with canvas:
    job_panel.panel("fast", curves=False)
