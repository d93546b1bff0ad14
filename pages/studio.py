"""The first screen: a finished example, and links to the methods."""

import streamlit as st

from pages.parts.app import service, theme
from pages.parts.studio import landing

theme.apply()
landing.hero()
landing.steps()
landing.curves()
landing.methods()
st.space("medium")
service.worker_status()
