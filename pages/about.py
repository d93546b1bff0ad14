"""What runs here, where it comes from, and what happens to a visitor's pictures."""

import streamlit as st

from pages.parts import credits, desk, look

look.page("About", "What runs here, where it comes from, and what happens to your pictures.")
credits.methods()
credits.networks()
credits.pictures()
credits.privacy()
st.space("small")
desk.engine_light()
