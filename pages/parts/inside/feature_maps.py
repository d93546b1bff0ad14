"""What each layer sees, answered by the real network in the worker; and how a page asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from nst_core.models.vgg_layout import receptive_field_px, width
from nst_core.recipe import CONVOLUTIONS, NetworkName
from pages.parts.app import service, theme
from pages.parts.inputs.selection import Role, selected
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import Inspection, Subject

_POLL_SECONDS = 0.7
_ROOM_PX = 380
Ask = Callable[[], "Inspection | None"]


def layers(network: NetworkName) -> None:
    """The most active feature maps of a layer, each with its channel."""
    st.latex(r"F^\ell = \mathrm{ReLU}(W^\ell * F^{\ell-1} + b^\ell)")
    layer = layer_slider(network, "block3_conv1")
    side = receptive_field_px(network, layer)
    theme.about(
        f"{layer} has {width(layer)} channels; each value of it depends on {side} × {side} pixels. "
        "Early layers find edges and colours, deep ones parts of things. Bright is active."
    )
    show_when_answered(asking("features", layer, network, "content"), _maps)


def layer_slider(network: NetworkName, first: str) -> str:
    """The convolution to look at, one of the network's."""
    return str(
        st.select_slider(
            "Layer", CONVOLUTIONS[network], first, key=f"inside_layer_{network}_{first}", persist_state="session"
        )
    )


def asking(subject: Subject, layer: str, network: NetworkName, *roles: Role) -> Ask:
    """The question to the worker about the chosen pictures; None in reply where there are no networks."""

    def ask() -> Inspection | None:
        from nst_core.jobs.service import InspectionRequest

        try:
            return service.get().inspect(
                InspectionRequest(subject, layer, network), *(selected(role).load() for role in roles)
            )
        except NSTError:
            return None  # the engine light tells it, with a way to try again

    return ask


def show_when_answered(ask: Ask, show: Callable[[Inspection], None]) -> None:
    """Ask until the answer is there; then show it, and ask no more.

    The first visit to a server must not wait for the desk to open: then the first ask comes after the paint.
    """
    unopened = service.is_unopened()
    answer = None if unopened else ask()
    if unopened or (answer and answer.state == "waiting"):
        st.fragment(_waiting, run_every=_POLL_SECONDS)(ask)
    elif answer and answer.state == "failed":
        theme.notice("error", "This could not be looked at", answer.error)
    elif answer:
        show(answer)


def _waiting(ask: Ask) -> None:
    painted = "inside_seen" in st.session_state  # a later tick: the browser asks for it, so it has painted
    st.session_state["inside_seen"] = True
    words = "Looking inside…"
    if painted or not service.is_unopened():
        answer = ask()
        if answer is None or answer.state != "waiting":
            st.rerun()
        if service.get().status().state == "busy":
            words = "The worker is painting; this is looked at between two of its steps."
    st.caption(words)
    st.skeleton(height=_ROOM_PX)


def _maps(answer: Inspection) -> None:
    facts = answer.facts
    columns, maps = facts["columns"], facts["maps"]
    rows = -(-len(maps) // columns)
    sheet = f"--ratio:{facts['grid'][0]}/{facts['grid'][1]};--sheet:url({data_url(answer.blob)})"  # said once for all
    tiles = "".join(_tile(number, one, columns, rows) for number, one in enumerate(maps))
    silent = f"; {facts['silent']} channels see nothing here" if facts["silent"] else ""
    st.html(f'<ul class="nst-maps" style="{sheet}">{tiles}</ul>')
    st.caption(f"The {len(maps)} most active of {facts['channels']} channels, the most active first{silent}.")


def _tile(number: int, one: Mapping[str, Any], columns: int, rows: int) -> str:
    words = f"Channel {one['channel']}: mean {one['mean']:.3g}, most {one['most']:.3g}, active in {one['active']:.0%}"
    x, y = (100 * at / max(of - 1, 1) for at, of in ((number % columns, columns), (number // columns, rows)))
    style = (
        f"background-image:var(--sheet);background-size:{100 * columns}% {100 * rows}%;"
        f"background-position:{x:.3f}% {y:.3f}%"
    )
    return (
        f'<li title="{escape(words)}"><i role="img" aria-label="{escape(words)}" style="{style}"></i>'
        f"<span>{one['channel']}</span></li>"
    )
