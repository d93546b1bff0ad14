"""Enters the hashes of a run's pictures into its recipe, and checks the pictures of a resumed run against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe, change
from nst_core.runs.inputs import RunInputs

Shares = Sequence[Sequence[float]]
"""For each mask, the share of each style there."""


def named(recipe: Recipe, pictures: RunInputs, shares: Shares = ()) -> Recipe:
    """The recipe with the pictures' hashes, and with a region for each mask and its `shares` of the styles.

    Raises RecipeError if the pictures do not fit the recipe.
    """
    regions = _regions(pictures, shares)
    return pictures.named_in(change(recipe, {"regions": regions}) if regions else recipe)


def resumed(recipe: Recipe, pictures: RunInputs, shares: Shares = ()) -> Recipe:
    """The recipe of a checkpoint, after a check that its run began with the same pictures.

    A start picture may be left out. Raises CheckpointError if they differ.
    """
    start = pictures.start.sha256 if pictures.start else recipe.start_picture
    for name, saved, given in (
        ("content", recipe.content, pictures.content.sha256),
        ("styles", [s.sha256 for s in recipe.styles], [p.sha256 for p in pictures.styles]),
        ("start", recipe.start_picture, start),
        (
            "masks, with their shares,",
            [{"mask": r.mask, "shares": list(r.shares)} for r in recipe.regions],
            _regions(pictures, shares),
        ),
    ):
        if saved != given:
            raise CheckpointError(f"the checkpoint is of another run: its {name} must be the pictures it began with")
    return recipe


def _regions(pictures: RunInputs, shares: Shares) -> list[dict[str, Any]]:
    return [
        {"mask": mask.sha256, "shares": list(map(float, each))}
        for mask, each in zip(pictures.masks, shares, strict=True)
    ]
