"""The first screen: what the studio does, shown on a finished example, and the ways in."""

import streamlit as st

from pages.parts import desk, hero, look

look.dress()
hero.opening()
hero.steps()
hero.curves()
hero.ways()
st.space("medium")
desk.engine_light()
