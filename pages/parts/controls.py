"""Settings of a run as widgets: what matters first, the rest behind Advanced.

Ranges, choices and meanings come from the recipe.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.recipe import Recipe

_SIZES_PX = (128, 192, 256, 384, 512, 640, 768, 1024)
_STEPS = (10, 25, 50, 100, 150, 200, 300, 500, 1000, 2000, 5000)
_TIMES = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_READ_AT_PX = (128, 192, 256, 384, 512)
_RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
_STARTS = {"content": "the photograph", "noise": "noise", "fast": "the fast result"}


def slow(page: str, **fixed: Any) -> Recipe:
    """The slow method's settings."""
    titles = {name: name.replace("-", " ").capitalize() for name in recipes.PRESETS}
    preset = st.segmented_control(
        "Preset",
        titles,
        format_func=titles.get,
        default="painterly",
        required=True,
        key=f"{page}_preset",
        persist_state="session",
    )
    base = recipes.make(preset or "painterly")
    key = f"{page}_{base.preset}"
    left, middle, right = st.columns(3)
    with left:
        longest_edge_px = _pick("Size", "longest_edge_px", _SIZES_PX, base.longest_edge_px, key, unit=" px")
    with middle:
        steps = _pick("Steps", "steps", _STEPS, base.steps, key)
    with right:
        style_weight = _times("Strength", "style_weight", base.objective.style_weight, key)
    with st.expander("Advanced", icon=":material/tune:"):
        rest = _advanced(base, key)
    return recipes.make(
        base.preset, {"longest_edge_px": longest_edge_px, "steps": steps, "style_weight": style_weight} | rest | fixed
    )


def fast(page: str, **fixed: Any) -> Recipe:
    """The fast method's settings."""
    base = recipes.make(settings={"method": "fast"})
    longest_edge_px = _pick("Size", "longest_edge_px", _SIZES_PX, base.longest_edge_px, page, unit=" px")
    with st.expander("Advanced", icon=":material/tune:"):
        style_edge_px = _pick("Style read at", "style_edge_px", _READ_AT_PX, base.style_edge_px, page, unit=" px")
    return recipes.make(
        settings={"method": "fast", "longest_edge_px": longest_edge_px, "style_edge_px": style_edge_px} | fixed
    )


def fast_like(slow_recipe: Recipe) -> Recipe:
    """The fast method at the size of a slow recipe, so that their results can be compared."""
    return recipes.make(settings={"method": "fast", "longest_edge_px": slow_recipe.longest_edge_px})


def _advanced(base: Recipe, key: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "content_weight": _times("Content strength", "content_weight", base.objective.content_weight, key),
        "tv_weight": _times("Smoothness", "tv_weight", base.objective.tv_weight, key),
        "learning_rate": _pick(
            "Learning rate", "learning_rate", (0.005, 0.01, 0.02, 0.03, 0.05, 0.1), base.minimiser.learning_rate, key
        ),
        "start": _choice("Start from", "start", key, base.start, _STARTS),
        "pooling": _choice("Pooling", "pooling", key, base.objective.pooling),
        "precision": _choice("Precision", "precision", key, base.precision),
    }
    low, high = (int(bound or 0) for bound in recipes.bounds("seed"))
    seed = st.number_input("Seed", low, high, base.seed, key=f"{key}_seed", help=_help("seed"), persist_state="session")
    return values | {"seed": int(seed)}


def _pick(title: str, name: str, options: Iterable[float], default: float, key: str, *, unit: str = "") -> Any:  # noqa: PLR0913
    """A slider over sensible values of a setting: those in its range, and its default."""
    low, high = recipes.bounds(name)
    inside = sorted({o for o in (*options, default) if (low is None or o >= low) and (high is None or o <= high)})
    return st.select_slider(
        title,
        inside,
        default,
        format_func=lambda value: f"{value:g}{unit}",
        key=f"{key}_{name}",
        help=_help(name),
        persist_state="session",
    )


def _times(title: str, name: str, default: float, key: str) -> float:
    """A slider of multiples of a weight's default: what a weight means is how it compares with the others."""
    _, high = recipes.bounds(name)
    inside = [t for t in _TIMES if high is None or t * default <= high]
    times = st.select_slider(
        title,
        inside,
        1.0,
        format_func=lambda t: "off" if t == 0 else f"× {t:g}",
        key=f"{key}_{name}",
        help=f"{_help(name)} × 1 is {default:g}.",
        persist_state="session",
    )
    return float(times * default)


def _choice(title: str, name: str, key: str, default: str, words: dict[str, str] | None = None) -> str:
    words = words or {}
    return str(
        st.segmented_control(
            title,
            recipes.choices(name),
            default=default,
            required=True,
            format_func=lambda value: words.get(value, value),
            key=f"{key}_{name}",
            help=_help(name),
            persist_state="session",
        )
    )


def _help(name: str) -> str:
    text = recipes.describe(name)
    return f"{text[:1].upper()}{text[1:]}."
