"""What each layer sees, and what the Gram matrix holds: answered by the real network in the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from nst_core.models.anatomy import receptive_field_px, width
from nst_core.recipe import CONVOLUTIONS
from pages.parts import desk, look
from pages.parts.before_after import source
from pages.parts.chosen import chosen

if TYPE_CHECKING:
    from nst_core.jobs.looks import Look, Question
    from nst_core.picture.door import Picture

_POLL_SECONDS = 0.7
_HEIGHT_PX = 380


def layers() -> None:
    """The most active feature maps of a layer, each with its channel."""
    from nst_core.jobs.looks import Question

    st.latex(r"F^\ell = \mathrm{ReLU}(W^\ell * F^{\ell-1} + b^\ell)")
    layer = _layer("block3_conv1")
    side = receptive_field_px("vgg19", layer)
    look.about(
        f"{layer} has {width(layer)} channels; each value of it depends on {side} × {side} pixels. "
        "Early layers find edges and colours, deep ones parts of things. Bright is active."
    )
    _wait(Question("features", layer), (chosen("content").load(),), _maps)


def grams() -> None:
    """The Gram matrices of the photograph and of the style side by side, and their distance."""
    from nst_core.jobs.looks import Question

    st.latex(r"G^\ell_{ij} = \frac{1}{HW}\sum_{p} F^\ell_{pi}\,F^\ell_{pj}")
    layer = _layer("block2_conv1")
    look.about(
        "How strongly two channels are active in the same places, wherever those are: the layout is lost, the texture "
        "stays. The slow method moves the photograph until the left matrix looks like the right one."
    )
    _wait(Question("grams", layer), (chosen("content").load(), chosen("style").load()), _matrices)


def _layer(first: str) -> str:
    return str(
        st.select_slider("Layer", CONVOLUTIONS["vgg19"], first, key=f"inside_layer_{first}", persist_state="session")
    )


def _wait(question: Question, pictures: tuple[Picture, ...], show: Callable[[Look], None]) -> None:
    """Ask until the answer is there; then show it, and ask no more."""
    look_now = _ask(question, pictures)

    def panel() -> None:
        now = _ask(question, pictures)
        if now is None or now.state != "waiting":
            st.rerun()
        busy = desk.get().status().state == "busy"
        st.caption("The worker is painting; this is looked at between two of its steps." if busy else "Looking inside…")
        st.skeleton(height=_HEIGHT_PX)

    if look_now is None:
        return
    if look_now.state == "waiting":
        st.fragment(panel, run_every=_POLL_SECONDS)()
    elif look_now.state == "failed":
        look.notice("error", "This could not be looked at", look_now.error)
    else:
        show(look_now)


def _ask(question: Question, pictures: tuple[Picture, ...]) -> Look | None:
    try:
        return desk.get().look(question, *pictures)
    except NSTError:
        return None  # the engine light tells that there are no networks, with a way to try again


def _maps(answer: Look) -> None:
    facts = answer.facts
    columns, maps = facts["columns"], facts["maps"]
    rows = -(-len(maps) // columns)
    sheet = source(answer.blob)
    tiles = "".join(_tile(sheet, number, one, columns, rows) for number, one in enumerate(maps))
    silent = f"; {facts['silent']} channels see nothing here" if facts["silent"] else ""
    st.html(f'<ul class="nst-maps" style="--ratio:{facts["grid"][0]}/{facts["grid"][1]}">{tiles}</ul>')
    st.caption(f"The {len(maps)} most active of {facts['channels']} channels, the most active first{silent}.")


def _tile(sheet: str, number: int, one: Mapping[str, Any], columns: int, rows: int) -> str:
    words = f"Channel {one['channel']}: mean {one['mean']:.3g}, most {one['most']:.3g}, active in {one['active']:.0%}"
    x, y = (100 * at / max(of - 1, 1) for at, of in ((number % columns, columns), (number // columns, rows)))
    style = (
        f"background-image:url({sheet});background-size:{100 * columns}% {100 * rows}%;"
        f"background-position:{x:.3f}% {y:.3f}%"
    )
    return (
        f'<li title="{escape(words)}"><i role="img" aria-label="{escape(words)}" style="{style}"></i>'
        f"<span>{one['channel']}</span></li>"
    )


def _matrices(answer: Look) -> None:
    import numpy as np
    import plotly.graph_objects as go

    channels = [str(channel) for channel in answer.facts["channels"]]
    both = np.frombuffer(answer.blob, np.float32).reshape(2, len(channels), len(channels))
    logs = np.log10(np.maximum(both, max(float(both.max()) * 1e-5, 1e-12)))
    for column, title, log, values in zip(st.columns(2, gap="large"), ("Photograph", "Style"), logs, both, strict=True):
        figure = go.Figure(
            go.Heatmap(
                z=log,
                customdata=values,
                x=channels,
                y=channels,
                zmin=float(logs.min()),
                zmax=float(logs.max()),
                colorscale="Viridis",
                showscale=False,
                hovertemplate="channels %{x} and %{y}: %{customdata:.3~s}<extra></extra>",
            )
        )
        figure.update_xaxes(visible=False, type="category", constrain="domain", constraintoward="left")
        figure.update_yaxes(visible=False, type="category", autorange="reversed", scaleanchor="x", constrain="domain")
        figure.update_layout(height=_HEIGHT_PX, margin={"l": 0, "r": 0, "t": 0, "b": 0})
        with column:
            look.section(title)
            st.plotly_chart(
                figure,
                height=_HEIGHT_PX,
                key=f"inside_gram_{title}",
                config={"displayModeBar": False},
                alt=f"Gram matrix of the {title.lower()}, {len(channels)} channels, brighter means more together",
            )
    look.about(
        f"Their distance is {answer.facts['relative']:.2g} times the style's own size; 0 would be the same texture. "
        f"Shown are {len(channels)} of {answer.facts['of']} channels, neighbours active together, on a log scale."
    )
