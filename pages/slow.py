"""The slow method: VGG-19 optimisation, with the picture and its loss curves shown live."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.device import painting
from pages.parts.inputs import folding, mask_brush, pickers
from pages.parts.runs import job_panel
from pages.parts.settings import controls, imported

with st.container(key="bench_slow"):
    theme.page("Slow", "Repainted step by step until a VGG-19 network sees the style in it. Watch it happen.")
    imported.open_from_address("slow")
    folding.strip("slow")
    # One container in both states, so that a painting on the device, below it, stays mounted.
    with st.container(key="body_slow"):
        if folding.is_folded("slow"):
            job_panel.panel("slow", curves=True, is_wide=True)
        else:
            inputs, canvas = st.columns([5, 7], gap="large")
            with inputs:
                pickers.picker("content", in_one_row=True)
                pickers.picker("style", in_one_row=True)
                mask_brush.panel()
                recipe = controls.slow("slow", can_fold=True)
                folding.remember("slow", recipe)
                job_panel.start_button("slow", "Paint step by step", {"job": recipe})
            with canvas:
                job_panel.panel("slow", curves=True)
    painting.panel(folding.recipe("slow"))
    service.worker_status()
