"""Inside the network: its feature maps, Gram matrices and reconstructions of the selected pictures."""

from collections.abc import Iterable

import streamlit as st

from nst_core.recipe import NetworkName
from pages.parts.app import service, theme
from pages.parts.inputs import pickers
from pages.parts.inputs.selection import selected
from pages.parts.inside import feature_maps, grams, runs

VIEWS = {
    "Layers": feature_maps.layers,
    "Gram matrix": grams.grams,
    "Content rebuilt": runs.content,
    "Style alone": runs.style,
}
NETWORKS: dict[str, NetworkName] = {"VGG-19": "vgg19", "VGG-16": "vgg16"}


def _choice(label: str, key: str, options: Iterable[str]) -> str:
    """A row of buttons, of which the first is selected initially."""
    first, *others = options
    return str(
        st.segmented_control(
            label,
            [first, *others],
            default=first,
            required=True,
            key=key,
            label_visibility="collapsed",
            persist_state="session",
        )
    )


theme.page("Inside the network", "How VGG represents your photograph and your style, layer by layer.")
pictures = st.expander("Other pictures", icon=":material/image:", key="inside_pictures", on_change="rerun")
if pictures.open:  # otherwise drawing the galleries would delay the first paint
    left, right = pictures.columns(2, gap="large")
    with left:
        pickers.picker("content")
    with right:
        pickers.picker("style")
theme.credit_line(selected("content").title, f"and {selected('style').title}")
with st.container(horizontal=True, horizontal_alignment="distribute", key="inside_choice"):
    view = _choice("What to look at", "inside_view", VIEWS)
    network = _choice("Network", "inside_network", NETWORKS)
VIEWS[view](NETWORKS[network])
service.worker_status()
