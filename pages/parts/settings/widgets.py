"""One widget for each type of setting. Ranges, choices and help texts come from the recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nst_core import recipe as recipes
from nst_core.recipe.display import WEIGHT_MULTIPLES, multiple_label, weight_multiple
from pages.parts.app.shared import shared

_SHARES = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def value_slider(  # noqa: PLR0913 - each is one visible property
    title: str,
    name: str,
    values: Iterable[float],
    default: float | None,
    key: str,
    *,
    unit: str = "",
    unset: str = "",
) -> Any:
    """A slider over the `values` in a setting's range, its default, and None if the setting is optional.

    Args:
        title: the label.
        name: the setting, or a layer's share such as `style_layers.block1_conv1`.
        values: the offered values.
        default: the initial value; None is unset.
        key: prefix of the widget's key.
        unit: written behind each value.
        unset: the label of None; needed for optional settings.
    """
    given = {value for value in (*values, default) if value is not None}
    inside = list(_allowed(name, frozenset(given)))
    return st.select_slider(
        title,
        [None, *inside] if recipes.is_optional(name) else inside,
        default,
        format_func=lambda value: unset if value is None else f"{value:g}{unit}",
        key=f"{key}_{name}",
        help=None if "." in name else help_text(name),  # a layer's share is explained with the layers
        persist_state="session",
    )


@shared(256)
def _allowed(name: str, values: frozenset[float]) -> tuple[float, ...]:
    """Those of the values that lie in a setting's range, in order."""
    return tuple(sorted(value for value in values if recipes.allows(name, value)))


@shared(256)
def _multiples(name: str, reference: float) -> tuple[float, ...]:
    """The multiples of a weight that lie in its range."""
    return tuple(t for t in WEIGHT_MULTIPLES if recipes.allows(name, weight_multiple(name, reference, t)))


def multiple_slider(
    title: str, name: str, reference: float, key: str, *, on_change: Callable[[], None] | Literal["rerun"] = "rerun"
) -> float:
    """A slider over multiples of a weight, since only its ratio to the other weights matters; returns the weight.

    Args:
        title: the label.
        name: the setting.
        reference: the present weight, shown as × 1; if it is 0, the slider starts at "off" and × 1 is the usual weight.
        key: prefix of the widget's key.
        on_change: called before the page runs again.
    """
    chosen = st.select_slider(
        title,
        list(_multiples(name, reference)),
        1.0 if reference else 0.0,
        format_func=multiple_label,
        key=f"{key}_{name}",
        help=f"{help_text(name)} × 1 is {weight_multiple(name, reference, 1):g}.",
        on_change=on_change,
        persist_state="session",
    )
    return weight_multiple(name, reference, chosen)


def share_slider(title: str, name: str, default: float, key: str) -> float:
    """A slider in percent for a setting that is a share."""
    low, high = (float(bound or 0) for bound in recipes.bounds(name))
    return percent_slider(title, f"{key}_{name}", default, (low, high), step=0.05, help_text=help_text(name))


def percent_slider(  # noqa: PLR0913 - each is one visible property
    title: str, key: str, default: float, bounds: tuple[float, float], *, step: float, help_text: str | None = None
) -> float:
    """A slider over shares; other widgets may move it by setting its session key before it is drawn."""
    # Streamlit warns about a default for a value that was set already
    value = None if key in st.session_state else default
    return st.slider(
        title, *bounds, value, step=step, format="percent", key=key, help=help_text, persist_state="session"
    )


def choice(title: str, name: str, default: str, key: str, *, words: Mapping[str, str] | None = None) -> str:
    """A select box over a setting's choices; `words` has labels for some of them."""
    words = words or {}
    options = recipes.choices(name)
    return str(
        st.selectbox(
            title,
            options,
            options.index(default),
            format_func=lambda value: words.get(value, value),
            key=f"{key}_{name}",
            help=help_text(name),
            filter_mode=None,  # without text input, so that a phone shows no keyboard
            persist_state="session",
        )
    )


def toggle(title: str, name: str, default: bool, key: str) -> bool:
    """A switch for a setting that is on or off."""
    return st.toggle(title, default, key=f"{key}_{name}", help=help_text(name), persist_state="session")


def number_input(title: str, name: str, default: int, key: str) -> int:
    """An input for a whole number without preferred values, such as a seed."""
    low, high = (int(bound or 0) for bound in recipes.bounds(name))
    return int(
        st.number_input(title, low, high, default, key=f"{key}_{name}", help=help_text(name), persist_state="session")
    )


def layer_shares(
    title: str, name: str, base: Mapping[str, float], available: Iterable[str], key: str
) -> dict[str, float]:
    """A select box for the layers in use, and a slider for the share of each; returns the shares by layer.

    Args:
        title: the label.
        name: the setting, `content_layers` or `style_layers`.
        base: initial shares by layer; layers that the network does not have are ignored.
        available: the network's layers, in order.
        key: prefix of the widgets' keys.
    """
    available = tuple(available)
    used = st.multiselect(
        title,
        available,
        [layer for layer in available if layer in base],
        key=f"{key}_{name}",
        help=help_text(name),
        persist_state="session",
    )
    usual = median(base.values()) if base else 1.0
    shares = {}
    cells = grid_cells()
    for layer in (layer for layer in available if layer in used):
        with next(cells):
            shares[layer] = value_slider(layer, f"{name}.{layer}", _SHARES, base.get(layer, usual), key)
    return shares


def grid_cells() -> Iterator[DeltaGenerator]:
    """Containers for widgets: two in a row, and on a phone one below the other in the same order."""
    while True:
        yield from st.columns(2)


def help_text(name: str) -> str:
    """A setting's description as a sentence."""
    text = recipes.describe(name)
    return f"{text[:1].upper()}{text[1:]}."
