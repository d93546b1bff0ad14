"""The transformer on pictures larger than memory: layer by layer, in strips of rows.

Instance norm needs the mean and variance of the whole picture, so a strip cannot go through all layers at once: each
layer is computed for all strips, its moments are merged, and the norm is applied when the next layer reads. The layer
of 8 channels at full size, the largest by far, is computed twice rather than kept. The result is that of the whole
picture up to rounding: there are no borders to hide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.transformer import STYLED, affine
from nst_core.step import Pixels

STRIP_VALUES = 4e6
"""About how many numbers a strip's layer has at full size: enough to keep the cores busy, little beside the rest."""

Rows = Callable[[int, int], np.ndarray]
"""(first, after) -> those rows [1, n, w, C] of a layer as the next one reads it; rows beyond its ends are made."""
Norm = tuple[np.ndarray, np.ndarray]
"""Gain and offset of each channel, [C]."""


class Moments:
    """Mean and variance of each channel of a layer, merged strip by strip.

    Source: Chan, Golub & LeVeque 1979, eq. 2.1.
    """

    def __init__(self) -> None:
        self.count, self.mean, self.variance = 0, np.zeros(1), np.zeros(1)

    def add(self, count: int, mean: np.ndarray, variance: np.ndarray) -> None:
        """Take in the moments, each [C], of `count` more positions."""
        whole = self.count + count
        apart = mean.astype(np.float64) - self.mean
        squares = self.count * self.variance + count * variance + apart**2 * self.count * count / whole
        self.mean = self.mean + apart * count / whole
        self.count, self.variance = whole, squares / whole


def transform(module: Any, content: Pixels, vector: tf.Tensor, rows: int | None = None) -> Pixels:
    """The content in a style.

    Args:
        module: the loaded `Pair`.
        content: [1, H, W, 3] in [0, 1], any size.
        vector: the style, [1, 1, 1, 100].
        rows: of a quarter of the picture's height, how many a strip has; chosen by width if None.

    Returns:
        [1, H, W, 3] in [0, 1].
    """
    _, height, width, _ = content.shape
    tall, wide = -(-height // 4), -(-width // 4)
    rows = rows or max(4, int(STRIP_VALUES / (16 * 8 * 4 * wide)))
    styles = [tuple(p.numpy() for p in pair) for pair in module.parameters(vector)]

    def norm(number: int, moments: Moments) -> Norm:
        mean, variance = (np.asarray(m, np.float32)[None, None, None] for m in (moments.mean, moments.variance))
        gain, offset = affine(mean, variance, styles[number])
        return np.asarray(gain)[0, 0, 0], np.asarray(offset)[0, 0, 0]

    x = _contracted(module, content, tall, wide, rows)
    _residual(module, x, norm, rows)
    halved = np.empty((1, 2 * tall, 2 * wide, 16), np.float32)
    moments = _fill(halved, module.double0, _repeating(_rows_of(x), tall), rows, 1, tall)
    del x
    first = _normed(_rows_of(halved), norm(len(STYLED) - 3, moments))
    painted = _coloured(module, _repeating(first, 2 * tall), norm, (4 * tall, 4 * wide), rows)
    return painted[:, :height, :width]


def _contracted(module: Any, content: Pixels, tall: int, wide: int, rows: int) -> np.ndarray:
    """The picture at a quarter of its size, [1, tall, wide, 32]."""
    x = np.empty((1, tall, wide, 32), np.float32)
    across = _mirrored(_mirrored(np.arange(-4, 4 * wide + 4), 4 * wide), content.shape[2])
    for start, stop in _strips(tall, rows):
        above = 4 if start else 0
        down = _mirrored(_mirrored(np.arange(4 * start - above - 4, 4 * stop + 4), 4 * tall), content.shape[1])
        x[:, start:stop] = module.contract(content[:, down][:, :, across], np.int32(not start)).numpy()
    return x


def _residual(module: Any, x: np.ndarray, norm: Callable[[int, Moments], Norm], rows: int) -> None:
    """The five residual blocks, in place."""
    tall = x.shape[1]
    inner, outer = np.empty_like(x), np.empty_like(x)
    for number in range(0, 10, 2):
        first, second = (partial(module.inner, number=np.int32(n)) for n in (number, number + 1))
        moments = _fill(inner, first, _mirroring(_rows_of(x), tall), rows, 1)
        styled = _normed(_rows_of(inner), norm(number, moments))
        moments = _fill(outer, second, _mirroring(styled, tall), rows, 1)
        gain, offset = norm(number + 1, moments)
        for start, stop in _strips(tall, rows):
            x[:, start:stop] += outer[:, start:stop] * gain + offset


def _coloured(
    module: Any, read: Rows, norm: Callable[[int, Moments], Norm], size: tuple[int, int], rows: int
) -> Pixels:
    """The two last layers, from what is read at half of `size` (height, width): [1, *size, 3] in [0, 1]."""
    tall, wide = size
    moments = _fill(None, module.double1, read, 2 * rows, 1, tall // 2)
    gain, offset = norm(len(STYLED) - 2, moments)

    def full(start: int, stop: int) -> np.ndarray:
        """Rows of the doubled layer, normed; both ends even, and inside the picture."""
        seen = module.double1(read(start // 2 - 1, stop // 2 + 1))[0].numpy()
        return np.asarray(np.maximum(seen * gain + offset, 0))

    painted = np.empty((1, tall, wide, 3), np.float32)
    moments = _fill(painted, module.last, _mirroring(full, tall), 4 * rows, 4)
    gain, offset = norm(len(STYLED) - 1, moments)
    for start, stop in _strips(tall, 4 * rows):
        part = painted[:, start:stop]
        part[...] = 1 / (1 + np.exp(-(part * gain + offset)))
    return painted


def _fill(  # noqa: PLR0913 - a layer, where it reads and where it writes
    out: np.ndarray | None, layer: Any, read: Rows, rows: int, reach: int, tall: int | None = None
) -> Moments:
    """Compute a layer before its norm into `out`, if one is given, and return its moments.

    `rows` and `tall` are of what the layer reads; it may give twice as many. `reach` is how far it looks beyond.
    """
    moments = Moments()
    tall = tall or (out.shape[1] if out is not None else 0)
    times = 1
    for start, stop in _strips(tall, rows):
        piece, mean, variance = (t.numpy() for t in layer(read(start - reach, stop + reach)))
        moments.add(piece.shape[1] * piece.shape[2], mean, variance)
        if out is not None:
            times = piece.shape[1] // (stop - start)
            out[:, start * times : stop * times] = piece
    return moments


def _strips(tall: int, rows: int) -> Iterator[tuple[int, int]]:
    for start in range(0, tall, rows):
        yield start, min(start + rows, tall)


def _rows_of(layer: np.ndarray) -> Rows:
    return lambda start, stop: layer[:, start:stop]


def _normed(read: Rows, norm: Norm) -> Rows:
    gain, offset = norm
    return lambda start, stop: np.maximum(read(start, stop) * gain + offset, 0)


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    """Indices mirrored at the ends of `size` rows, the ends not repeated."""
    index = np.abs(index)
    return np.where(index < size, index, 2 * size - 2 - index)


def _mirroring(read: Rows, tall: int) -> Rows:
    return _beyond(read, tall, lambda index: _mirrored(index, tall))


def _repeating(read: Rows, tall: int) -> Rows:
    return _beyond(read, tall, lambda index: np.clip(index, 0, tall - 1))


def _beyond(read: Rows, tall: int, inside: Callable[[np.ndarray], np.ndarray]) -> Rows:
    """Rows that may lie beyond the `tall` there are: copies of those that `inside` names."""

    def rows(start: int, stop: int) -> np.ndarray:
        first, after = max(start, 0), min(stop, tall)
        there = read(first, after)
        return there if (first, after) == (start, stop) else there[:, inside(np.arange(start, stop)) - first]

    return rows
