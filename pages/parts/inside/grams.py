"""The Gram matrices of the photograph and of the style, side by side on one colour scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import NetworkName
from pages.parts.app import theme
from pages.parts.curves import plot
from pages.parts.inside import feature_maps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nst_core.jobs.service import Inspection
    from nst_core.metrics.gram_order import GramArray
    from pages.parts.curves.charts import Figure

_CANVAS_PX = 380
_DECADES = 3
"""Powers of ten on the colour scale of the matrix itself; smaller values have the lowest colour."""


@dataclass(frozen=True)
class ValueScale:
    """One way to show a Gram matrix: its title, formula, explanation, and the unit of its colours."""

    title: str
    formula: str
    text: str
    unit: str = ""


SCALES = {
    "Cosine": ValueScale(
        "Cosines",
        r"C^\ell_{ij} = \frac{G^\ell_{ij}}{\sqrt{G^\ell_{ii}\,G^\ell_{jj}}}, \quad "
        r"G^\ell_{ij} = \frac{1}{HW}\sum_{p} F^\ell_{pi}\,F^\ell_{pj}",
        "The Gram matrix as correlations: the cosine between two channels' feature maps, 1 where they are always "
        "active together, 0 where never. Each channel's strength is divided out, so more than the diagonal is visible.",
    ),
    "Gram": ValueScale(
        "Gram matrix",
        r"G^\ell_{ij} = \frac{1}{HW}\sum_{p} F^\ell_{pi}\,F^\ell_{pj}",
        "How strongly two channels are active in the same places, wherever those are: the layout is lost, the texture "
        "stays. The slow method moves the photograph until the left matrix looks like the right one.",
        ", on a log scale",
    ),
}


def grams(network: NetworkName) -> None:
    """Show both matrices of a layer, as cosines or as they are, and their distance."""
    scale = str(
        st.segmented_control(
            "Scale", list(SCALES), default="Cosine", required=True, key="inside_scale", persist_state="session"
        )
    )
    st.latex(SCALES[scale].formula)
    layer = feature_maps.layer_slider(network, "block2_conv1")
    theme.description(SCALES[scale].text)
    feature_maps.show_when_answered(
        feature_maps.request("grams", layer, network, "content", "style"), lambda answer: _matrices(answer, scale)
    )


def _matrices(answer: Inspection, scale: str) -> None:
    import numpy as np

    channels = answer.facts["channels"]
    both = np.frombuffer(answer.blob, np.float32).reshape(2, len(channels), len(channels))
    figures, ends = heat_maps(both, channels, scale)
    for column, title, figure in zip(st.columns(2, gap="large"), ("Photograph", "Style"), figures, strict=True):
        with column:
            theme.section(title)
            alt = f"{SCALES[scale].title} of {len(channels)} channels of the {title.lower()}; brighter: more together"
            plot.chart(figure, key=f"inside_gram_{title}", alt=alt, file=f"nst-gram-{title.lower()}")
    low, high = (f"{end:.2g}" for end in ends)
    st.html(f'<p class="nst-scale"><span>{low}</span><i></i><span>{high}{SCALES[scale].unit}</span></p>')
    theme.description(
        f"The Gram matrices' distance is {answer.facts['relative']:.2g} times the style's own size; 0 would be the "
        f"same texture. Shown are {len(channels)} of {answer.facts['layer_channels']} channels, neighbours active "
        "together."
    )


def heat_maps(both: GramArray, channels: Sequence[int], scale: str) -> tuple[list[Figure], tuple[float, float]]:
    """A heat map for each matrix on one colour scale, and the values at the ends of that scale.

    Args:
        both: Gram matrices, [2, n, n].
        channels: the number of each of the n channels.
        scale: one of `SCALES`; the matrix itself is coloured by its logarithm.
    """
    import numpy as np

    from nst_core.metrics.gram_order import cosines

    if scale == "Cosine":
        return [_heat_map(one, one, channels, (0.0, 1.0)) for one in cosines(both)], (0.0, 1.0)
    top = np.log10(max(float(both.max()), 1e-12))
    span = (float(top - _DECADES), float(top))
    logs = np.log10(np.maximum(both, 10 ** span[0]))
    maps = [_heat_map(log, one, channels, span) for log, one in zip(logs, both, strict=True)]
    return maps, (10 ** span[0], 10 ** span[1])


def _heat_map(colours: GramArray, values: GramArray, channels: Sequence[int], span: tuple[float, float]) -> Figure:
    """A heat map of `colours` on the Viridis scale, which is even to most eyes; `values` are shown on hover."""
    trace = {
        "type": "heatmap",
        "z": [[round(float(value), 4) for value in row] for row in colours],
        "text": [[f"{value:.3g}" for value in row] for row in values],
        "x": channels,
        "y": channels,
        "zmin": span[0],
        "zmax": span[1],
        "colorscale": "Viridis",
        "showscale": False,
        "showlegend": False,
        "hovertemplate": "channels %{x} and %{y}: %{text}<extra></extra>",
    }
    axis = {"visible": False, "type": "category", "constrain": "domain"}
    layout = {
        "height": _CANVAS_PX,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": axis | {"constraintoward": "left"},
        "yaxis": axis | {"constraintoward": "top", "autorange": "reversed", "scaleanchor": "x"},
    }
    return {"data": [trace], "layout": layout}
