"""Both methods on the same pictures, side by side, judged by one yardstick."""

import streamlit as st

from pages.parts import comparison, controls, desk, job_panel, look, pickers

look.page("Compare", "The same photograph and style, both ways at once, judged by the same measures.")
content, style, settings = st.columns([6, 7, 5], gap="medium")
with content:
    pickers.picker("content")
with style:
    pickers.picker("style")
with settings:
    look.section("Settings", "for both methods")
    slow = controls.slow("compare", {"level": "fast"})
    fast = slow and controls.fast_like(slow)
    job_panel.start_button("compare", "Paint both ways", {"fast": fast, "slow": slow})
    desk.engine_light()
comparison.panel("compare")
