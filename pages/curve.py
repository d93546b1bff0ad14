"""The curve of one run under its own link, with a play head; also in a frame of another page."""

import streamlit as st

from pages.parts.app import theme
from pages.parts.curves import shared_curve

if st.context.is_embedded:
    theme.apply()
else:
    theme.page("Curve", "Drag along the curve: the picture moves through its steps like a film.")
shared_curve.panel(embedded=bool(st.context.is_embedded))
