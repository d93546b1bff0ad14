"""All methods on the same pictures with the same measures; or a sweep over two settings."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.compare import methods
from pages.parts.compare import panel as comparison
from pages.parts.inputs import folding, pickers
from pages.parts.settings import controls
from pages.parts.sweep import panel as sweep

with st.container(key="bench_compare"):
    theme.page("Compare", "The same photograph and style, all three ways, judged by the same measures.")
    with st.container(key="top_compare", horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "What is compared",
            ("Three ways", "Sweep"),
            default="Three ways",
            required=True,
            key="view",
            label_visibility="collapsed",
            bind="query-params",
            width="content",
        )
        if view == "Three ways":
            folding.strip("compare", *methods.METHODS)
    slow = None
    if view == "Sweep" or not folding.is_folded("compare", *methods.METHODS):
        with st.container(key="body_compare"):
            content, style, settings = st.columns([6, 7, 5], gap="medium")
        with content:
            pickers.picker("content", in_one_row=True)
        with style:
            pickers.picker("style", in_one_row=True)
        with settings:
            theme.section("Settings", "for all methods" if view == "Three ways" else "for all cells")
            slow = controls.slow("compare", {"reference_loss": "fast"})
            if view == "Three ways":
                comparison.start_button("compare", slow)
    if view == "Three ways":
        comparison.panel("compare")
    else:
        sweep.panel("compare", methods.recipes_of(slow) if slow else {})
    service.worker_status()
