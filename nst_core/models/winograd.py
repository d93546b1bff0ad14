"""3 x 3 convolutions with a quarter of the products: Winograd's F(4 x 4, 3 x 3).

Each tile of 4 x 4 outputs is computed from 6 x 6 inputs: both are carried into a space of 36 numbers a tile, where a
convolution is 36 independent matrix products, and back. 36 products stand for 144, and the tiles' overlap costs what
XLA can fuse: compiled, this is 2 to 3 times as fast on a processor as the library's own convolution, and exact up to
float32's rounding (some 1e-5 of the largest value). Uncompiled it is slower, so only `jit_compile` should call it.

Source: Lavin & Gray 2016, arXiv:1509.09308, section 4.3, for the points 0, 1, -1, 2, -2 and infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

# Carries a kernel's 3 taps to the 6 points; the other two transforms are written out below as sums.
_KERNEL = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)


def transform_kernel(kernel: np.ndarray) -> np.ndarray:
    """A kernel [3, 3, in, out] in the tiles' space: [36, in, out], float32, computed in float64."""
    wide = np.einsum("ai,bj,ijco->abco", _KERNEL, _KERNEL, kernel.astype(np.float64), optimize=True)
    return np.asarray(wide.reshape(36, *kernel.shape[2:]), np.float32)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def convolve(x: tf.Tensor, transformed: tf.Tensor, bias: tf.Tensor) -> Any:
    """Convolution (stride 1, SAME), bias and ReLU: [1, h, w, in] -> [1, h, w, out].

    The gradient to `x` goes back through the same three transforms, transposed, and needs no second kernel.
    """
    activation = tf.nn.relu(_forward(x, transformed) + bias)

    def gradient(upstream: tf.Tensor) -> tuple[Any, ...]:
        masked = tf.where(activation > 0, upstream, tf.zeros([], upstream.dtype))
        return _backward(masked, transformed), None, None

    return activation, gradient


def _forward(x: tf.Tensor, transformed: tf.Tensor) -> tf.Tensor:
    _, height, width, _ = _sizes(x)
    rows, columns = (height + 3) // 4, (width + 3) // 4
    padded = tf.pad(x[0], [[1, 4 * rows + 1 - height], [1, 4 * columns + 1 - width], [0, 0]])
    tiles = tf.stack(_into([_every_fourth(padded, 0, k, rows) for k in range(6)]))
    tiles = tf.stack(_into([_every_fourth(tiles, 2, k, columns) for k in range(6)]), axis=1)
    products = _multiply(tiles, transformed, rows, columns, transpose=False)
    lines = tf.stack(_out([products[i] for i in range(6)]), axis=1)  # [6, 4, rows, columns, out]
    pixels = tf.stack(_out([lines[i] for i in range(6)]))  # [4 across, 4 down, rows, columns, out]
    whole = tf.reshape(tf.transpose(pixels, [2, 1, 3, 0, 4]), [1, 4 * rows, 4 * columns, transformed.shape[2]])
    return whole[:, :height, :width]


def _backward(upstream: tf.Tensor, transformed: tf.Tensor) -> tf.Tensor:
    """`_forward` transposed: from the gradient of its result to that of its input."""
    _, height, width, _ = _sizes(upstream)
    rows, columns = (height + 3) // 4, (width + 3) // 4
    padded = tf.pad(upstream[0], [[0, 4 * rows - height], [0, 4 * columns - width], [0, 0]])
    tiles = tf.stack(_out_transposed([padded[k::4] for k in range(4)]))
    tiles = tf.stack(_out_transposed([tiles[:, :, k::4] for k in range(4)]), axis=1)
    products = _multiply(tiles, transformed, rows, columns, transpose=True)
    lines = _laid_over(_into_transposed([products[i] for i in range(6)]))  # [6, 4 rows + 4, columns, in]
    whole = _laid_over(_into_transposed([lines[i] for i in range(6)]))  # [4 rows + 4, 4 columns + 4, in]
    return whole[None, 1 : height + 1, 1 : width + 1]


def _multiply(tiles: tf.Tensor, transformed: tf.Tensor, rows: Any, columns: Any, *, transpose: bool) -> tf.Tensor:
    _, came, goes = transformed.shape if not transpose else (36, *transformed.shape[:0:-1])
    flat = tf.reshape(tiles, [36, rows * columns, came])
    return tf.reshape(tf.matmul(flat, transformed, transpose_b=transpose), [6, 6, rows, columns, goes])


def _sizes(x: tf.Tensor) -> tuple[Any, ...]:
    known = tf.shape(x)
    return tuple(known[i] if size is None else size for i, size in enumerate(x.shape))


def _every_fourth(x: tf.Tensor, axis: int, first: int, count: Any) -> tf.Tensor:
    index: list[Any] = [slice(None)] * len(x.shape)
    index[axis] = slice(first, first + 4 * (count - 1) + 1, 4)
    return x[tuple(index)]


def _laid_over(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Tiles of 6 at a stride of 4, summed where they overlap: along axis 1, each [.., n, ..] -> [.., 4 n + 4, ..]."""
    axis = 1
    space = [[0, 0]] * len(parts[0].shape)

    def padded(part: tf.Tensor, before: int) -> tf.Tensor:
        return tf.pad(part, [*space[:axis], [before, 1 - before], *space[axis + 1 :]])

    own = [padded(part, 0) for part in parts[:4]]
    own[0] += padded(parts[4], 1)
    own[1] += padded(parts[5], 1)
    stacked = tf.stack(own, axis=axis + 1)
    sizes = _sizes(stacked)
    return tf.reshape(stacked, [*sizes[:axis], sizes[axis] * 4, *sizes[axis + 2 :]])


def _into(d: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """6 neighbours -> 6 points."""
    even, odd = d[4] - 4 * d[2], d[3] - 4 * d[1]
    inner, outer = d[4] - d[2], 2 * (d[3] - d[1])
    return [
        4 * d[0] - 5 * d[2] + d[4],
        even + odd,
        even - odd,
        inner + outer,
        inner - outer,
        4 * d[1] - 5 * d[3] + d[5],
    ]


def _into_transposed(v: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    sum1, difference1 = v[1] + v[2], v[1] - v[2]
    sum2, difference2 = v[3] + v[4], v[3] - v[4]
    return [
        4 * v[0],
        4 * v[5] - 4 * difference1 - 2 * difference2,
        -5 * v[0] - 4 * sum1 - sum2,
        difference1 + 2 * difference2 - 5 * v[5],
        v[0] + sum1 + sum2,
        v[5],
    ]


def _out(m: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """6 points -> 4 outputs."""
    sum1, difference1 = m[1] + m[2], m[1] - m[2]
    sum2, difference2 = m[3] + m[4], m[3] - m[4]
    return [m[0] + sum1 + sum2, difference1 + 2 * difference2, sum1 + 4 * sum2, difference1 + 8 * difference2 + m[5]]


def _out_transposed(y: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    even1, odd1 = y[0] + y[2], y[1] + y[3]
    even2, odd2 = y[0] + 4 * y[2], 2 * y[1] + 8 * y[3]
    return [y[0], even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, y[3]]
