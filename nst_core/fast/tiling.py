"""The transformer in strips of rows, layer by layer, for pictures whose activations would not fit into memory.

Instance norm needs the mean and variance of the whole picture, so a strip cannot pass through all layers at once.
Each layer is computed for all strips, and their moments are merged; the norm is applied when the next layer reads its
input. The layer of 8 channels at full size is by far the largest: it is computed twice instead of stored. The result
equals that of the whole picture up to rounding, without seams between strips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.transformer import STYLED, affine
from nst_core.picture.coverage import Coverage, colours, coverage
from nst_core.step import Pixels

STRIP_VALUES = 4e6
"""Approximate number of values in a strip of a full-size layer: enough to keep all cores busy. Twice as many take 0.1
GB more at 4,096 x 4,096 px and save no time."""

ReadRows = Callable[[int, int], np.ndarray]
"""(start, stop) -> rows [1, stop - start, w, C] of a layer; a padded reader also returns rows beyond its ends."""
ChannelNorm = tuple[np.ndarray, np.ndarray, np.float32]
"""Gain and offset of each channel, [C], and the lower bound of the result: 0 for ReLU, -inf for none."""

_RELU, _NONE = np.float32(0), np.float32(-np.inf)


class RunningMoments:
    """Mean and variance of each channel of a layer, merged strip by strip.

    Source: Chan, Golub & LeVeque 1979, eq. 2.1.
    """

    def __init__(self) -> None:
        self.count, self.mean, self.variance = 0.0, np.zeros(1), np.zeros(1)

    def add(self, count: float, mean: np.ndarray, variance: np.ndarray) -> None:
        """Merge the mean and variance, each [C], of `count` more positions, or of positions of this total weight."""
        total = self.count + count
        if not count:
            return
        difference = mean.astype(np.float64) - self.mean
        squares = self.count * self.variance + count * variance + difference**2 * self.count * count / total
        self.mean = self.mean + difference * count / total
        self.count, self.variance = total, squares / total


class SmoothedStatistics:
    """Means and variances of the norms' inputs, smoothed over the frames of a film.

    Attributes:
        values: those of this frame: name -> [C].
    """

    def __init__(self, share: float, last: Mapping[str, np.ndarray]) -> None:
        """Begin a frame.

        Args:
            share: the share of the last frame's values in this frame's.
            last: `values` of the last frame; without them this frame's are taken as they are.
        """
        self._share, self._last, self._picture = np.float32(share), last, -1
        self.values: dict[str, np.ndarray] = {}

    def begin_picture(self) -> None:
        """Begin the next picture of the frame: with regions, a frame is painted once for each."""
        self._picture += 1

    def smooth(self, number: int, moments: RunningMoments) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed mean and variance, float32 [C] each, of the norm with this number in STYLED."""
        return self._smoothed(f"mean/{self._picture}/{number}", moments.mean), self._smoothed(
            f"variance/{self._picture}/{number}", moments.variance
        )

    def _smoothed(self, name: str, value: np.ndarray) -> np.ndarray:
        value = np.asarray(value, np.float32)
        before = self._last.get(name, value)
        self.values[name] = self._share * before + (1 - self._share) * value
        return self.values[name]


class RowBuffer:
    """A layer in pieces of rows, [1, h, w, C] each; a reader that goes downwards can free the rows above."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, np.ndarray]] = []
        self.height = 0

    def add(self, piece: np.ndarray) -> None:
        """Append rows below the others."""
        self._pieces.append((self.height, piece))
        self.height += piece.shape[1]

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop`, without `stop`; freed rows are missing."""
        parts = [
            piece[:, max(start - first, 0) : stop - first]
            for first, piece in self._pieces
            if first < stop and first + piece.shape[1] > start
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def rows_freeing_above(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop`, without `stop`; pieces that end above `start` are freed."""
        self._pieces = [(first, piece) for first, piece in self._pieces if first + piece.shape[1] > start]
        return self.rows(start, stop)


def transform(
    module: Any,
    content: Pixels,
    vector: tf.Tensor,
    rows: int | None = None,
    statistics: SmoothedStatistics | None = None,
) -> Pixels:
    """Stylise a picture of any size in strips.

    Args:
        module: the loaded `StylisationModule`.
        content: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage: clear pixels have no weight in any norm.
        vector: the style vector, [1, 1, 1, 100].
        rows: rows of a strip at a quarter of the picture's size; by default the width decides.
        statistics: of a film's frame, smooths the statistics of the norms.

    Returns:
        [1, H, W, 3] in [0, 1].
    """
    _, height, width, _ = content.shape
    tall, wide = -(-height // 4), -(-width // 4)
    weights = _cell_weights(coverage(content), tall, wide)
    content = colours(content)
    rows = rows or max(4, int(STRIP_VALUES / (16 * 8 * wide)))
    if statistics:
        statistics.begin_picture()
    styles = [tuple(p.numpy() for p in pair) for pair in module.parameters(vector)]

    def norm(number: int, moments: RunningMoments, least: np.float32 = _RELU) -> ChannelNorm:
        """The instance norm of a layer, by its number in STYLED, with the style's gain and offset."""
        found = statistics.smooth(number, moments) if statistics else (moments.mean, moments.variance)
        mean, variance = (np.asarray(m, np.float32)[None, None, None] for m in found)
        gain, offset = (np.asarray(part)[0, 0, 0] for part in affine(mean, variance, styles[number]))
        return gain, offset, least

    x = _contract(module, content, tall, wide, rows)
    _residual(module, x, norm, rows, weights.get(4))
    halved = RowBuffer()
    moments = _compute_layer(
        halved.add, module.double0, _pad_edge(_rows_of(x), tall), _identity_norm(32), tall, rows, 1, weights.get(2)
    )
    del x
    painted = _decode(module, halved, norm, norm(len(STYLED) - 3, moments), (4 * tall, 4 * wide), rows, weights)
    return painted[:, :height, :width]


def _cell_weights(cover: Coverage | None, tall: int, wide: int) -> dict[int, np.ndarray]:
    """Pixels on a side of a layer's cell -> mean coverage of each cell, [h, w]; empty for an opaque picture.

    Args:
        cover: [H, W] in [0, 1], or None.
        tall, wide: the height and width of the smallest layer, whose cells are 4 px; the picture is padded to it.
    """
    if cover is None:
        return {}
    down, across = (_mirror_index(np.arange(4 * n), size) for n, size in zip((tall, wide), cover.shape, strict=True))
    padded = cover[down[:, None], across]
    return {
        cell: padded.reshape(4 * tall // cell, cell, 4 * wide // cell, cell).mean((1, 3)) if cell > 1 else padded
        for cell in (1, 2, 4)
    }


def _contract(module: Any, content: Pixels, tall: int, wide: int, rows: int) -> np.ndarray:
    """The output of the contracting layers, at a quarter of the picture's size: [1, tall, wide, 32]."""
    x = np.empty((1, tall, wide, 32), np.float32)
    across = _mirror_index(_mirror_index(np.arange(-4, 4 * wide + 4), 4 * wide), content.shape[2])
    for start, stop in _strips(tall, rows):
        above = 4 if start else 0
        down = _mirror_index(_mirror_index(np.arange(4 * start - above - 4, 4 * stop + 4), 4 * tall), content.shape[1])
        x[:, start:stop] = module.contract(content[:, down[:, None], across], np.int32(not start)).numpy()
    return x


def _residual(
    module: Any, x: np.ndarray, norm: Callable[..., ChannelNorm], rows: int, weights: np.ndarray | None
) -> None:
    """Apply the five residual blocks to x, [1, h, w, 32], in place; `weights` [h, w] or None as in `_compute_layer`."""
    tall = x.shape[1]
    inner, outer = np.empty_like(x), np.empty_like(x)
    for number in range(0, 10, 2):
        first, second = (partial(module.inner, number=np.int32(n)) for n in (number, number + 1))
        moments = _compute_layer(
            _writer(inner), first, _pad_mirrored(_rows_of(x), tall), _identity_norm(32), tall, rows, 1, weights
        )
        styled = norm(number, moments)
        read = _pad_mirrored(_rows_of(inner), tall)
        moments = _compute_layer(_writer(outer), second, read, styled, tall, rows, 1, weights)
        gain, offset, _ = norm(number + 1, moments)
        for start, stop in _strips(tall, rows):
            x[:, start:stop] += outer[:, start:stop] * gain + offset


def _decode(  # noqa: PLR0913 - two layers, and their input
    module: Any,
    halved: RowBuffer,
    norm: Callable[..., ChannelNorm],
    first: ChannelNorm,
    size: tuple[int, int],
    rows: int,
    weights: Mapping[int, np.ndarray],
) -> Pixels:
    """The two last layers, from a layer at half of `size` (height, width); returns [1, *size, 3] in [0, 1].

    `weights` are those of `_cell_weights`.
    """
    tall, wide = size
    read = _pad_edge(halved.rows, tall // 2)
    own = weights.get(1)
    moments = _compute_layer(lambda _: None, module.double1, read, first, tall // 2, 2 * rows, 1, own)
    second = norm(len(STYLED) - 2, moments)
    again = _pad_edge(halved.rows_freeing_above, tall // 2)

    def full(start: int, stop: int) -> np.ndarray:
        """Recompute rows of the full-size layer; `start` and `stop` are even and inside the picture."""
        return module.double1(again(start // 2 - 1, stop // 2 + 1), *first)[0].numpy()  # type: ignore[no-any-return]

    painted = np.empty((1, tall, wide, 3), np.float32)
    moments = _compute_layer(_writer(painted), module.last, _pad_mirrored(full, tall), second, tall, 4 * rows, 4, own)
    gain, offset, _ = norm(len(STYLED) - 1, moments, _NONE)
    for start, stop in _strips(tall, 4 * rows):
        part = painted[:, start:stop]
        part[...] = 1 / (1 + np.exp(-(part * gain + offset)))
    return painted


def _compute_layer(  # noqa: PLR0913 - a layer, its input and its output
    keep: Callable[[np.ndarray], None],
    layer: Any,
    read: ReadRows,
    norm: ChannelNorm,
    tall: int,
    rows: int,
    reach: int,
    weights: np.ndarray | None = None,
) -> RunningMoments:
    """Compute a layer without its own norm, strip by strip from above, and return its moments.

    Args:
        keep: receives each strip of the layer.
        layer: a function of the network, (input rows, *norm) -> strip, mean, variance.
        read: reader of the layer's input, before the input's norm.
        norm: norm of the input.
        tall, rows: height of the whole input, and of a strip of it.
        reach: number of input rows that the layer needs beyond each end of a strip.
        weights: weight of each position of the layer in the moments, [h, w]; None weighs each as 1.
    """
    moments, done = RunningMoments(), 0
    for start, stop in _strips(tall, rows):
        piece, mean, variance = (t.numpy() for t in layer(read(start - reach, stop + reach), *norm))
        if weights is None:
            moments.add(piece.shape[1] * piece.shape[2], mean, variance)
        else:
            moments.add(*_weighted_moments(piece, weights[done : done + piece.shape[1]]))
        done += piece.shape[1]
        keep(piece)
    return moments


def _weighted_moments(piece: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Total weight, mean [C] and variance [C] of rows [1, h, w, C] with these weights, [h, w]."""
    values, shares = piece.reshape(-1, piece.shape[-1]), weights.reshape(-1).astype(np.float64)
    total = float(shares.sum())
    if total == 0:
        return 0.0, np.zeros(piece.shape[-1]), np.zeros(piece.shape[-1])
    mean = shares @ values / total
    return total, mean, np.maximum(shares @ np.square(values - mean) / total, 0)


def _writer(out: np.ndarray) -> Callable[[np.ndarray], None]:
    """A function that writes strips into `out`, each below the last one."""
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
    """Indices beyond `size` rows mirrored into them; the first and last row are not repeated."""
    index = np.abs(index)
    return np.where(index < size, index, 2 * size - 2 - index)


def _pad_mirrored(read: ReadRows, tall: int) -> ReadRows:
    return _pad_rows(read, tall, lambda index: _mirror_index(index, tall))


def _pad_edge(read: ReadRows, tall: int) -> ReadRows:
    return _pad_rows(read, tall, lambda index: np.clip(index, 0, tall - 1))


def _pad_rows(read: ReadRows, tall: int, inside: Callable[[np.ndarray], np.ndarray]) -> ReadRows:
    """A reader that also takes rows beyond the layer's `tall` rows: copies of the rows that `inside` maps them to."""

    def rows(start: int, stop: int) -> np.ndarray:
        first, last = max(start, 0), min(stop, tall)
        existing = read(first, last)
        if (first, last) == (start, stop):
            return existing
        return existing[:, inside(np.arange(start, stop)) - first]

    return rows
