"""Finished runs: those that people show, and the visitor's own."""

import streamlit as st

from pages.parts import desk, look, shelf

look.page("Gallery", "What has been painted here. Yours are private until you list them.")
shown, own = st.tabs(["Listed", "Yours"])
with shown:
    shelf.listed()
with own:
    shelf.own()
st.space("small")
desk.engine_light()
