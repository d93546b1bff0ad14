"""Colours of the photograph that return to a picture already painted: a slider on the result, without a new run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.step import Pixels

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

SHOWN_EDGE_PX = 768
"""Longest edge of what the slider redraws: about what a page's frame shows, and a tenth of a second's work."""
_QUALITY = 88


def slider(view: JobView, page: str, *, disabled: bool = False) -> None:
    """How much of the photograph's colours the result shows; nothing where the run puts them back itself."""
    if _least(view) >= 1 or view.recipe.colour.colour_match == "luminance":
        return
    st.slider(
        "Colours of the photograph",
        _least(view),
        1.0,
        step=0.05,
        format="percent",
        key=_key(view, page),
        disabled=disabled,
        help="How much of them returns: in what is shown, and in what you take home.",
        persist_state="session",
    )


def strength_of(view: JobView, page: str) -> float:
    """What the slider says. To be asked while the page runs: a download is made outside of it."""
    return float(st.session_state.get(_key(view, page), _least(view)))


def is_repainted(view: JobView, degree: float) -> bool:
    """Whether that many colours take work; else the files are those of the run."""
    return _more(view, degree) > 0


def preview(view: JobView, degree: float) -> bytes | None:
    """The newest picture of a run with those colours, as a JPEG for the page."""
    more = _more(view, degree)
    if not more or view.snapshot is None or not view.content:
        return view.snapshot
    return _shown(view.snapshot, view.content, more, view.recipe.colour.colour_space, _cells(view))


def png(view: JobView, degree: float) -> bytes:
    """The result with those colours at full size, with the recipe that gives it."""
    more = _more(view, degree)
    if not more or view.result is None:
        return view.result or b""
    from nst_core.picture.encode import to_png

    return to_png(_painted(view, more), recipe(view, degree), _alpha(view.result))


def webp(view: JobView, degree: float) -> bytes:
    """The same as a WebP, with transparency and recipe too."""
    if view.result is None:
        return b""
    from nst_core.picture.encode import to_webp

    pixels = _painted(view, _more(view, degree))
    return to_webp(pixels, _QUALITY, _alpha(view.result), recipe_json=recipe(view, degree))


def jpeg(view: JobView, degree: float) -> bytes:
    """The same as a JPEG."""
    more = _more(view, degree)
    if not more or view.result is None:
        return view.snapshot or b""
    from nst_core.picture.encode import to_jpeg

    return to_jpeg(_painted(view, more), _QUALITY)


def recipe(view: JobView, degree: float) -> str:
    """The recipe of the run with those colours, as JSON."""
    return recipes.change(view.recipe, {"colour_preservation": max(degree, _least(view))}).to_json()


def _key(view: JobView, page: str) -> str:
    return f"kept_{page}_{view.id}"


def _least(view: JobView) -> float:
    """What the run itself has put back: that cannot be taken out of its picture again."""
    return view.recipe.colour.colour_preservation


def _more(view: JobView, degree: float) -> float:
    """How much to add to what the run has put back, since a mix of a mix is a mix."""
    least = _least(view)
    return max(0.0, (degree - least) / (1 - least)) if least < 1 else 0.0


def _cells(view: JobView) -> tuple[int, int]:
    from nst_core.runs.runner import layout

    return layout(view.recipe, len(view.recipe.styles))


def _painted(view: JobView, more: float) -> Pixels:
    """The result at full size, [1, H, W, 3] in [0, 1], with so much more of the photograph's colours."""
    painted = view.result or b""
    if not more:
        return _pixels(painted, None)
    return _recoloured(painted, view.content, more, view.recipe.colour.colour_space, _cells(view))


@st.cache_resource(show_spinner=False, max_entries=48)
def _shown(snapshot: bytes, content: bytes, more: float, space: str, cells: tuple[int, int]) -> bytes:
    from nst_core.picture.encode import to_jpeg

    return to_jpeg(_recoloured(snapshot, content, more, space, cells, SHOWN_EDGE_PX), _QUALITY)


def _recoloured(  # noqa: PLR0913 - hashable parts of a view, for the cache
    picture: bytes,
    content: bytes,
    more: float,
    space: str,
    cells: tuple[int, int],
    longest_edge_px: int | None = None,
) -> Pixels:
    from nst_core.picture.colour import keep
    from nst_core.runs.runner import original_of

    painted = _pixels(picture, longest_edge_px)
    original = original_of(painted, _pixels(content, longest_edge_px), cells)
    return keep(painted, original, more, space)  # type: ignore[arg-type]


def _pixels(encoded: bytes, longest_edge_px: int | None) -> Pixels:
    """One of our own encoded pictures, made smaller if it is larger than that."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(encoded)) as image:
        small = image.convert("RGB")
        if longest_edge_px:
            small.thumbnail((longest_edge_px, longest_edge_px))
        return np.asarray(small, np.float32)[None] / np.float32(255)


def _alpha(encoded: bytes) -> Any:
    """The alpha channel of one of our own PNGs, uint8 [H, W], or None."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.getchannel("A")) if "A" in image.getbands() else None
