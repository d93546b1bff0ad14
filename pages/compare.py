"""All methods on the same pictures, side by side, judged by one yardstick."""

import streamlit as st

from pages.parts import comparison, controls, desk, look, pickers

look.page("Compare", "The same photograph and style, all three ways, judged by the same measures.")
content, style, settings = st.columns([6, 7, 5], gap="medium")
with content:
    pickers.picker("content")
with style:
    pickers.picker("style")
with settings:
    look.section("Settings", "for all methods")
    slow = controls.slow("compare", {"level": "fast"})
    comparison.start_button("compare", slow)
    desk.engine_light()
comparison.panel("compare")
