"""The pictures of a run: named in its recipe by the desk, carried over the wire, unpacked by the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import RecipeError
from nst_core.picture.crop import framed_size
from nst_core.picture.decode import Bytes
from nst_core.picture.masks import Mask, Weights
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, StylePicture, change
from nst_core.step import Pixels


@dataclass(frozen=True)
class RunInputs:
    """What a run is made of, past the door.

    Attributes:
        start: the picture of start "own".
        masks: one for each of the recipe's regions.
    """

    content: Picture
    styles: tuple[Picture, ...]
    start: Picture | None = None
    masks: tuple[Mask, ...] = ()

    def named_in(self, recipe: Recipe) -> Recipe:
        """The recipe with these pictures' hashes; weights, crops and rotations of its styles stay, in their order.

        Raises RecipeError if it asks for other pictures, for more or fewer, or for too small a part of a style.
        """
        if recipe.styles and len(recipe.styles) != len(self.styles):
            raise RecipeError(f"the recipe names {len(recipe.styles)} styles, got {len(self.styles)} pictures")
        if len(recipe.regions) != len(self.masks):
            raise RecipeError(f"the recipe has {len(recipe.regions)} regions, got {len(self.masks)} masks")
        if recipe.start == "own" and self.start is None:
            raise RecipeError("start own needs a picture to start from, got none; give one, or start from the content")
        if recipe.start != "own" and self.start is not None:
            raise RecipeError(
                f"a start picture is for start own, got start {recipe.start}; choose own, or leave it out"
            )
        looks = recipe.styles or [StylePicture(sha256=style.sha256) for style in self.styles]
        for style, look in zip(self.styles, looks, strict=True):
            framed_size(style.width, style.height, look.crop, look.rotation_deg)  # better here than in the line
        return change(
            recipe,
            {
                "content": self.content.sha256,
                "styles": [
                    {**look.model_dump(), "sha256": style.sha256}
                    for style, look in zip(self.styles, looks, strict=True)
                ],
                "regions": [
                    {"mask": mask.sha256, "shares": list(region.shares)}
                    for mask, region in zip(self.masks, recipe.regions, strict=True)
                ],
                "start_picture": self.start.sha256 if self.start else None,
            },
        )

    def packed(self) -> tuple[list[dict[str, Any]], list[memoryview]]:
        """A head for each picture, its role and shape, and its values as they lie in memory."""
        arrays: list[tuple[str, NDArray[Any]]] = [("content", self.content.pixels)]
        arrays += [("alpha", np.ascontiguousarray(self.content.alpha))] if self.content.alpha is not None else []
        arrays += [("style", style.pixels) for style in self.styles]
        arrays += [("start", self.start.pixels)] if self.start else []
        arrays += [("mask", np.ascontiguousarray(mask.weights)) for mask in self.masks]
        return (
            [{"role": role, "shape": list(array.shape)} for role, array in arrays],
            [array.data.cast("B") for _, array in arrays],
        )


@dataclass(frozen=True)
class EngineInputs:
    """The same as the engines want them: pictures [1, H, W, 3] in [0, 1], masks [H, W] in [0, 1].

    The content's `alpha`, uint8 [H, W] or None, is for the result alone.
    """

    content: Pixels
    styles: tuple[Pixels, ...]
    start: Pixels | None
    masks: tuple[Weights, ...]
    alpha: Bytes | None


def unpacked(heads: Sequence[Mapping[str, Any]], blobs: Sequence[bytes]) -> EngineInputs:
    """What `Pictures.packed` packed."""
    by_role: dict[str, list[Any]] = {"content": [], "alpha": [], "style": [], "start": [], "mask": []}
    for head, blob in zip(heads, blobs, strict=True):
        kind = np.float32 if head["role"] == "mask" else np.uint8
        values = np.frombuffer(blob, kind).reshape(head["shape"])
        by_role[head["role"]].append(values if head["role"] in ("mask", "alpha") else _pixels(values))
    (content,) = by_role["content"]
    start, alpha = (next(iter(by_role[role]), None) for role in ("start", "alpha"))
    return EngineInputs(content, tuple(by_role["style"]), start, tuple(by_role["mask"]), alpha)


def _pixels(values: Any) -> Pixels:
    return values[None].astype(np.float32) / np.float32(255.0)  # type: ignore[no-any-return]
