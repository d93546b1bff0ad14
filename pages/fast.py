"""The fast method: one pass through Magenta's network."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.blend import style_map
from pages.parts.inputs import mask_brush, pickers
from pages.parts.runs import auto_run, job_panel
from pages.parts.settings import controls, imported

with st.container(key="bench_fast"):
    theme.page(
        "Fast", "One pass through a network that can paint in the style of any picture. It takes about a second."
    )
    service.warn_of_replaced("magenta")
    imported.open_from_address("fast")
    with st.container(key="body_fast"):
        inputs, canvas = st.columns([5, 7], gap="large")
        with inputs:
            pickers.picker("content", in_one_row=True)
            pickers.picker("style", in_one_row=True)
            mask_brush.panel()
            recipe = controls.fast("fast", can_fold=True)
            job_panel.start_button("fast", "Paint in a second", {"job": recipe}, is_live=True)
            auto_run.paint_new_photograph("fast")
            auto_run.repaint_on_change("fast", recipe)
        with canvas:
            style_map.panel("fast", recipe)
            job_panel.panel("fast", curves=False, is_live=True)
    service.worker_status()
