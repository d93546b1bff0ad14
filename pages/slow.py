"""The slow method: VGG-19 optimisation, with the picture and its loss curves growing live."""

import streamlit as st

from pages.parts import controls, desk, job_panel, look, masks, opened, pickers

look.page("Slow", "Repainted step by step until a VGG-19 network sees the style in it. Watch it happen.")
opened.from_address("slow")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    pickers.picker("content")
    pickers.picker("style")
    masks.panel()
    look.section("Settings")
    recipe = controls.slow("slow")
    job_panel.start_button("slow", "Paint step by step", {"job": recipe})
    desk.engine_light()
with canvas:
    job_panel.panel("slow", curves=True)
