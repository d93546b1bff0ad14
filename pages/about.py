"""About: methods, networks, measurements, votes, limits, privacy, and the sources of the pictures."""

import streamlit as st

from pages.parts.about import credits, model_card, preferences
from pages.parts.app import service, theme

theme.page("About", "The networks in use, their sources, and the handling of your pictures.")
for part in (
    credits.methods,
    model_card.intended_use,
    credits.networks,
    model_card.measured,
    preferences.preferred,
    model_card.limits,
    credits.privacy,
    credits.pictures,
):
    part()
    st.space("small")
service.worker_status()
