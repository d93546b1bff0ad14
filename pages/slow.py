"""The slow method: VGG-19 optimisation, with the picture and its loss curves shown live."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.device import painting
from pages.parts.inputs import mask_brush, pickers
from pages.parts.runs import job_panel
from pages.parts.settings import controls, imported

theme.page("Slow", "Repainted step by step until a VGG-19 network sees the style in it. Watch it happen.")
imported.open_from_address("slow")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    pickers.picker("content")
    pickers.picker("style")
    mask_brush.panel()
    theme.section("Settings")
    recipe = controls.slow("slow")
    job_panel.start_button("slow", "Paint step by step", {"job": recipe})
    service.worker_status()
with canvas:
    job_panel.panel("slow", curves=True)
    painting.panel(recipe)
