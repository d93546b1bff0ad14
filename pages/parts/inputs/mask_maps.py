"""Regions painted in the browser, as the masks of a run: plain functions on a map of labels.

A painted map has one label for each pixel: 0 where nothing is painted, else the number of a style. It travels as runs,
[label, length, label, length, ...] in reading order, which need no decoder and can hold nothing but labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import PictureError
from nst_core.picture.crop import came_from, framed_size
from nst_core.picture.masks import Mask, Weights, feather
from nst_core.picture.resize import size_for
from pages.parts.inputs.framing import Frame

Labels = NDArray[np.uint8]
"""[H, W], 0 for unpainted."""

MAP_EDGE_PX = 512
"""Longest edge of a painted map: finer than a brush, and enlarged softly for larger results."""
MOST_LABELS = 4


@dataclass(frozen=True)
class Painting:
    """What is painted on one photograph.

    Attributes:
        labels: the map, [H, W].
        slots: the style that label 1, 2, 3, 4 stands for, by its place on the page; "" is free.
        version: how often something else than the brush has changed it: what a browser painted before is stale.
    """

    labels: Labels = field(repr=False, compare=False)
    slots: tuple[str, ...] = ("",) * MOST_LABELS
    version: int = 0


def blank(width: int, height: int) -> Painting:
    """Nothing painted on a photograph that large, in pixels."""
    across, down = map_size(width, height)
    return Painting(np.zeros((down, across), np.uint8))


def with_styles(painting: Painting, places: Sequence[str]) -> Painting:
    """The painting for the styles at these places, four at most: each has a label for as long as it is there.

    What was painted of a style that has gone is unpainted.
    """
    gone = [label for label, place in enumerate(painting.slots, 1) if place and place not in places]
    if gone:
        kept = np.where(np.isin(painting.labels, gone), 0, painting.labels).astype(np.uint8)
        left = tuple(place if place in places else "" for place in painting.slots)
        painting = Painting(kept, left, painting.version + 1)
    slots = list(painting.slots)
    for place in places:
        if place not in slots:
            slots[slots.index("")] = place
    return replace(painting, slots=tuple(slots))


def map_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the map painted on a photograph that large, in pixels."""
    return size_for(width, height, MAP_EDGE_PX)


def from_runs(runs: object, width: int, height: int) -> Labels:
    """The map that a browser sent. Raises PictureError unless it is whole numbers that fill the map exactly."""
    wanted = f"a painted map must be runs of labels 0 to {MOST_LABELS} that fill {width} x {height} px"
    numbers = runs if isinstance(runs, list) else []
    if not numbers or len(numbers) % 2 or len(numbers) > 2 * width * height or {type(n) for n in numbers} != {int}:
        raise PictureError(f"{wanted}, got something else; paint it anew")
    labels, lengths = numbers[::2], numbers[1::2]
    if min(labels) < 0 or max(labels) > MOST_LABELS or min(lengths) < 1 or sum(lengths) != width * height:
        raise PictureError(f"{wanted}, got others; paint it anew")
    return np.repeat(np.array(labels, np.uint8), lengths).reshape(height, width)


def to_runs(labels: Labels) -> list[int]:
    """The runs of a map; `from_runs` gives it back."""
    flat = labels.ravel()
    starts = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    return [number for start, end in pairwise(starts) for number in (int(flat[start]), end - start)]


def layers(labels: Labels, soft: float = 0.0) -> dict[int, Mask]:
    """The mask of each label that is painted somewhere, [H, W] in [0, 1]; together they never exceed 1 by more than
    their rounding, and where they stay below, a run's ordinary mix holds.

    Args:
        labels: the map.
        soft: how soft the edges are: the Gaussian's standard deviation as a share of the longest edge.
    """
    found = {}
    for label in _painted(labels):
        try:
            found[label] = feather(Mask.from_weights((labels == label).astype(np.float32)), soft * max(labels.shape))
        except PictureError:  # a speck that so soft an edge leaves nothing of
            continue
    return found


def from_layers(layers: Sequence[Weights]) -> Labels:
    """The map that was painted, from the masks made of it, each [H, W]: label 1 for the first, and so on.

    A pixel belongs to the mask that has most of it, which undoes a soft edge where the edge was straight.
    """
    rest = np.clip(1 - np.sum(layers, axis=0, dtype=np.float32), 0, 1)
    owners: Labels = np.argmax([rest, *layers], axis=0).astype(np.uint8)
    return owners


def reframed(labels: Labels, size: tuple[int, int], old: Frame, new: Frame) -> Labels:
    """What was painted on one part of a photograph, on another part of it; what was not seen there is unpainted.

    Args:
        labels: the map of the old part.
        size: (width, height) of the whole photograph, in pixels.
        old: the part that was painted on.
        new: the part that is wanted.
    """
    width, height = framed_size(*size, new.crop, new.rotation_deg)
    across, down = map_size(width, height)
    x, y = np.meshgrid((np.arange(across) + 0.5) * width / across, (np.arange(down) + 0.5) * height / down)
    in_whole = _matrix(size, new) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    there = np.linalg.inv(_matrix(size, old)) @ in_whole
    shares = there[:2] / np.array(framed_size(*size, old.crop, old.rotation_deg))[:, None]
    column, row = np.floor(shares * np.array(labels.shape[::-1])[:, None]).astype(int)
    is_seen = (column >= 0) & (column < labels.shape[1]) & (row >= 0) & (row < labels.shape[0])
    found = np.zeros(x.size, np.uint8)
    found[is_seen] = labels[row[is_seen], column[is_seen]]
    return found.reshape(down, across)


def _matrix(size: tuple[int, int], frame: Frame) -> NDArray[np.float64]:
    """From pixels of a part to pixels of the whole, both with a 1 below."""
    return np.array([*came_from(*size, frame.crop, frame.rotation_deg), 0, 0, 1]).reshape(3, 3)


def _painted(labels: Labels) -> Sequence[int]:
    return [int(label) for label in np.unique(labels) if label]
