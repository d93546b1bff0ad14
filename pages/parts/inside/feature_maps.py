"""The feature maps of a layer, computed by the worker; and the polling for answers of the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from nst_core.models.vgg_layout import receptive_field_px, width
from nst_core.recipe import CONVOLUTIONS, NetworkName
from pages.parts.app import service, theme
from pages.parts.app.session_values import has_painted
from pages.parts.app.web import Html
from pages.parts.inputs.selection import Role, selected
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.jobs.service import Inspection, Subject

_POLL_SECONDS = 0.7
_HEIGHT_PX = 380
InspectionCall = Callable[[], "Inspection | None"]


def layers(network: NetworkName) -> None:
    """The most active feature maps of a layer, each with its channel."""
    st.latex(r"F^\ell = \mathrm{ReLU}(W^\ell * F^{\ell-1} + b^\ell)")
    layer = layer_slider(network, "block3_conv1")
    side = receptive_field_px(network, layer)
    theme.description(
        f"{layer} has {width(layer)} channels; each value of it depends on {side} × {side} pixels. "
        "Early layers find edges and colours, deep ones parts of things. Bright is active."
    )
    show_when_answered(request("features", layer, network, "content"), _maps)


def layer_slider(network: NetworkName, first: str) -> str:
    """Choose one of the network's convolutions; `first` is the initial one."""
    return str(
        st.select_slider(
            "Layer", CONVOLUTIONS[network], first, key=f"inside_layer_{network}_{first}", persist_state="session"
        )
    )


def request(subject: Subject, layer: str, network: NetworkName, *roles: Role) -> InspectionCall:
    """A function that asks the worker about the selected pictures; it returns None if the networks are missing."""

    def send() -> Inspection | None:
        from nst_core.jobs.service import InspectionRequest

        try:
            return service.get().inspect(
                InspectionRequest(subject, layer, network), *(selected(role).load() for role in roles)
            )
        except NSTError:
            return None  # the status line shows it, and offers to try again

    return send


def show_when_answered(send: InspectionCall, show: Callable[[Inspection], None]) -> None:
    """Poll until the answer is there, then show it.

    If the job service is not open yet, the first request is made after the first paint, which must not wait for it.
    """
    unopened = service.is_unopened()
    answer = None if unopened else send()
    if unopened or (answer and answer.state == "waiting"):
        st.fragment(_poll, run_every=_POLL_SECONDS)(send)
    elif answer and answer.state == "failed":
        theme.notice("error", "The network could not be inspected", answer.error)
    elif answer:
        show(answer)


def _poll(send: InspectionCall) -> None:
    text = "Looking inside…"
    if has_painted("inside") or not service.is_unopened():
        answer = send()
        if answer is None or answer.state != "waiting":
            st.rerun()
        if service.get().status().state == "busy":
            text = "The worker is painting a run, and answers between two steps."
    st.caption(text)
    st.skeleton(height=_HEIGHT_PX)


def _maps(answer: Inspection) -> None:
    facts = answer.facts
    columns, maps = facts["columns"], facts["maps"]
    rows = -(-len(maps) // columns)
    # The sheet of all maps is large, so it is a CSS variable of the list, and not a part of each tile.
    sheet = f"--ratio:{facts['grid'][0]}/{facts['grid'][1]};--sheet:url({data_url(answer.blob)})"
    tiles = "".join(_tile(number, one, columns, rows) for number, one in enumerate(maps))
    silent = f"; {facts['silent']} channels are inactive here" if facts["silent"] else ""
    st.html(Html(f'<ul class="nst-maps" style="{sheet}">{tiles}</ul>'))
    st.caption(f"The {len(maps)} most active of {facts['channels']} channels, the most active first{silent}.")


def _tile(number: int, one: Mapping[str, Any], columns: int, rows: int) -> str:
    words = (
        f"Channel {one['channel']}: mean {one['mean']:.3g}, maximum {one['maximum']:.3g}, active in {one['active']:.0%}"
    )
    x, y = (100 * at / max(of - 1, 1) for at, of in ((number % columns, columns), (number // columns, rows)))
    style = (
        f"background-image:var(--sheet);background-size:{100 * columns}% {100 * rows}%;"
        f"background-position:{x:.3f}% {y:.3f}%"
    )
    return (
        f'<li title="{escape(words)}"><i role="img" aria-label="{escape(words)}" style="{style}"></i>'
        f"<span>{one['channel']}</span></li>"
    )
