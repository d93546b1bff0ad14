"""Inside the network: what it sees in a picture, and what it keeps of it."""

import streamlit as st

from pages.parts import desk, inside_looks, inside_runs, look, pickers
from pages.parts.chosen import chosen

VIEWS = {
    "Layers": inside_looks.layers,
    "Gram matrix": inside_looks.grams,
    "Content rebuilt": inside_runs.content,
    "Style alone": inside_runs.style,
}

look.page("Inside the network", "What VGG-19 sees in your photograph, and what it takes a style to be.")
with st.expander(look.plain(f"{chosen('content').title} and {chosen('style').title}"), icon=":material/image:"):
    left, right = st.columns(2, gap="large")
    with left:
        pickers.picker("content")
    with right:
        pickers.picker("style")
view = st.segmented_control(
    "What to look at",
    list(VIEWS),
    default="Layers",
    required=True,
    key="inside_view",
    label_visibility="collapsed",
    persist_state="session",
)
VIEWS[str(view)]()
desk.engine_light()
