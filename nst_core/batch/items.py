"""The pictures of a batch: which content is painted in which styles, with which settings, under which name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nst_core.batch import names
from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, StylePicture

Pairing = Literal["all", "zip", "mix"]
PAIRINGS: dict[Pairing, str] = {
    "all": "every content in every style",
    "zip": "the first content in the first style, the second in the second, and so on",
    "mix": "every content in all styles together",
}
"""Way to combine contents and styles -> what it makes."""
ENDINGS = {"png": ".png", "jpg": ".jpg", "webp": ".webp"}
"""Format of the results -> ending of their names."""


@dataclass(frozen=True)
class BatchItem:
    """One picture to paint.

    Attributes:
        name: the file name of the result.
        content: the photograph: a file, or `sample:KEY`.
        styles: the styles, named in the same way.
        recipe: every setting; the pictures' hashes are filled in later.
        start: the picture that start "own" begins from, or None.
        masks: file of each mask of the content, and the share of each style there.
        quality: of a JPEG or WebP; None for the default.
        every: the number of steps from one picture on the way to the next; None for none.
    """

    name: str
    content: str
    styles: tuple[str, ...]
    recipe: Recipe
    start: str | None = None
    masks: tuple[tuple[str, tuple[float, ...]], ...] = ()
    quality: int | None = None
    every: int | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All pictures that the item reads."""
        return (self.content, *self.styles, *([self.start] if self.start else []), *(name for name, _ in self.masks))


def paired(contents: Sequence[str], styles: Sequence[str], base: BatchItem, how: Pairing) -> tuple[BatchItem, ...]:
    """An item for each pair; its name is not final, see `with_distinct_names`.

    Args:
        contents: names of the photographs.
        styles: names of the styles.
        base: recipe, start and masks of every item. Settings of a single style in the recipe are for each style;
            those of several are for the styles in order.
        how: how to pair them.

    Raises:
        RecipeError: lists to zip have two lengths, or the recipe has settings of another number of styles.
    """
    if how == "zip" and len(contents) != len(styles):
        raise RecipeError(
            f"--pair zip needs as many styles as contents, got {len(styles)} styles for {len(contents)} contents"
        )
    settings = _style_settings(base.recipe, len(styles))
    pairs: Iterable[tuple[str, Sequence[int]]]
    if how == "zip":
        pairs = [(content, [number]) for number, content in enumerate(contents)]
    elif how == "mix":
        pairs = [(content, range(len(styles))) for content in contents]
    else:
        pairs = [(content, [number]) for content in contents for number in range(len(styles))]
    return tuple(
        replace(
            base,
            content=content,
            styles=tuple(styles[n] for n in chosen),
            recipe=base.recipe.model_copy(update={"styles": tuple(settings[n] for n in chosen) if settings else ()}),
        )
        for content, chosen in pairs
    )


def _style_settings(recipe: Recipe, count: int) -> tuple[StylePicture, ...]:
    """The settings of each of `count` styles; () for the defaults. Raises RecipeError."""
    if len(recipe.styles) in (0, count):
        return recipe.styles
    if len(recipe.styles) == 1:
        return recipe.styles * count
    raise RecipeError(
        f"the recipe must have settings of one style or of each of the {count} styles, got {len(recipe.styles)}"
    )


def with_distinct_names(items: Sequence[BatchItem], ending: str) -> tuple[BatchItem, ...]:
    """The items with file names that differ; an item whose name is set keeps it, if it is the first with it.

    Args:
        items: in their order.
        ending: of the results, such as ".png".
    """
    wanted = [(item.name or names.stem(item.content, item.styles), _identity(item)) for item in items]
    return tuple(replace(i, name=name) for i, name in zip(items, names.distinct(wanted, ending), strict=True))


def _identity(item: BatchItem) -> str:
    """What tells an item from others of the same name."""
    return repr((item.content, item.styles, item.start, item.masks, item.recipe.to_json()))
