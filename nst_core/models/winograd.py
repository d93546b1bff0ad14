"""3 x 3 convolutions with a quarter of the products: Winograd's F(4 x 4, 3 x 3).

Each tile of 4 x 4 outputs is computed from 6 x 6 inputs. Inputs and kernel are transformed to 36 numbers a tile, for
which a convolution is 36 independent matrix products, and the products are transformed back: 36 products replace 144.
XLA fuses the transforms: compiled, this is 2 to 3 times as fast on a processor as TensorFlow's own convolution, and
exact up to float32's rounding (some 1e-5 of the largest value). Uncompiled it is slower: call it in `jit_compile` only.

Source: Lavin & Gray 2016, arXiv:1509.09308, section 4.3, for the points 0, 1, -1, 2, -2 and infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

# Transforms a kernel's 3 taps to the 6 points; the other two transforms are written out below as sums.
_KERNEL_TRANSFORM = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)


NARROW_CHANNELS = 128
"""Convolutions with at most this many input or output channels are computed in bands; in wider ones the matrix products
dominate."""
BAND_BYTES = 4_500_000
"""Size of a band of transformed tiles in bytes: small enough that the band and its products stay in the processor's
cache."""


def transform_kernel(kernel: np.ndarray) -> np.ndarray:
    """The transform of a kernel [3, 3, in, out]: [36, in, out], float32, computed in float64."""
    wide = np.einsum("ai,bj,ijco->abco", _KERNEL_TRANSFORM, _KERNEL_TRANSFORM, kernel.astype(np.float64), optimize=True)
    return np.asarray(wide.reshape(36, *kernel.shape[2:]), np.float32)


def convolve(x: tf.Tensor, transformed: tf.Tensor, bias: tf.Tensor, mirrored: tf.Tensor | None = None) -> tf.Tensor:
    """Convolution (stride 1, SAME), bias and ReLU: [1, h, w, in] -> [1, h, w, out].

    The gradient to `x` is a convolution with the `mirrored` kernel, transformed too, if that is given. Otherwise it is
    computed by the transposes of the three transforms, which need no second kernel.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(values: tf.Tensor) -> Any:
        activation = tf.nn.relu(_forward(values, transformed) + bias)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            masked = tf.where(activation > 0, upstream, tf.zeros([], upstream.dtype))
            return _backward(masked, transformed) if mirrored is None else _forward(masked, mirrored)

        return activation, gradient

    return convolved(x)


def is_narrow(kernel: tf.Tensor) -> bool:
    """Whether a kernel [..., in, out] has so few channels that its transforms, not its products, take the time."""
    return bool(min(kernel.shape[-2:]) <= NARROW_CHANNELS)


def _forward(x: tf.Tensor, transformed: tf.Tensor) -> tf.Tensor:
    _, height, width, channels_in = _sizes(x)
    rows, columns = (height + 3) // 4, (width + 3) // 4
    bands, tall = _bands(rows, columns, transformed)
    below, right = 4 * (bands * tall + 1), 4 * (columns + 1)
    padded = tf.pad(x[0], [[1, below - 1 - height], [1, right - 1 - width], [0, 0]])
    cells = tf.reshape(padded, [bands * tall + 1, 4, columns + 1, 4, channels_in])
    if isinstance(bands, int):
        return _band(cells, transformed)[None, :height, :width]
    channels_out = transformed.shape[2]

    def band(i: tf.Tensor, done: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        part = tf.slice(cells, [i * tall, 0, 0, 0, 0], [tall + 1, 4, columns + 1, 4, channels_in])
        return i + 1, done.write(i, _band(part, transformed))

    found = tf.TensorArray(tf.float32, bands, element_shape=[None, None, channels_out])
    _, found = tf.while_loop(lambda i, _: i < bands, band, (tf.constant(0), found))
    return tf.reshape(found.stack(), [1, 4 * bands * tall, 4 * columns, channels_out])[:, :height, :width]


def _bands(rows: Any, columns: Any, transformed: tf.Tensor) -> tuple[Any, Any]:
    """The number of bands, and the rows of tiles of each, so that a transformed band fits the processor's cache."""
    if not is_narrow(transformed):
        return 1, rows
    most = tf.maximum(BAND_BYTES // (36 * 4 * max(transformed.shape[1:]) * columns), 1)
    bands = (rows + most - 1) // most
    return bands, (rows + bands - 1) // bands


def _band(cells: tf.Tensor, transformed: tf.Tensor) -> tf.Tensor:
    """Rows of tiles one below the other: [rows + 1, 4, columns + 1, 4, in] -> [4 rows, 4 columns, out]."""
    rows, _, columns, _, _ = (size - 1 for size in _sizes(cells))
    first = [cells[:-1, k] for k in range(4)] + [cells[1:, k] for k in range(2)]
    tiles = tf.stack(_input_transform(first))  # [6, rows, columns + 1, 4, in]
    tiles = tf.stack(
        _input_transform([tiles[:, :, :-1, k] for k in range(4)] + [tiles[:, :, 1:, k] for k in range(2)]), axis=1
    )
    products = _multiply(tiles, transformed, rows, columns, transpose=False)
    lines = tf.stack(_output_transform([products[i] for i in range(6)]), axis=1)  # [6, 4, rows, columns, out]
    pixels = tf.stack(_output_transform([lines[i] for i in range(6)]))  # [4 across, 4 down, rows, columns, out]
    return tf.reshape(tf.transpose(pixels, [2, 1, 3, 0, 4]), [4 * rows, 4 * columns, transformed.shape[2]])


def _backward(upstream: tf.Tensor, transformed: tf.Tensor) -> tf.Tensor:
    """`_forward` transposed: from the gradient of its result to that of its input."""
    _, height, width, _ = _sizes(upstream)
    rows, columns = (height + 3) // 4, (width + 3) // 4
    padded = tf.pad(upstream[0], [[0, 4 * rows - height], [0, 4 * columns - width], [0, 0]])
    tiles = tf.stack(_output_transform_transposed([padded[k::4] for k in range(4)]))
    tiles = tf.stack(_output_transform_transposed([tiles[:, :, k::4] for k in range(4)]), axis=1)
    products = _multiply(tiles, transformed, rows, columns, transpose=True)
    lines = _overlap_add(_input_transform_transposed([products[i] for i in range(6)]))  # [6, 4 rows + 4, columns, in]
    whole = _overlap_add(_input_transform_transposed([lines[i] for i in range(6)]))  # [4 rows + 4, 4 columns + 4, in]
    return whole[None, 1 : height + 1, 1 : width + 1]


def _multiply(tiles: tf.Tensor, transformed: tf.Tensor, rows: Any, columns: Any, *, transpose: bool) -> tf.Tensor:
    _, channels_in, channels_out = transformed.shape if not transpose else (36, *transformed.shape[:0:-1])
    flat = tf.reshape(tiles, [36, rows * columns, channels_in])
    return tf.reshape(tf.matmul(flat, transformed, transpose_b=transpose), [6, 6, rows, columns, channels_out])


def _sizes(x: tf.Tensor) -> tuple[Any, ...]:
    known = tf.shape(x)
    return tuple(known[i] if size is None else size for i, size in enumerate(x.shape))


def _overlap_add(parts: Sequence[tf.Tensor]) -> tf.Tensor:
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


def _input_transform(d: Sequence[tf.Tensor]) -> list[tf.Tensor]:
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


def _input_transform_transposed(v: Sequence[tf.Tensor]) -> list[tf.Tensor]:
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


def _output_transform(m: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """6 points -> 4 outputs."""
    sum1, difference1 = m[1] + m[2], m[1] - m[2]
    sum2, difference2 = m[3] + m[4], m[3] - m[4]
    return [m[0] + sum1 + sum2, difference1 + 2 * difference2, sum1 + 4 * sum2, difference1 + 8 * difference2 + m[5]]


def _output_transform_transposed(y: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    even1, odd1 = y[0] + y[2], y[1] + y[3]
    even2, odd2 = y[0] + 4 * y[2], 2 * y[1] + 8 * y[3]
    return [y[0], even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, y[3]]
