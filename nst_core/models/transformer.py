"""The stylisation network's transformer, arranged for speed: the same sums, fewer and better-shaped convolutions.

At full size the network works on 3 and 8 channels, which no convolution library is quick at. Here those layers see
blocks of 2 x 2 pixels as channels: a 9 x 9 convolution from 3 to 8 channels is a 5 x 5 one from 12 to 32. Doubling a
picture and convolving it is a convolution to four times the channels: nothing is computed on repeated pixels.

It comes whole, or in pieces that take rows of a picture, for results larger than memory. A picture whose sides are no
multiples of 4 is mirrored up to the next ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

Arrays = Mapping[str, np.ndarray]
Parameters = tuple[tf.Tensor, tf.Tensor]
"""Shift and scale that a style gives a layer, each [n, 1, 1, C]."""

EPSILON = 1e-5
STYLED = (
    *(f"residual/residual{block}/conv{conv}" for block in range(1, 6) for conv in (1, 2)),
    "expand/conv1/conv",
    "expand/conv2/conv",
    "expand/conv3/conv",
)
"""Layers whose instance norm the style sets, in order."""


class Transformer(tf.Module):  # type: ignore[misc]
    """The network and its pieces; all take float32 and any size.

    Args:
        arrays: kernels [h, w, in, out] and biases by their names in the ONNX graph.
    """

    def __init__(self, arrays: Arrays) -> None:
        super().__init__()

        def kernel(name: str) -> np.ndarray:
            return arrays[f"transformer/{name}/weights"]

        def bias(name: str) -> np.ndarray:
            return arrays[f"transformer/{name}/bias"]

        self._contract = (
            (tf.constant(on_blocks(kernel("contract/conv1"))), tf.constant(np.tile(bias("contract/conv1"), 4))),
            (tf.constant(blocks_to_one(kernel("contract/conv2"))), tf.constant(bias("contract/conv2"))),
            (tf.constant(kernel("contract/conv3")), tf.constant(bias("contract/conv3"))),
        )
        self._inner = tf.constant(np.stack([kernel(name) for name in STYLED[:10]]))
        self._doubling = tuple(tf.constant(doubled(kernel(name))) for name in STYLED[10:12])
        self._last = tf.constant(on_blocks(kernel(STYLED[12])))
        style = [f"style_params/transformer/{name}/StyleNorm/Conv" for name in STYLED]
        self._shifts = [tuple(tf.constant(arrays[f"{n}/{a}"][..., :]) for a in ("weights", "bias")) for n in style]
        self._scales = [tuple(tf.constant(arrays[f"{n}_1/{a}"][..., :]) for a in ("weights", "bias")) for n in style]

    def parameters(self, vector: tf.Tensor) -> list[Parameters]:
        """What a style [n, 1, 1, 100] makes of each layer of `STYLED`."""
        return [
            (tf.nn.conv2d(vector, wk, 1, "VALID") + bk, tf.nn.conv2d(vector, ws, 1, "VALID") + bs)
            for (wk, bk), (ws, bs) in zip(self._shifts, self._scales, strict=True)
        ]

    def whole(self, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Contents [n, H, W, 3] in [0, 1] in the styles [n, 1, 1, 100]: [n, H, W, 3] in [0, 1]."""
        height, width = tf.unstack(tf.shape(content)[1:3])
        styles = self.parameters(vector)
        content = mirrored(content, 0, -height % 4, 0, -width % 4)
        x = self.contract(mirrored(content, 4, 4, 4, 4), tf.constant(1))
        for block in range(5):
            y = tf.nn.relu(_styled(self.inner(_framed(x), 2 * block), styles[2 * block]))
            x += _styled(self.inner(_framed(y), 2 * block + 1), styles[2 * block + 1])
        for number in range(2):
            # What is mirrored around a doubled picture is what is repeated around the picture itself.
            x = tf.nn.relu(_styled(self.double(_framed(x, "SYMMETRIC"), number), styles[10 + number]))
        x = tf.sigmoid(_styled(self.last(mirrored(x, 4, 4, 4, 4)), styles[12]))
        return x[:, :height, :width]

    def contract(self, window: tf.Tensor, top: tf.Tensor) -> tf.Tensor:
        """Rows of the picture to a quarter of its size, [n, h, W, 3] -> [n, q, W / 4, 32].

        Args:
            window: all columns and 4 mirrored ones on each side; 4 rows above and below those that conv1 is to give.
            top: 1 if these are the picture's first rows, else 0; then conv1 must give 4 rows more above, which the
                later layers look at and do not give.
        """
        (k1, b1), (k2, b2), (k3, b3) = self._contract
        x = tf.nn.relu(tf.nn.conv2d(tf.nn.space_to_depth(window, 2), k1, 1, "VALID") + b1)
        x = tf.pad(x, [[0, 0], [top, 0], [1, 0], [0, 0]], "SYMMETRIC")
        x = tf.nn.relu(tf.nn.conv2d(x, k2, 1, "VALID") + b2)
        x = tf.pad(x, [[0, 0], [top, 0], [1, 0], [0, 0]], "REFLECT")
        return tf.nn.relu(tf.nn.conv2d(x, k3, 2, "VALID") + b3)

    def inner(self, window: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
        """Convolution 0 to 9 of the residual part, before its norm: [n, h + 2, w + 2, 32] -> [n, h, w, 32]."""
        return tf.nn.conv2d(window, self._inner[number], 1, "VALID")

    def double(self, window: tf.Tensor, number: int) -> tf.Tensor:
        """Doubling 0 or 1, before its norm: [n, h + 2, w + 2, C] -> [n, 2h, 2w, C / 2]."""
        return tf.nn.depth_to_space(tf.nn.conv2d(window, self._doubling[number], 1, "VALID"), 2)

    def last(self, window: tf.Tensor) -> tf.Tensor:
        """To colours, before their norm: [n, h + 8, w + 8, 8] -> [n, h, w, 3], h and w even."""
        return tf.nn.depth_to_space(tf.nn.conv2d(tf.nn.space_to_depth(window, 2), self._last, 1, "VALID"), 2)


def mirrored(
    x: tf.Tensor, above: int | tf.Tensor, below: int | tf.Tensor, left: int | tf.Tensor, right: int | tf.Tensor
) -> tf.Tensor:
    """[n, H, W, C] with mirrored rows and columns around it, the edge itself not repeated."""
    return tf.pad(x, [[0, 0], [above, below], [left, right], [0, 0]], "REFLECT")


def _framed(x: tf.Tensor, how: str = "REFLECT") -> tf.Tensor:
    return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], how)


def _styled(x: tf.Tensor, style: Parameters) -> tf.Tensor:
    """Instance norm with the style's shift and scale."""
    mean, variance = tf.nn.moments(x, axes=(1, 2), keepdims=True)
    gain, offset = affine(mean, variance, style)
    return x * gain + offset


def affine(mean: tf.Tensor, variance: tf.Tensor, style: Parameters) -> Parameters:
    """Instance norm as x * gain + offset."""
    shift, scale = style
    gain = scale * tf.math.rsqrt(variance + EPSILON)
    return gain, shift - mean * gain


def on_blocks(kernel: np.ndarray) -> np.ndarray:
    """A convolution of stride 1 as one on blocks of 2 x 2 pixels: [k, k, in, out] -> [b, b, 4 in, 4 out], k odd."""
    size, _, inside, out = kernel.shape
    reach = size // 2
    first = -reach // 2
    blocks = (1 + reach) // 2 - first + 1
    result = np.zeros((blocks, blocks, 2, 2, inside, 2, 2, out), np.float32)
    for a, b, i, j in np.ndindex(2, 2, size, size):  # output at (a, b) of its block, tap (i, j)
        y, x = a + i - reach, b + j - reach
        result[y // 2 - first, x // 2 - first, y % 2, x % 2, :, a, b] = kernel[i, j]
    return result.reshape(blocks, blocks, 4 * inside, 4 * out)


def blocks_to_one(kernel: np.ndarray) -> np.ndarray:
    """A 3 x 3 convolution of stride 2 that reads blocks: [3, 3, in, out] -> [2, 2, 4 in, out]."""
    _, _, inside, out = kernel.shape
    result = np.zeros((2, 2, 2, 2, inside, out), np.float32)
    for i, j in np.ndindex(3, 3):
        result[(i + 1) // 2, (j + 1) // 2, (i + 1) % 2, (j + 1) % 2] = kernel[i, j]
    return result.reshape(2, 2, 4 * inside, out)


def doubled(kernel: np.ndarray) -> np.ndarray:
    """A 3 x 3 convolution of a picture whose pixels were doubled: [3, 3, in, out] -> [3, 3, in, 4 out], on blocks."""
    _, _, inside, out = kernel.shape
    result = np.zeros((3, 3, inside, 2, 2, out), np.float32)
    for a, b, i, j in np.ndindex(2, 2, 3, 3):
        result[(a + i + 1) // 2, (b + j + 1) // 2, :, a, b] += kernel[i, j]
    return result.reshape(3, 3, inside, 4 * out)
