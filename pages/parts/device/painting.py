"""The slow method in the visitor's own browser: a component with its picture, its progress and its live curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.recipe import CONVOLUTIONS, Objective, Recipe
from nst_core.runs.curve import CurvePoint
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import asset
from pages.parts.curves import charts, plot, series
from pages.parts.curves.series import ChartOptions, CurveSet
from pages.parts.device import BUNDLES, files, slow_settings
from pages.parts.inputs.selection import Role, selected
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.export.manifest import ExportedFile
    from nst_core.picture.upload import Picture

_OPENED = SessionValue[bool]("device", "painting")
"""Whether the panel was ever open; from then on it stays mounted, so that closing it does not end a run."""

_PICTURE_EDGE_PX, _QUALITY = 512, 92
"""Longest edge of the pictures that are sent; the largest graph takes 256 px."""

LEAST_EDGE_PX = 128
"""The smallest graph that is offered; smaller ones are for tests."""

_component = st.components.v2.component(
    "nst_paint_here",
    html=asset(__file__, ".html").replace("<!-- chart -->", asset(plot.__file__, ".html")),
    css=asset(plot.__file__, ".css") + asset(__file__, ".css"),
    js=(BUNDLES / "slow.js").read_text("utf-8"),
    isolate_styles=False,  # Plotly writes its styles into the page
)


@dataclass(frozen=True)
class SlowFiles:
    """The files of the slow method by their addresses.

    Attributes:
        addresses: file name -> address: LiteRT's files, the weights, the graphs.
        weights: the file of weights.
        weights_bytes: its size.
        graphs: file name of a graph -> (width, height) in pixels of the pictures that it takes.
    """

    addresses: Mapping[str, str]
    weights: str
    weights_bytes: int
    graphs: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, found: files.DeviceFiles) -> SlowFiles:
        """Select the files of the slow method from the files for devices."""
        (weights,) = (file for file in found.manifest.files if file.part == "slow_weights")
        graphs = {file.file: _size(file) for file in found.manifest.files if file.part == "slow_objective"}
        offered = {name: size for name, size in graphs.items() if max(size) >= LEAST_EDGE_PX}
        addresses = found.addresses((*found.runtime, weights.file, *offered))
        return cls(addresses, weights.file, weights.bytes, offered)


def panel(recipe: Recipe | None) -> None:
    """An expander with the painting; `recipe` has the settings of the page, None if they do not go together."""
    room = st.expander("Paint on this device", icon=":material/devices:", key=_OPENED.key("room"), on_change="rerun")
    if room.open:
        _OPENED.put(value=True)
    if not _OPENED.get():
        return
    with room:
        theme.description(
            "Your own browser computes every step. The server sends the network and the pictures chosen on this page; "
            "nothing is sent back, and a picture that you open here stays on this device."
        )
        if (found := files.prepared("paint_here")) and recipe:
            is_clear = any(selected(role).load().alpha is not None for role in _ROLES)
            if differs := slow_settings.differences(recipe, has_transparency=is_clear):
                st.caption(f"With the settings of this page, but: {', '.join(differs)}.")
            _component(key=_OPENED.key("component"), data=data(SlowFiles.of(found), recipe))


def data(slow: SlowFiles, recipe: Recipe) -> dict[str, Any]:
    """The component's data; see `PanelData` of web/src/slow/panel.ts."""
    return {
        "addresses": dict(slow.addresses),
        "weights": slow.weights,
        "weightsBytes": slow.weights_bytes,
        "shapes": [{"file": name, "width": width, "height": height} for name, (width, height) in slow.graphs.items()],
        "settings": slow_settings.settings(recipe),
        "content": _source("content"),
        "style": _source("style"),
        "chart": {"sets": curve_sets(), "library": plot.library(), "keys": plot.KEYS},
    }


def curve_sets() -> dict[str, dict[str, Any]]:
    """The figures of the server's curves without values, which the browser fills: the terms, and the style layers."""
    layers = [f"style/{name}" for name in CONVOLUTIONS["vgg19"] if name in Objective().style_layers]
    names: dict[CurveSet, Sequence[str]] = {"terms": list(series.TERMS), "layers": layers}
    point = CurvePoint(0, 0.0, dict.fromkeys((*series.TERMS, *layers), 1.0))
    return {
        curves: {"terms": terms, "figure": charts.loss_curves([point], total_steps=2, options=ChartOptions(curves))}
        for curves, terms in names.items()
    }


def _size(file: ExportedFile) -> tuple[int, int]:
    """(width, height) in pixels of the pictures that a graph takes."""
    _, height, width, _ = next(each.shape for each in file.inputs if each.name == "picture")
    return width, height


_ROLES: tuple[Role, ...] = ("content", "style")


def _source(role: Role) -> dict[str, str]:
    image = selected(role)
    picture = image.load()
    return {"title": image.title, "src": data_url(_webp(picture.sha256, picture))}


@st.cache_resource(show_spinner=False, max_entries=32)
def _webp(sha256: str, _picture: Picture) -> bytes:
    from nst_core.picture.encode import to_webp

    return to_webp(_picture.preview(_PICTURE_EDGE_PX), _QUALITY)
