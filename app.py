"""The app's entry point: the frame of all pages and their navigation, nothing else."""

from copy import copy

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.parts.app import page_tools
from pages.parts.inputs import selection

NAME = "NST Studio"


@st.cache_resource(show_spinner=False)
def pages() -> list[StreamlitPage]:
    """The pages, found once: looking for their files at each run took as long as drawing ten elements."""
    return [
        st.Page("pages/studio.py", title="Studio", default=True),
        st.Page("pages/slow.py", title="Slow", url_path="slow"),
        st.Page("pages/fast.py", title="Fast", url_path="fast"),
        st.Page("pages/batch.py", title="Batch", url_path="batch"),
        st.Page("pages/film.py", title="Film", url_path="film"),
        st.Page("pages/live.py", title="Live", url_path="live"),
        st.Page("pages/compare.py", title="Compare", url_path="compare"),
        st.Page("pages/gallery.py", title="Gallery", url_path="gallery"),
        st.Page("pages/result.py", title="Result", url_path="result", visibility="hidden"),
        st.Page("pages/curve.py", title="Curve", url_path="curve", visibility="hidden"),
        st.Page("pages/inside.py", title="Inside", url_path="inside"),
        st.Page("pages/phones.py", title="Phones", url_path="phones"),
        st.Page("pages/about.py", title="About", url_path="about"),
    ]


is_embedded = bool(st.context.is_embedded)  # in a frame of another page, which has a navigation of its own
menu = [copy(page) for page in pages()]  # `run` changes them
page = st.navigation(menu, position="hidden" if is_embedded else "top")
is_first = page.title == menu[0].title  # the tab of the first page has the app's name alone
st.set_page_config(
    page_title=NAME if is_first else f"{page.title} - {NAME}",
    page_icon="pages/parts/app/mark.svg",
    layout="wide",
)
if not is_embedded:
    page_tools.mount()
selection.restore()
page.run()
