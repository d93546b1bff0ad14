"""The table of the yardstick: each measure with its meaning and its better direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import streamlit as st

from pages.parts.app.formatting import with_unit

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Measure:
    """A measure's title, its meaning, and its better direction."""

    title: str
    meaning: str
    better: Better = "lower"


MEASURES: dict[str, Measure] = {
    "seconds": Measure("Time", "seconds of work, loading left out"),
    "memory": Measure("Memory", "most that the worker used, in MB"),
    "content": Measure("Content distance", "how far its shapes are from the photograph's; mean of two VGG-19 layers"),
    "style_gram": Measure("Style distance, Gram", "how far its texture is from the style's; mean of five layers"),
    "style_wasserstein2": Measure(
        "Style distance, Wasserstein",
        "how far its texture is from the style's, as the cost of turning one into the other",
    ),
    "tutorial_total": Measure("Tutorial total", "the objective of TensorFlow's tutorial: compares any two programs"),
    "total_variation": Measure("Total variation", "how much neighbours differ: low is smooth, high is busy", "neither"),
    "ssim": Measure("Likeness to the photograph", "structural similarity (SSIM): 1 is the photograph itself", "higher"),
    "colour": Measure("Colour distance", "how far its colours are from the style's"),
}
_ARROWS = {"lower": "lower is better", "higher": "higher is better", "neither": "neither is better"}


def figures(report: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a run's report by name; a layer's figure is named `measure/layer`."""
    flat: dict[str, float] = {}
    if "run" in report.get("seconds", {}):
        flat["seconds"] = float(report["seconds"]["run"])
    if report.get("peak_rss_mb"):
        flat["memory"] = float(report["peak_rss_mb"])
    measured = dict(report.get("measures") or {})
    measured.pop("size", None)
    for name in (
        *(known for known in MEASURES if known in measured),
        *(name for name in measured if name not in MEASURES),
    ):
        value = measured[name]
        if isinstance(value, Mapping) and value:
            flat[name] = sum(value.values()) / len(value)
            flat |= {f"{name}/{layer}": float(figure) for layer, figure in value.items()}
        elif value is not None and not isinstance(value, Mapping):
            flat[name] = float(value)
    return flat


def table(columns: Mapping[str, Mapping[str, float]]) -> None:
    """Show one row a measure and one column a run, the best figure bold; layers are behind an expander."""
    names = list(dict.fromkeys(name for figures_ in columns.values() for name in figures_))
    layers = [name for name in names if "/" in name]
    _rows(columns, [name for name in names if "/" not in name])
    if layers:
        with st.expander("Layer by layer", icon=":material/layers:"):
            _rows(columns, layers)


def _rows(columns: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> None:
    head = "".join(f'<th scope="col" class="num">{escape(title)}</th>' for title in columns)
    rows = "".join(_row(name, [figures_.get(name) for figures_ in columns.values()]) for name in names)
    st.html(
        '<div class="nst-scroll"><table class="nst-table"><thead><tr><th scope="col">Measure</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(name: str, values: list[float | None]) -> str:
    head, _, layer = name.partition("/")
    measure = MEASURES.get(head, Measure(head.replace("_", " ").capitalize(), "", "neither"))
    given = [value for value in values if value is not None]
    best = {"lower": min, "higher": max}.get(measure.better, lambda _: None)(given) if len(set(given)) > 1 else None
    cells = "".join(_cell(value, is_best=value is not None and value == best) for value in values)
    suffix = f" · {layer}" if layer else ""
    words = _ARROWS[measure.better] if layer else "; ".join(filter(None, (measure.meaning, _ARROWS[measure.better])))
    return f'<tr><th scope="row">{escape(measure.title + suffix)}<small>{escape(words)}</small></th>{cells}</tr>'


def _cell(value: float | None, *, is_best: bool) -> str:
    text = "–" if value is None else with_unit(value)
    mark = ' <span aria-label="best">✓</span>' if is_best else ""
    return f'<td class="num{" best" if is_best else ""}">{text}{mark}</td>'
