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
"""About how many numbers a strip's layer has at full size: enough to keep the cores busy, little beside the rest. With
twice as many 4,096 px square takes 0.1 GB more and no less time."""

ReadRows = Callable[[int, int], np.ndarray]
"""(first, after) -> those rows [1, n, w, C] of a layer; rows beyond its ends are made."""
ChannelNorm = tuple[np.ndarray, np.ndarray, np.float32]
"""Gain and offset of each channel, [C], and the least value after them."""

_LEAST, _NONE = np.float32(0), np.float32(-np.inf)


class RunningMoments:
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


class RowBuffer:
    """A layer in pieces of rows, [1, h, w, C] each, that can be let go of from above while it is read downwards."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, np.ndarray]] = []
        self.tall = 0

    def add(self, piece: np.ndarray) -> None:
        """The next rows."""
        self._pieces.append((self.tall, piece))
        self.tall += piece.shape[1]

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows from start to stop, of those still there."""
        parts = [
            piece[:, max(start - first, 0) : stop - first]
            for first, piece in self._pieces
            if first < stop and first + piece.shape[1] > start
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def once(self, start: int, stop: int) -> np.ndarray:
        """The same, for the last time: what lies above is let go of."""
        self._pieces = [(first, piece) for first, piece in self._pieces if first + piece.shape[1] > start]
        return self.rows(start, stop)


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
    rows = rows or max(4, int(STRIP_VALUES / (16 * 8 * wide)))
    styles = [tuple(p.numpy() for p in pair) for pair in module.parameters(vector)]

    def norm(number: int, moments: RunningMoments, least: np.float32 = _LEAST) -> ChannelNorm:
        mean, variance = (np.asarray(m, np.float32)[None, None, None] for m in (moments.mean, moments.variance))
        gain, offset = (np.asarray(part)[0, 0, 0] for part in affine(mean, variance, styles[number]))
        return gain, offset, least

    x = _contract(module, content, tall, wide, rows)
    _residual(module, x, norm, rows)
    halved = RowBuffer()
    moments = _compute_layer(
        halved.add, module.double0, _pad_edge(_rows_of(x), tall), _identity_norm(32), tall, rows, 1
    )
    del x
    painted = _decode(module, halved, norm, norm(len(STYLED) - 3, moments), (4 * tall, 4 * wide), rows)
    return painted[:, :height, :width]


def _contract(module: Any, content: Pixels, tall: int, wide: int, rows: int) -> np.ndarray:
    """The picture at a quarter of its size, [1, tall, wide, 32]."""
    x = np.empty((1, tall, wide, 32), np.float32)
    across = _mirror_index(_mirror_index(np.arange(-4, 4 * wide + 4), 4 * wide), content.shape[2])
    for start, stop in _strips(tall, rows):
        above = 4 if start else 0
        down = _mirror_index(_mirror_index(np.arange(4 * start - above - 4, 4 * stop + 4), 4 * tall), content.shape[1])
        x[:, start:stop] = module.contract(content[:, down[:, None], across], np.int32(not start)).numpy()
    return x


def _residual(module: Any, x: np.ndarray, norm: Callable[..., ChannelNorm], rows: int) -> None:
    """The five residual blocks, in place."""
    tall = x.shape[1]
    inner, outer = np.empty_like(x), np.empty_like(x)
    for number in range(0, 10, 2):
        first, second = (partial(module.inner, number=np.int32(n)) for n in (number, number + 1))
        moments = _compute_layer(
            _writer(inner), first, _pad_mirrored(_rows_of(x), tall), _identity_norm(32), tall, rows, 1
        )
        styled = norm(number, moments)
        moments = _compute_layer(_writer(outer), second, _pad_mirrored(_rows_of(inner), tall), styled, tall, rows, 1)
        gain, offset, _ = norm(number + 1, moments)
        for start, stop in _strips(tall, rows):
            x[:, start:stop] += outer[:, start:stop] * gain + offset


def _decode(  # noqa: PLR0913 - two layers, and what comes before them
    module: Any,
    halved: RowBuffer,
    norm: Callable[..., ChannelNorm],
    first: ChannelNorm,
    size: tuple[int, int],
    rows: int,
) -> Pixels:
    """The two last layers, from what is half of `size` (height, width): [1, *size, 3] in [0, 1]."""
    tall, wide = size
    read = _pad_edge(halved.rows, tall // 2)
    moments = _compute_layer(lambda _: None, module.double1, read, first, tall // 2, 2 * rows, 1)
    second = norm(len(STYLED) - 2, moments)
    again = _pad_edge(halved.once, tall // 2)

    def full(start: int, stop: int) -> np.ndarray:
        """Rows of the doubled layer; both ends even, and inside the picture."""
        return module.double1(again(start // 2 - 1, stop // 2 + 1), *first)[0].numpy()  # type: ignore[no-any-return]

    painted = np.empty((1, tall, wide, 3), np.float32)
    moments = _compute_layer(_writer(painted), module.last, _pad_mirrored(full, tall), second, tall, 4 * rows, 4)
    gain, offset, _ = norm(len(STYLED) - 1, moments, _NONE)
    for start, stop in _strips(tall, 4 * rows):
        part = painted[:, start:stop]
        part[...] = 1 / (1 + np.exp(-(part * gain + offset)))
    return painted


def _compute_layer(  # noqa: PLR0913 - a layer, where it reads and where it writes
    keep: Callable[[np.ndarray], None], layer: Any, read: ReadRows, norm: ChannelNorm, tall: int, rows: int, reach: int
) -> RunningMoments:
    """Compute a layer before its norm, strip by strip from above, and return its moments.

    Args:
        keep: takes each strip.
        layer: the piece of the network.
        read: what it reads, before its norm.
        norm: of what it reads.
        tall, rows: of what it reads, in all and in a strip.
        reach: how far it looks beyond.
    """
    moments = RunningMoments()
    for start, stop in _strips(tall, rows):
        piece, mean, variance = (t.numpy() for t in layer(read(start - reach, stop + reach), *norm))
        moments.add(piece.shape[1] * piece.shape[2], mean, variance)
        keep(piece)
    return moments


def _writer(out: np.ndarray) -> Callable[[np.ndarray], None]:
    """What writes strips one below the other."""
    written = 0

    def write(piece: np.ndarray) -> None:
        nonlocal written
        out[:, written : written + piece.shape[1]] = piece
        written += piece.shape[1]

    return write


def _identity_norm(channels: int) -> ChannelNorm:
    return np.ones(channels, np.float32), np.zeros(channels, np.float32), _NONE


def _strips(tall: int, rows: int) -> Iterator[tuple[int, int]]:
    for start in range(0, tall, rows):
        yield start, min(start + rows, tall)


def _rows_of(layer: np.ndarray) -> ReadRows:
    return lambda start, stop: layer[:, start:stop]


def _mirror_index(index: np.ndarray, size: int) -> np.ndarray:
    """Indices mirrored at the ends of `size` rows, the ends not repeated."""
    index = np.abs(index)
    return np.where(index < size, index, 2 * size - 2 - index)


def _pad_mirrored(read: ReadRows, tall: int) -> ReadRows:
    return _pad_rows(read, tall, lambda index: _mirror_index(index, tall))


def _pad_edge(read: ReadRows, tall: int) -> ReadRows:
    return _pad_rows(read, tall, lambda index: np.clip(index, 0, tall - 1))


def _pad_rows(read: ReadRows, tall: int, inside: Callable[[np.ndarray], np.ndarray]) -> ReadRows:
    """Rows that may lie beyond the `tall` there are: copies of those that `inside` names."""

    def rows(start: int, stop: int) -> np.ndarray:
        first, after = max(start, 0), min(stop, tall)
        there = read(first, after)
        return there if (first, after) == (start, stop) else there[:, inside(np.arange(start, stop)) - first]

    return rows
