"""Colour preservation on a result: a slider that restores the photograph's colours without a new run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core import recipe as recipes
from nst_core.recipe.style_grid import grid_shape
from pages.parts.app.session_values import SessionValue

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from nst_core.picture.colour import Space
    from nst_core.step import Pixels

PREVIEW_EDGE_PX = 768
"""Longest edge of the preview: about the size of a page's frame; it takes a tenth of a second."""
_QUALITY = 88
_STRENGTH = SessionValue[float]("colours", "strength")
"""The slider's value, by page and run."""


def slider(view: JobView, page: str, *, disabled: bool = False) -> None:
    """Show the slider, unless the run itself has restored all colours, or matched only lightness."""
    if _least(view) >= 1 or view.recipe.colour.colour_match == "luminance":
        return
    st.slider(
        "Colours of the photograph",
        _least(view),
        1.0,
        step=0.05,
        format="percent",
        key=_STRENGTH.key(page, view.id),
        disabled=disabled,
        help="The share of the photograph's colours that returns, on the page and in the files.",
        persist_state="session",
    )


def strength_of(view: JobView, page: str) -> float:
    """The slider's value. A download's callback must receive it as an argument, because it cannot read the session."""
    value = _STRENGTH.get(page, view.id)
    return _least(view) if value is None else float(value)


def copy_strength(page: str, source: str | None, target: str) -> None:
    """Set the slider of the run `target` to the value for the run `source`, if it was moved there."""
    value = _STRENGTH.get(page, source)
    if value is not None:
        _STRENGTH.put(value, page, target)


def is_repainted(view: JobView, strength: float) -> bool:
    """Whether the files must be made for this strength; otherwise the run's own files are used."""
    return _extra(view, strength) > 0


def preview(view: JobView, strength: float) -> bytes | None:
    """The newest picture of a run with these colours, for the page: a JPEG, or a WebP with transparency."""
    extra = _extra(view, strength)
    if not extra or view.snapshot is None or not view.content:
        return view.snapshot
    return _preview(view.snapshot, view.content, extra, view.recipe.colour.colour_space, _cells(view))


def png(view: JobView, strength: float) -> bytes:
    """The result with these colours at full size, with its recipe inside."""
    if not is_repainted(view, strength) or view.result is None:
        return view.result or b""
    from nst_core.picture.encode import to_png
    from nst_core.picture.encoded import read_alpha

    return to_png(_pixels(view, view.result, strength), recipe(view, strength), read_alpha(view.result))


def webp(view: JobView, strength: float) -> bytes:
    """The result with these colours as a WebP, with its transparency and its recipe inside."""
    if view.result is None:
        return b""
    from nst_core.picture.encode import to_webp
    from nst_core.picture.encoded import read_alpha

    pixels = _pixels(view, view.result, strength)
    return to_webp(pixels, _QUALITY, read_alpha(view.result), recipe_json=recipe(view, strength))


def jpeg(view: JobView, strength: float) -> bytes:
    """The result with these colours as a JPEG; transparent parts are white."""
    if view.result is None or not (is_repainted(view, strength) or is_clear(view)):
        return view.snapshot or b""
    from nst_core.picture.encode import to_jpeg
    from nst_core.picture.encoded import read_alpha

    return to_jpeg(_pixels(view, view.result, strength), _QUALITY, read_alpha(view.result))


def is_clear(view: JobView) -> bool:
    """Whether the result has transparent parts: its snapshots are then no JPEG."""
    return view.snapshot is not None and view.snapshot[8:12] == b"WEBP"


def recipe(view: JobView, strength: float) -> str:
    """The recipe of the run with this colour preservation, as JSON."""
    return recipes.change(view.recipe, {"colour_preservation": max(strength, _least(view))}).to_json()


def _least(view: JobView) -> float:
    """The run's own colour preservation, which cannot be undone in its result."""
    return view.recipe.colour.colour_preservation


def _extra(view: JobView, strength: float) -> float:
    from nst_core.runs.recolour import extra_strength

    return extra_strength(view.recipe, strength)


def _cells(view: JobView) -> tuple[int, int]:
    return grid_shape(view.recipe, len(view.recipe.styles))


def _pixels(view: JobView, result: bytes, strength: float) -> Pixels:
    """The result with these colours at full size, [1, H, W, 3] in [0, 1]."""
    from nst_core.runs.recolour import recolour

    space = view.recipe.colour.colour_space
    return recolour(result, view.content or b"", _extra(view, strength), space, _cells(view))


@st.cache_resource(show_spinner=False, max_entries=48)
def _preview(snapshot: bytes, content: bytes, extra: float, space: Space, cells: tuple[int, int]) -> bytes:
    from nst_core.picture.encode import to_snapshot
    from nst_core.picture.encoded import read_alpha
    from nst_core.runs.recolour import recolour

    return to_snapshot(
        recolour(snapshot, content, extra, space, cells, PREVIEW_EDGE_PX), _QUALITY, read_alpha(snapshot)
    )
