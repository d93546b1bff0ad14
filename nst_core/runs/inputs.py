"""The pictures and film of a run: named in its recipe by the job service, packed for the worker, unpacked as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import RecipeError
from nst_core.film.reading import Film
from nst_core.picture.coverage import covered
from nst_core.picture.crop import cropped_size
from nst_core.picture.decode import Bytes
from nst_core.picture.masks import Mask, Weights
from nst_core.picture.resize import check_shape
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, StylePicture, change
from nst_core.recipe.effects import check_aim
from nst_core.recipe.style_grid import cell_edge_px
from nst_core.runs.regions import check_regions
from nst_core.step import Pixels

ArrayRole = Literal["content", "alpha", "style", "start", "mask"]


@dataclass(frozen=True)
class ArraySpec:
    """The role and shape of an array of a run; masks are float32, all others uint8. An alpha follows its picture."""

    role: ArrayRole
    shape: tuple[int, ...]


@dataclass(frozen=True)
class RunInputs:
    """The checked pictures and masks of a run, and its film if its recipe is for one.

    Attributes:
        content: the photograph; of a film the first frame of its clip.
        styles: one picture for each style of the recipe.
        start: the picture that start "own" begins from.
        masks: one for each of the recipe's regions; those of a film are for its first frame.
        film: the film; it stays a file, since it may be larger than memory.
    """

    content: Picture
    styles: tuple[Picture, ...]
    start: Picture | None = None
    masks: tuple[Mask, ...] = ()
    film: Film | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What opening the pictures changed, as sentences; those of styles and start say whose they are."""
        named = [("the style" if len(self.styles) == 1 else f"style {n}", s) for n, s in enumerate(self.styles, 1)]
        named += [("the start picture", self.start)] if self.start else []
        return (*self.content.notes, *(f"{name}: {note}" for name, picture in named for note in picture.notes))

    @property
    def nbytes(self) -> int:
        """The size of all pixels and masks in memory, in bytes; a film is not in memory."""
        pictures = [self.content, *self.styles, *([self.start] if self.start else [])]
        return sum(picture.pixels.nbytes for picture in pictures) + sum(mask.weights.nbytes for mask in self.masks)

    def named_in(self, recipe: Recipe) -> Recipe:
        """The recipe with these pictures' hashes; it keeps the weights, crops and rotations of its styles, in order.

        The content of a film's recipe is the hash of the film's file.

        Raises RecipeError if it asks for other pictures, for more or fewer, for too small a part of a style, for a size
        at which the content cannot keep its shape, or if its masks have no effect.
        """
        self._check_medium(recipe)
        check_aim(recipe)
        check_shape(self.content.width, self.content.height, cell_edge_px(recipe))
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
        named = recipe.styles or [StylePicture(sha256=style.sha256) for style in self.styles]
        for style, name in zip(self.styles, named, strict=True):
            # refuse before the run waits in the queue
            cropped_size(style.width, style.height, name.crop, name.rotation_deg)
        complete = change(
            recipe,
            {
                "content": self.film.sha256 if self.film else self.content.sha256,
                "styles": [
                    {**name.model_dump(), "sha256": style.sha256}
                    for style, name in zip(self.styles, named, strict=True)
                ],
                "regions": [
                    {"mask": mask.sha256, "shares": list(region.shares)}
                    for mask, region in zip(self.masks, recipe.regions, strict=True)
                ],
                "start_picture": self.start.sha256 if self.start else None,
            },
        )
        check_regions(complete, [mask.weights for mask in self.masks])
        return complete

    def _check_medium(self, recipe: Recipe) -> None:
        if recipe.medium == "film" and self.film is None:
            raise RecipeError("a recipe for a film needs a film, got none; give one, or choose medium picture")
        if recipe.medium != "film" and self.film is not None:
            raise RecipeError(f"a film needs a recipe of medium film, got {recipe.medium}; choose film")

    def packed(self) -> tuple[tuple[ArraySpec, ...], tuple[memoryview, ...]]:
        """The role and shape of each picture and mask, and its values in memory order, without a copy."""
        arrays: list[tuple[ArrayRole, NDArray[Any]]] = []
        started = (self.start,) if self.start else ()
        for role, pictures in (("content", (self.content,)), ("style", self.styles), ("start", started)):
            for picture in pictures:
                arrays.append((cast(ArrayRole, role), picture.pixels))
                arrays += [("alpha", np.ascontiguousarray(picture.alpha))] if picture.alpha is not None else []
        arrays += [("mask", np.ascontiguousarray(mask.weights)) for mask in self.masks]
        return (
            tuple(ArraySpec(role, array.shape) for role, array in arrays),
            tuple(array.data.cast("B") for _, array in arrays),
        )


@dataclass(frozen=True)
class EngineInputs:
    """The inputs of a run in the form that the engines take.

    Attributes:
        content: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage if it has transparency; likewise `styles` and
            `start`.
        masks: each [H, W] in [0, 1].
        alpha: the content's transparency, uint8 [H, W] or None, for the result's file.
    """

    content: Pixels
    styles: tuple[Pixels, ...]
    start: Pixels | None
    masks: tuple[Weights, ...]
    alpha: Bytes | None


def unpacked(arrays: Sequence[ArraySpec], data: Sequence[bytes | memoryview]) -> EngineInputs:
    """The inputs that `RunInputs.packed` packed. Raises ValueError if the data does not fit the arrays."""
    by_role: dict[ArrayRole, list[Any]] = {"content": [], "style": [], "start": [], "mask": []}
    content_alpha: Bytes | None = None
    last = by_role["content"]
    for array, blob in zip(arrays, data, strict=True):
        dtype = np.float32 if array.role == "mask" else np.uint8
        values: Any = np.frombuffer(blob, dtype).reshape(array.shape)
        if array.role == "alpha":
            last[-1] = covered(last[-1], values.astype(np.float32) / np.float32(255))
            content_alpha = values if last is by_role["content"] else content_alpha
        else:
            last = by_role[array.role]
            last.append(values if array.role == "mask" else _pixels(values))
    (content,) = by_role["content"]
    start = next(iter(by_role["start"]), None)
    return EngineInputs(content, tuple(by_role["style"]), start, tuple(by_role["mask"]), content_alpha)


def _pixels(values: Any) -> Pixels:
    return values[None].astype(np.float32) / np.float32(255.0)  # type: ignore[no-any-return]
