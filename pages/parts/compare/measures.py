"""The table of the yardstick: each measure with its meaning, its better direction, and its winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import streamlit as st

from pages.parts.app import theme
from pages.parts.app.formatting import with_unit
from pages.parts.app.web import Html

Better = Literal["lower", "higher", "neither"]
Columns = Mapping[str, Mapping[str, float]]
"""Title of a picture -> its figures by name."""


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
_SIGNS: dict[Better, int] = {"lower": -1, "higher": 1, "neither": 0}
_COSTS = ("seconds", "memory")
"""Measures of the work, not of the picture."""
COPY_WORDS = (
    "Where a copy wins, the photograph or the style picture itself has a better figure than every painting: that "
    "measure tells how near a picture is to one of its two sources, and not how good the painting is."
)


@dataclass(frozen=True)
class Verdict:
    """Which columns of a measure are best.

    Attributes:
        best: the paintings with the best figure; none if all are equal, or no figure is better than another.
        copies: the unpainted pictures whose figure is better than that of every painting.
    """

    best: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


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


def verdict(name: str, paintings: Columns, copies: Columns) -> Verdict:
    """Which paintings and copies are best by a measure, or by one layer of it."""
    sign = _SIGNS[_measure(name).better]
    ranked = {title: sign * values[name] for title, values in paintings.items() if name in values}
    if not sign or not ranked:
        return Verdict()
    top = max(ranked.values())
    best = tuple(title for title, value in ranked.items() if value == top)
    better = tuple(title for title, values in copies.items() if name in values and sign * values[name] > top)
    return Verdict(best if len(best) < len(ranked) else (), better)


def won(paintings: Columns) -> dict[str, tuple[int, int]]:
    """Painting -> by how many measures of the picture it is best, and how many have a best one."""
    verdicts = [verdict(name, paintings, {}) for name in MEASURES if name not in _COSTS]
    decided = [found for found in verdicts if found.best]
    return {title: (sum(title in found.best for found in decided), len(decided)) for title in paintings}


def agreed(preferred: Mapping[str, float], other: Mapping[str, float]) -> dict[str, bool]:
    """Measure -> whether the preferred picture has the better figure; without measures that have no better one."""
    both = [name for name in MEASURES if name not in _COSTS and name in preferred and name in other]
    signed = {name: _SIGNS[MEASURES[name].better] * (preferred[name] - other[name]) for name in both}
    return {name: value > 0 for name, value in signed.items() if value}


def table(paintings: Columns, copies: Columns | None = None) -> None:
    """Show one row a measure and one column a picture, the best painting marked; layers are behind an expander.

    Args:
        paintings: title -> figures of a run.
        copies: title -> figures of an unpainted picture; a copy that is better than every painting is marked too.
    """
    copies = copies or {}
    names = list(dict.fromkeys(name for values in paintings.values() for name in values))
    layers = [name for name in names if "/" in name]
    _rows(paintings, copies, [name for name in names if "/" not in name])
    if any(verdict(name, paintings, copies).copies for name in names):
        theme.description(COPY_WORDS)
    if layers:
        with st.expander("Layer by layer", icon=":material/layers:"):
            _rows(paintings, copies, layers)


def _measure(name: str) -> Measure:
    head = name.partition("/")[0]
    return MEASURES.get(head, Measure(head.replace("_", " ").capitalize(), "", "neither"))


def _rows(paintings: Columns, copies: Columns, names: Sequence[str]) -> None:
    head = "".join(f'<th scope="col" class="num">{escape(title)}</th>' for title in (*paintings, *copies))
    rows = "".join(_row(name, paintings, copies) for name in names)
    st.html(
        Html(
            '<div class="nst-scroll" role="region" aria-label="Measures" tabindex="0">'
            f'<table class="nst-table nst-measures" style="--columns:{len(paintings) + len(copies)}"><thead>'
            f'<tr><th scope="col">Measure</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    )


def _row(name: str, paintings: Columns, copies: Columns) -> str:
    measure, layer, found = _measure(name), name.partition("/")[2], verdict(name, paintings, copies)
    cells = "".join(
        _cell(values.get(name), is_best=title in found.best, is_copy=title in found.copies)
        for title, values in (*paintings.items(), *copies.items())
    )
    suffix = f" · {layer}" if layer else ""
    words = _ARROWS[measure.better] if layer else "; ".join(filter(None, (measure.meaning, _ARROWS[measure.better])))
    return f'<tr><th scope="row">{escape(measure.title + suffix)}<small>{escape(words)}</small></th>{cells}</tr>'


def _cell(value: float | None, *, is_best: bool, is_copy: bool) -> str:
    text = "–" if value is None else with_unit(value)
    mark = ' <span role="img" aria-label="best painting">✓</span>' if is_best else ""
    mark += ' <span class="nst-copy">copy wins</span>' if is_copy else ""
    return f'<td class="num{" best" if is_best else ""}">{text}{mark}</td>'
