"""Label maps: the regions that a visitor paints in the browser, and their conversion to the masks of a run.

A map has one label for each pixel: 0 where nothing is painted, else the number of a style. Between browser and server
it is run-length encoded, [label, length, label, length, ...] row by row: this form needs no image decoder, and can hold
only labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nst_core.errors import PictureError
from nst_core.picture.crop import came_from, cropped_size
from nst_core.picture.frame import Frame
from nst_core.picture.masks import Mask, Weights, feather
from nst_core.picture.resize import size_for

Labels = NDArray[np.uint8]
"""[H, W], 0 for unpainted."""

MAP_EDGE_PX = 512
"""Longest edge of a map, in pixels: finer than a brush; its masks are enlarged smoothly for larger results."""
MAX_LABELS = 5
"""Four styles, and the photograph."""


@dataclass(frozen=True)
class RegionMap:
    """The regions painted on one photograph.

    Attributes:
        labels: the map, [H, W].
        slots: the style slot that each label 1, 2, 3, 4, 5 stands for; "" is free.
        version: counts all changes except those by the brush; a browser's map of an older version is out of date.
    """

    labels: Labels = field(repr=False, compare=False)
    slots: tuple[str, ...] = ("",) * MAX_LABELS
    version: int = 0


def blank(width: int, height: int) -> RegionMap:
    """An unpainted map for a photograph of this size, in pixels."""
    map_width, map_height = map_size(width, height)
    return RegionMap(np.zeros((map_height, map_width), np.uint8))


def with_styles(region_map: RegionMap, slots: Sequence[str]) -> RegionMap:
    """Give each style slot a label, MAX_LABELS at most; a style keeps its label as long as it is in use.

    The regions of removed styles are erased.
    """
    removed = [label for label, slot in enumerate(region_map.slots, 1) if slot and slot not in slots]
    if removed:
        labels = np.where(np.isin(region_map.labels, removed), 0, region_map.labels).astype(np.uint8)
        remaining = tuple(slot if slot in slots else "" for slot in region_map.slots)
        region_map = RegionMap(labels, remaining, region_map.version + 1)
    assigned = list(region_map.slots)
    for slot in slots:
        if slot not in assigned:
            assigned[assigned.index("")] = slot
    return replace(region_map, slots=tuple(assigned))


def map_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the map for a photograph of this size, in pixels."""
    return size_for(width, height, MAP_EDGE_PX)


def decode_runs(runs: object, width: int, height: int) -> Labels:
    """Decode the run-length encoding that a browser sent to a map, [height, width].

    Raises PictureError unless `runs` are integers that fill the map exactly.
    """
    required = f"a painted map must be runs of labels 0 to {MAX_LABELS} that fill {width} x {height} px"
    numbers = runs if isinstance(runs, list) else []
    if not numbers or len(numbers) % 2 or len(numbers) > 2 * width * height or {type(n) for n in numbers} != {int}:
        raise PictureError(f"{required}, got something else; paint it anew")
    labels, lengths = numbers[::2], numbers[1::2]
    if min(labels) < 0 or max(labels) > MAX_LABELS or min(lengths) < 1 or sum(lengths) != width * height:
        raise PictureError(f"{required}, got others; paint it anew")
    return np.repeat(np.array(labels, np.uint8), lengths).reshape(height, width)


def encode_runs(labels: Labels) -> list[int]:
    """Run-length encode a map; `decode_runs` is the inverse."""
    flat = labels.ravel()
    starts = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    return [number for start, end in pairwise(starts) for number in (int(flat[start]), end - start)]


def to_masks(labels: Labels, softness: float = 0.0) -> dict[int, Mask]:
    """The mask of each label in the map: label -> mask, [H, W] in [0, 1].

    The masks sum to at most 1, up to rounding; where they sum to less, the run's ordinary mix of styles fills the rest.

    Args:
        labels: the map.
        softness: the standard deviation of the Gaussian that softens edges, as a share of the longest edge.
    """
    masks = {}
    for label in (int(label) for label in np.unique(labels) if label):
        try:
            hard = Mask.from_weights((labels == label).astype(np.float32))
            masks[label] = feather(hard, softness * max(labels.shape))
        except PictureError:  # a region so small that nothing of it remains after softening
            continue
    return masks


def from_masks(masks: Sequence[Weights]) -> Labels:
    """The map of these masks, each [H, W]: label 1 for the first, and so on.

    A pixel gets the label with the greatest weight there, unpainted included; this recovers straight soft edges.
    """
    rest = np.clip(1 - np.sum(masks, axis=0, dtype=np.float32), 0, 1)
    labels: Labels = np.argmax([rest, *masks], axis=0).astype(np.uint8)
    return labels


def closest_softness(labels: Labels, masks: Sequence[Mask], candidates: Iterable[float]) -> float:
    """The candidate whose masks of `labels` differ least, on average, from `masks`, those of labels 1, 2, and so on."""

    def distance(softness: float) -> float:
        softened = to_masks(labels, softness)
        pairs = ((softened.get(label), mask) for label, mask in enumerate(masks, 1))
        return sum(float(abs(mask.weights - (own.weights if own else 0)).mean()) for own, mask in pairs)

    return min(candidates, key=distance)


def reframe(labels: Labels, size: tuple[int, int], old: Frame, new: Frame) -> Labels:
    """Move the map of one frame of a photograph to another frame; pixels outside the old frame stay unpainted.

    Args:
        labels: the map of the old frame.
        size: (width, height) of the uncropped photograph, in pixels.
        old: the frame of `labels`.
        new: the frame of the result.
    """
    width, height = cropped_size(*size, new.crop, new.rotation_deg)
    map_width, map_height = map_size(width, height)
    x, y = np.meshgrid(
        (np.arange(map_width) + 0.5) * width / map_width, (np.arange(map_height) + 0.5) * height / map_height
    )
    in_photograph = _matrix(size, new) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    in_old = np.linalg.inv(_matrix(size, old)) @ in_photograph
    shares = in_old[:2] / np.array(cropped_size(*size, old.crop, old.rotation_deg))[:, None]
    column, row = np.floor(shares * np.array(labels.shape[::-1])[:, None]).astype(int)
    is_inside = (column >= 0) & (column < labels.shape[1]) & (row >= 0) & (row < labels.shape[0])
    moved = np.zeros(x.size, np.uint8)
    moved[is_inside] = labels[row[is_inside], column[is_inside]]
    return moved.reshape(map_height, map_width)


def _matrix(size: tuple[int, int], frame: Frame) -> NDArray[np.float64]:
    """Transform from pixels of a frame to pixels of the uncropped photograph, [3, 3] in homogeneous coordinates."""
    return np.array([*came_from(*size, frame.crop, frame.rotation_deg), 0, 0, 1]).reshape(3, 3)
