"""A widget for one setting, whatever its type. Ranges, choices and meanings come from the recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nst_core import recipe as recipes
from nst_core.recipe.display import WEIGHT_MULTIPLES, multiple_label, weight_multiple

_SHARES = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def slide(  # noqa: PLR0913 - each is one visible property
    title: str,
    name: str,
    values: Iterable[float],
    default: float | None,
    key: str,
    *,
    unit: str = "",
    unset: str = "",
) -> Any:
    """A slider over sensible values of a setting: those in its range, its default, and none if it may be unset.

    Args:
        title: the label.
        name: the setting, or a layer's share such as `style_layers.block1_conv1`.
        values: what the slider offers.
        default: where it stands at first; None is unset.
        key: the widget's prefix.
        unit: written behind each value.
        unset: what no value is called; needed where the setting is optional.
    """
    given = {value for value in (*values, default) if value is not None}
    inside = sorted(value for value in given if recipes.allows(name, value))
    return st.select_slider(
        title,
        [None, *inside] if recipes.is_optional(name) else inside,
        default,
        format_func=lambda value: unset if value is None else f"{value:g}{unit}",
        key=f"{key}_{name}",
        help=None if "." in name else meaning(name),  # a layer's share is explained with the layers
        persist_state="session",
    )


def times(
    title: str, name: str, base: float, key: str, *, on_change: Callable[[], None] | Literal["rerun"] = "rerun"
) -> float:
    """A slider of multiples of a weight: what a weight means is how it compares with the others.

    Args:
        title: the label.
        name: the setting.
        base: what it is now, where the slider stands; if that is 0 it stands at "off", and × 1 is the usual weight.
        key: the widget's prefix.
        on_change: called before the page runs again.
    """
    chosen = st.select_slider(
        title,
        [t for t in WEIGHT_MULTIPLES if recipes.allows(name, weight_multiple(name, base, t))],
        1.0 if base else 0.0,
        format_func=multiple_label,
        key=f"{key}_{name}",
        help=f"{meaning(name)} × 1 is {weight_multiple(name, base, 1):g}.",
        on_change=on_change,
        persist_state="session",
    )
    return weight_multiple(name, base, chosen)


def degree(title: str, name: str, default: float, key: str) -> float:
    """A setting that is a share, as a slider in percent."""
    low, high = (float(bound or 0) for bound in recipes.bounds(name))
    return percent(title, f"{key}_{name}", default, (low, high), step=0.05, meaning=meaning(name))


def percent(  # noqa: PLR0913 - each is one visible property
    title: str, key: str, default: float, ends: tuple[float, float], *, step: float, meaning: str | None = None
) -> float:
    """A slider of shares, which other widgets may move by setting its key in the session before it is drawn."""
    value = None if key in st.session_state else default  # a default beside a value that was set is a warning
    return st.slider(title, *ends, value, step=step, format="percent", key=key, help=meaning, persist_state="session")


def choose(title: str, name: str, default: str, key: str, *, words: Mapping[str, str] | None = None) -> str:
    """The choices of a setting; `words` says what some of them are called."""
    words = words or {}
    options = recipes.choices(name)
    return str(
        st.selectbox(
            title,
            options,
            options.index(default),
            format_func=lambda value: words.get(value, value),
            key=f"{key}_{name}",
            help=meaning(name),
            filter_mode=None,  # nothing to type: no keyboard on a phone
            persist_state="session",
        )
    )


def switch(title: str, name: str, default: bool, key: str) -> bool:
    """A setting that is on or off."""
    return st.toggle(title, default, key=f"{key}_{name}", help=meaning(name), persist_state="session")


def number(title: str, name: str, default: int, key: str) -> int:
    """A whole number that has no sensible values of its own, such as a seed."""
    low, high = (int(bound or 0) for bound in recipes.bounds(name))
    return int(
        st.number_input(title, low, high, default, key=f"{key}_{name}", help=meaning(name), persist_state="session")
    )


def layers(title: str, name: str, base: Mapping[str, float], known: Iterable[str], key: str) -> dict[str, float]:
    """Which layers are in use, and a slider for the share of each.

    Args:
        title: the label.
        name: the setting, `content_layers` or `style_layers`.
        base: layers and shares to begin with; those the network does not have are left out.
        known: the network's layers, in order.
        key: the widget's prefix.
    """
    known = tuple(known)
    used = st.multiselect(
        title,
        known,
        [layer for layer in known if layer in base],
        key=f"{key}_{name}",
        help=meaning(name),
        persist_state="session",
    )
    usual = median(base.values()) if base else 1.0
    shares = {}
    place = places()
    for layer in (layer for layer in known if layer in used):
        with next(place):
            shares[layer] = slide(layer, f"{name}.{layer}", _SHARES, base.get(layer, usual), key)
    return shares


def places() -> Iterator[DeltaGenerator]:
    """Places for knobs, one after another: two in a row, and on a phone one below the other in the same order."""
    while True:
        yield from st.columns(2)


def meaning(name: str) -> str:
    """A setting's help."""
    text = recipes.describe(name)
    return f"{text[:1].upper()}{text[1:]}."
