"""What a run will cost, before it is started."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pages.parts.app.formatting import roughly
from pages.parts.inputs import mask_brush, style_weights
from pages.parts.inputs.selection import selected

if TYPE_CHECKING:
    from nst_core.recipe import Recipe


def line(recipes: Iterable[Recipe], page: str = "") -> str | None:
    """Time and memory of these runs, one after another: "about 2 min, 1.2 GB"; None where nothing was measured yet.

    Those of a page with a brush count what is painted.
    """
    from nst_core.runs import cost

    content = selected("content").load()
    size, styles = (content.width, content.height), style_weights.in_use()
    orders = [
        mask_brush.with_regions(recipe, styles)[:2] if page in mask_brush.PAGES else (recipe, tuple(styles))
        for recipe in recipes
    ]
    each = [cost.of(recipe, size, styles=len(used)) for recipe, used in orders]
    if not each or not all(one.calibrated for one in each):
        return None
    return in_words(sum(one.seconds for one in each), max(one.peak_mb for one in each))


def in_words(seconds: float, peak_mb: float) -> str:
    """A guess as people say it, with no more digits than a guess has."""
    return f"about {roughly(seconds)}, {max(peak_mb, 100) / 1000:.1f} GB"
