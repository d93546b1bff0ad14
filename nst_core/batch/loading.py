"""Decodes the pictures of items; a picture that several items share is decoded once."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from nst_core.batch.items import BatchItem
from nst_core.picture.decode import Bytes
from nst_core.picture.masks import Mask
from nst_core.picture.reduce import reduced
from nst_core.picture.resize import size_for
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe
from nst_core.runs.inputs import RunInputs
from nst_core.runs.naming import named
from nst_core.runs.opening import SAMPLE, load_mask, load_picture, read_file
from nst_core.runs.runner import shares_pass
from nst_core.step import Pixels

PICTURES_BYTES = 160 * 2**20
"""Decoded pictures that are kept for the next items, in bytes; a single larger one is kept too."""
PIXELS_BYTES = 256 * 2**20
"""The same for pictures as arrays of float32."""

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class LoadedItem:
    """An item with its pictures.

    Attributes:
        item: what was asked for.
        key: see `Loader.key`.
        recipe: the item's recipe with the hashes of its pictures.
        inputs: the pictures.
        content: the photograph, [1, H, W, 3] in [0, 1]; at the size of the result if the method needs no more.
        styles: the styles as arrays, the same for all items that have them.
    """

    item: BatchItem
    key: str
    recipe: Recipe
    inputs: RunInputs = field(repr=False)
    content: Pixels = field(repr=False)
    styles: tuple[Pixels, ...] = field(repr=False)

    @property
    def alpha(self) -> Bytes | None:
        """The transparency of the content."""
        return self.inputs.content.alpha


class Loader:
    """Opens pictures and keeps the last ones. Thread-safe."""

    def __init__(self) -> None:
        self._fingerprints: dict[str, tuple[Hashable, str]] = {}
        self._pictures: _SizedCache[Picture] = _SizedCache(PICTURES_BYTES, lambda picture: picture.pixels.nbytes)
        self._pixels: _SizedCache[Pixels] = _SizedCache(PIXELS_BYTES, lambda pixels: pixels.nbytes)

    def key(self, item: BatchItem) -> str:
        """The hash of everything that decides how the result looks: settings, bytes of all pictures, file name.

        It needs no decoding, so that a batch of many finished pictures is resumed at once. Raises PictureError.
        """
        recipe = item.recipe.model_dump(mode="json", exclude={"provenance"})
        files = [self._fingerprint(name) for name in item.files]
        shares = [shares for _, shares in item.masks]
        facts = [recipe, files, len(item.styles), shares, item.name, *([item.quality] if item.quality else [])]
        facts += [f"every {item.every}"] if item.every else []
        text = json.dumps(facts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self, item: BatchItem) -> LoadedItem:
        """Open the pictures of an item. Raises PictureError or RecipeError."""
        content = self.picture(item.content)
        styles = tuple(self.picture(style) for style in item.styles)
        start = self.picture(item.start) if item.start else None
        masks: list[Mask] = [load_mask(name, content) for name, _ in item.masks]
        inputs = RunInputs(content, styles, start, tuple(masks))
        recipe = named(item.recipe, inputs, [shares for _, shares in item.masks])
        edge = recipe.longest_edge_px if _needs_no_more(recipe) else None
        return LoadedItem(
            item,
            self.key(item),
            recipe,
            inputs,
            content=self._tensor(content, edge),
            styles=tuple(self._tensor(style, None) for style in styles) if shares_pass(recipe) else (),
        )

    def picture(self, name: str) -> Picture:
        """Open a picture. Raises PictureError."""
        return self._pictures.get((name, self._fingerprint(name)), lambda: load_picture(name))

    def _tensor(self, picture: Picture, edge_px: int | None) -> Pixels:
        return self._pixels.get((picture.sha256, edge_px), lambda: _resized(picture, edge_px))

    def _fingerprint(self, name: str) -> str:
        """A hash of a file's bytes, or the name of a bundled picture. A file that has not changed is read once."""
        if name.startswith(SAMPLE):
            return name
        state = _state(name)
        known = self._fingerprints.get(name)
        if known is None or state is None or known[0] != state:
            known = (state, hashlib.sha256(read_file(name)).hexdigest())
            self._fingerprints[name] = known
        return known[1]


def _needs_no_more(recipe: Recipe) -> bool:
    """Whether the content at the size of the result is enough.

    Matching colours, and a strength other than 1, measure the photograph at its own size.
    """
    return shares_pass(recipe) and recipe.colour.colour_match == "none" and recipe.strength == 1


def _resized(picture: Picture, edge_px: int | None) -> Pixels:
    """`Picture.covered`; a photograph that is reduced takes a shorter way to it."""
    if edge_px is not None and edge_px < max(picture.width, picture.height) and picture.alpha is None:
        width, height = size_for(picture.width, picture.height, edge_px)
        if min(width, height) <= min(picture.width, picture.height):
            return reduced(picture.pixels, width, height)
    return picture.covered(edge_px)


def _state(name: str) -> Hashable | None:
    """Size and time of a file; None if it cannot be read."""
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino


class _SizedCache(Generic[V]):
    """The values used last, up to a total size. Values are made outside the lock, so that two are made at once."""

    def __init__(self, limit_bytes: int, size_of: Callable[[V], int]) -> None:
        self._limit, self._size_of = limit_bytes, size_of
        self._values: OrderedDict[Any, V] = OrderedDict()
        self._making: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key, made if it is not there; two threads that want the same one make it once."""
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
            try:
                value = make()
                with self._lock:
                    self._values[key] = value
                    while len(self._values) > 1 and sum(map(self._size_of, self._values.values())) > self._limit:
                        self._values.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return value
