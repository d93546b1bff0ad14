"""Strategies: JSON of any kind, recipes, and damaged data."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe, bounds, choices, excluded, is_whole, make, names
from nst_core.recipe.old_names import OLD_NAMES

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
"""Text with line breaks, characters of any script and lone surrogates, all of which JSON can contain."""
_KEYS = st.one_of(st.sampled_from([*names(), *OLD_NAMES, "objective", "provenance", "styles", "__class__"]), ANY_TEXT)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    ANY_TEXT,
    st.sampled_from(["block1_conv1", "0" * 64, "fast", "x" * 5000, "", "\0"]),
)
JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=8
)
"""Data as `json.loads` returns it, with names of settings among its keys; NaN and infinity too."""

_NUMERIC = [name for name in names() if bounds(name) != (None, None)]
_CHOSEN = [name for name in names() if choices(name)]


@st.composite
def _in_range(draw: st.DrawFn) -> tuple[str, Any]:
    """A setting with a value that its own range allows."""
    name = draw(st.sampled_from(_NUMERIC + _CHOSEN))
    if choices(name):
        return name, draw(st.sampled_from(choices(name)))
    low, high = bounds(name)
    ends = [end for end in (low, high) if end is not None]
    value = draw(st.integers(int(ends[0]), int(ends[-1])) if is_whole(name) else st.floats(ends[0], ends[-1]))
    return name, ends[0] + (ends[-1] - ends[0]) / 2 if value in excluded(name) else value


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """A valid recipe: a preset with a few settings changed."""
    preset = draw(st.sampled_from(sorted(PRESETS)))
    settings = dict(draw(st.lists(_in_range(), max_size=6)))
    try:
        return make(preset, settings)
    except RecipeError:  # settings that do not fit each other
        return make(preset)


@st.composite
def spoilt(draw: st.DrawFn, whole: Any) -> Any:
    """Plain data with one to four changes at any depth: a value replaced, removed, doubled or added."""
    data = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = data
        while isinstance(at, dict | list) and at:
            key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            if not isinstance(at[key], dict | list) or not at[key] or draw(st.integers(0, 2)) == 0:
                _change(draw, at, key)
                break
            at = at[key]
    return data


def _change(draw: st.DrawFn, at: Any, key: Any) -> None:
    match draw(st.sampled_from(["replace", "remove", "add", "copy"])):
        case "replace":
            at[key] = draw(JSON)
        case "remove":
            del at[key]
        case "add" if isinstance(at, dict):
            at[draw(_KEYS)] = draw(JSON)
        case _ if isinstance(at, dict):
            at[draw(st.sampled_from(sorted(at)))] = at[key]
        case _:
            at.append(at[key])


@st.composite
def damaged(draw: st.DrawFn, wholes: Sequence[bytes]) -> bytes:
    """Damaged bytes: cut off, or with bytes changed, removed, repeated or inserted."""
    data = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 2, 4, 8, 64])))
        match draw(st.sampled_from(["change", "change", "cut", "repeat"])):
            case "change":
                data[start:end] = draw(
                    st.binary(max_size=12) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7])
                )
            case "cut":
                del data[start:]
            case "repeat":
                data[start:start] = data[start:end]
    return bytes(data)
