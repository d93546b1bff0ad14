"""The unpainted contestants: the photograph itself, and the style picture itself, fitted to the results' size.

They show what a measure is worth: one that prefers a copy to every painting tells how near a picture is to one of its
two sources, and not how good the painting is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nst_core.errors import NSTError
from pages.parts.app import service
from pages.parts.app.shared import shared
from pages.parts.compare import measures

if TYPE_CHECKING:
    from nst_core.jobs.service import Inspection, JobView
    from nst_core.picture.upload import Picture
    from nst_core.recipe import Recipe
    from nst_core.runs.inputs import RunInputs

TITLES = {"photograph": "Photograph itself", "style": "Style itself"}
ALTS = {"photograph": "The photograph that all methods paint", "style": "The style picture, fitted to the photograph"}
_QUALITY = 85


@dataclass(frozen=True)
class Copies:
    """The sources of a comparison at the size of its results.

    Attributes:
        photograph: the photograph.
        styles: all styles, each stretched to the photograph's shape, as the measures do.
        shares: the styles' weights.
        encoded: copy -> a WebP of it; of several styles, the one of the greatest weight.
    """

    photograph: Picture
    styles: tuple[Picture, ...]
    shares: tuple[float, ...]
    encoded: Mapping[str, bytes]


def of(views: Mapping[str, JobView | None]) -> Copies | None:
    """The copies of a comparison whose runs are over.

    None if the runs are not measured, have lost their pictures, or a picture is transparent: the measures of a run
    leave clear parts out, and an inspection, which measures a copy, does not.
    """
    view = next((view for view in views.values() if view and "size" in _measures(view)), None)
    try:
        return _made(view.id, *_measures(view)["size"], view.recipe) if view else None
    except NSTError:
        return None


def figures(copies: Copies) -> dict[str, dict[str, float]] | None:
    """The figures of both copies by the yardstick; None while the worker measures them, {} if it cannot."""
    answers = {name: _inspect(copies, name) for name in TITLES}
    if any(answer is not None and answer.state == "waiting" for answer in answers.values()):
        return None
    done = {name: answer.facts for name, answer in answers.items() if answer is not None and answer.state == "done"}
    return {name: measures.figures({"measures": facts}) for name, facts in done.items()}


def _inspect(copies: Copies, name: str) -> Inspection | None:
    """The measures of a copy; None if the networks are missing."""
    from nst_core.jobs.service import InspectionRequest

    pixels = copies.photograph if name == "photograph" else _main_style(copies.styles, copies.shares)
    longest = max(pixels.width, pixels.height)
    question = InspectionRequest("measures", longest_edge_px=longest, shares=copies.shares)
    try:
        return service.get().inspect(question, pixels, copies.photograph, *copies.styles)
    except NSTError:
        return None  # the status line shows it, and offers to try again


def _measures(view: JobView) -> Mapping[str, Any]:
    return (view.report or {}).get("measures") or {}


@shared(16)
def _made(job: str, width: int, height: int, _recipe: Recipe) -> Copies | None:
    return _fitted(service.get().inputs(job), _recipe, width, height)


def _fitted(inputs: RunInputs, recipe: Recipe, width: int, height: int) -> Copies | None:
    """The inputs of a run at a size in pixels; None if one is transparent."""
    import numpy as np

    from nst_core.picture.crop import preview_style
    from nst_core.picture.encode import to_webp
    from nst_core.picture.resize import resize
    from nst_core.picture.upload import Picture

    is_clear = any(picture.alpha is not None for picture in (inputs.content, *inputs.styles))
    if is_clear or len(inputs.styles) != len(recipe.styles):
        return None
    edge = max(width, height)
    parts = zip(inputs.styles, recipe.styles, strict=True)
    small = [inputs.content.preview(edge), *(preview_style(s, part.crop, part.rotation_deg, edge) for s, part in parts)]
    fitted = [resize(pixels, width, height) for pixels in small]
    bytes_ = [np.rint(pixels[0].clip(0, 1) * 255).astype(np.uint8) for pixels in fitted]
    photograph, *styles = map(Picture.from_pixels, bytes_)
    shares = tuple(style.weight for style in recipe.styles)
    shown = {"photograph": photograph, "style": _main_style(styles, shares)}
    encoded = {name: to_webp(picture.tensor(), _QUALITY) for name, picture in shown.items()}
    return Copies(photograph, tuple(styles), shares, encoded)


def _main_style(styles: tuple[Picture, ...] | list[Picture], shares: tuple[float, ...]) -> Picture:
    return styles[shares.index(max(shares))]
