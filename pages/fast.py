"""The fast method: one pass of Magenta's network."""

import streamlit as st

from pages.parts import blend_map, controls, desk, job_panel, live, look, masks, opened, pickers

look.page("Fast", "One pass through a network that can paint in any style it is shown. It takes about a second.")
opened.from_address("fast")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    pickers.picker("content")
    pickers.picker("style")
    masks.panel()
    look.section("Settings")
    recipe = controls.fast("fast")
    job_panel.start_button("fast", "Paint in a second", {"job": recipe}, is_live=True)
    live.follow("fast", recipe)
    desk.engine_light()
with canvas:
    blend_map.panel("fast", recipe)
    job_panel.panel("fast", curves=False, is_live=True)
