"""Films: every frame painted, each following the one before."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.film import estimate, panel, picker, settings, start
from pages.parts.inputs import pickers
from pages.parts.settings import imported

theme.page(
    "Film", "A film of yours in another hand. Each frame follows the one before, so that still things stay still."
)
imported.open_from_address("film")
inputs, canvas = st.columns([5, 7], gap="large")
with inputs:
    clip = picker.picker()
    pickers.picker("style", in_one_row=True)
    theme.section("Settings")
    recipe = settings.panel(clip)
    estimate.panel(recipe)
    start.button(recipe)
    service.worker_status()
with canvas:
    panel.panel(clip)
