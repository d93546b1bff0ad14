"""What runs here, where it comes from, and what happens to a visitor's pictures."""

import streamlit as st

from pages.parts import credits, desk, look, model_card

look.page("About", "What runs here, where it comes from, and what happens to your pictures.")
for part in (
    credits.methods,
    model_card.uses,
    credits.networks,
    model_card.measured,
    model_card.limits,
    credits.privacy,
    credits.pictures,
):
    part()
    st.space("small")
desk.engine_light()
