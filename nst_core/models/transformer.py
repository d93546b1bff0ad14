"""The stylisation network's transformer, rearranged for speed: the same sums in fewer, wider convolutions.

At full size the network has layers of 3 and 8 channels, which convolution libraries compute slowly. Here these layers
work on blocks of 2 x 2 pixels, as four times the channels: a 9 x 9 convolution from 3 to 8 channels becomes a 5 x 5
convolution from 12 to 32. Doubling a picture and convolving it becomes one convolution to four times the channels, so
that nothing is computed twice on repeated pixels.

`Transformer.stylise` takes whole pictures. The other methods take rows, for pictures larger than memory. Sides that
are no multiple of 4 are padded by mirroring.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

Arrays = Mapping[str, np.ndarray]
StyleParameters = tuple[tf.Tensor, tf.Tensor]
"""Shift and scale of a layer's instance norm in a style, each [n, 1, 1, C]."""

EPSILON = 1e-5
STYLED = (
    *(f"residual/residual{block}/conv{conv}" for block in range(1, 6) for conv in (1, 2)),
    "expand/conv1/conv",
    "expand/conv2/conv",
    "expand/conv3/conv",
)
"""Layers whose instance norm depends on the style, in the network's order."""


class Transformer(tf.Module):  # type: ignore[misc]
    """The network, whole and in parts; every input is float32, of any size.

    Args:
        arrays: kernels [h, w, in, out] and biases, by name in the ONNX graph.
    """

    def __init__(self, arrays: Arrays) -> None:
        super().__init__()

        def kernel(name: str) -> np.ndarray:
            return arrays[f"transformer/{name}/weights"]

        def bias(name: str) -> np.ndarray:
            return arrays[f"transformer/{name}/bias"]

        self.contract_kernels = (
            (tf.constant(kernel_on_blocks(kernel("contract/conv1"))), tf.constant(np.tile(bias("contract/conv1"), 4))),
            (tf.constant(strided_kernel_on_blocks(kernel("contract/conv2"))), tf.constant(bias("contract/conv2"))),
            (tf.constant(kernel("contract/conv3")), tf.constant(bias("contract/conv3"))),
        )
        self._inner = tf.constant(np.stack([kernel(name) for name in STYLED[:10]]))
        self._doubling = tuple(tf.constant(upsampling_kernel(kernel(name))) for name in STYLED[10:12])
        self.last_kernel = tf.constant(kernel_on_blocks(kernel(STYLED[12])))
        style = [f"style_params/transformer/{name}/StyleNorm/Conv" for name in STYLED]
        self._shifts = [tuple(tf.constant(arrays[f"{n}/{a}"][..., :]) for a in ("weights", "bias")) for n in style]
        self._scales = [tuple(tf.constant(arrays[f"{n}_1/{a}"][..., :]) for a in ("weights", "bias")) for n in style]

    def parameters(self, vector: tf.Tensor) -> list[StyleParameters]:
        """Shift and scale of each layer of `STYLED`, for style vectors [n, 1, 1, 100]."""
        return [
            (tf.nn.conv2d(vector, wk, 1, "VALID") + bk, tf.nn.conv2d(vector, ws, 1, "VALID") + bs)
            for (wk, bk), (ws, bs) in zip(self._shifts, self._scales, strict=True)
        ]

    def stylise(self, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Stylise contents [n, H, W, 3] in [0, 1] with style vectors [n, 1, 1, 100]: [n, H, W, 3] in [0, 1]."""
        height, width = tf.unstack(tf.shape(content)[1:3])
        styles = self.parameters(vector)
        content = pad_mirrored(content, 0, -height % 4, 0, -width % 4)
        x = self.contract(pad_mirrored(content, 4, 4, 4, 4), tf.constant(1))
        for block in range(5):
            y = tf.nn.relu(_instance_norm(self.inner(_pad_border(x), 2 * block), styles[2 * block]))
            x += _instance_norm(self.inner(_pad_border(y), 2 * block + 1), styles[2 * block + 1])
        for number in range(2):
            # Mirroring a doubled picture at its border equals repeating the edge of the picture before doubling.
            x = tf.nn.relu(_instance_norm(self.double(_pad_border(x, "SYMMETRIC"), number), styles[10 + number]))
        x = tf.sigmoid(_instance_norm(self.last(pad_mirrored(x, 4, 4, 4, 4)), styles[12]))
        return x[:, :height, :width]

    def contract(self, window: tf.Tensor, top: tf.Tensor) -> tf.Tensor:
        """Shrink rows of the picture to a quarter of their size: [n, h, W, 3] -> [n, q, W / 4, 32].

        Args:
            window: rows with all columns and 4 mirrored columns on each side, plus 4 rows above and below for conv1.
            top: 1 for the picture's first rows. Else 0; the window then needs 4 more rows above, which conv2 and conv3
                read but do not return.
        """
        (k1, b1), (k2, b2), (k3, b3) = self.contract_kernels
        x = tf.nn.relu(tf.nn.conv2d(tf.nn.space_to_depth(window, 2), k1, 1, "VALID") + b1)
        x = tf.pad(x, [[0, 0], [top, 0], [1, 0], [0, 0]], "SYMMETRIC")
        x = tf.nn.relu(tf.nn.conv2d(x, k2, 1, "VALID") + b2)
        x = tf.pad(x, [[0, 0], [top, 0], [1, 0], [0, 0]], "REFLECT")
        return tf.nn.relu(tf.nn.conv2d(x, k3, 2, "VALID") + b3)

    def inner(self, window: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
        """Convolution 0 to 9 of the residual blocks, before its norm: [n, h + 2, w + 2, 32] -> [n, h, w, 32]."""
        return tf.nn.conv2d(window, self._inner[number], 1, "VALID")

    def double(self, window: tf.Tensor, number: int) -> tf.Tensor:
        """Upsampling convolution 0 or 1, before its norm: [n, h + 2, w + 2, C] -> [n, 2h, 2w, C / 2]."""
        return tf.nn.depth_to_space(tf.nn.conv2d(window, self._doubling[number], 1, "VALID"), 2)

    def last(self, window: tf.Tensor) -> tf.Tensor:
        """The last convolution, to colours, before its norm: [n, h + 8, w + 8, 8] -> [n, h, w, 3], h and w even."""
        return tf.nn.depth_to_space(tf.nn.conv2d(tf.nn.space_to_depth(window, 2), self.last_kernel, 1, "VALID"), 2)


def pad_mirrored(
    x: tf.Tensor, above: int | tf.Tensor, below: int | tf.Tensor, left: int | tf.Tensor, right: int | tf.Tensor
) -> tf.Tensor:
    """Pad [n, H, W, C] with mirrored rows and columns; the edge itself is not repeated."""
    return tf.pad(x, [[0, 0], [above, below], [left, right], [0, 0]], "REFLECT")


def _pad_border(x: tf.Tensor, how: str = "REFLECT") -> tf.Tensor:
    return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], how)


def _instance_norm(x: tf.Tensor, style: StyleParameters) -> tf.Tensor:
    """Instance norm of [n, h, w, C], with the style's shift and scale."""
    mean, variance = tf.nn.moments(x, axes=(1, 2), keepdims=True)
    gain, offset = affine(mean, variance, style)
    return x * gain + offset


def affine(mean: tf.Tensor, variance: tf.Tensor, style: StyleParameters) -> StyleParameters:
    """Gain and offset, so that x * gain + offset is the instance norm of x."""
    shift, scale = style
    gain = scale * tf.math.rsqrt(variance + EPSILON)
    return gain, shift - mean * gain


def kernel_on_blocks(kernel: np.ndarray) -> np.ndarray:
    """Kernel of a stride-1 convolution, on blocks of 2 x 2 pixels: [k, k, in, out] -> [b, b, 4 in, 4 out], k odd."""
    size, _, inside, out = kernel.shape
    reach = size // 2
    first = -reach // 2
    blocks = (1 + reach) // 2 - first + 1
    result = np.zeros((blocks, blocks, 2, 2, inside, 2, 2, out), np.float32)
    for a, b, i, j in np.ndindex(2, 2, size, size):  # output at (a, b) of its block, tap (i, j)
        y, x = a + i - reach, b + j - reach
        result[y // 2 - first, x // 2 - first, y % 2, x % 2, :, a, b] = kernel[i, j]
    return result.reshape(blocks, blocks, 4 * inside, 4 * out)


def strided_kernel_on_blocks(kernel: np.ndarray) -> np.ndarray:
    """Kernel of a stride-2 convolution that reads blocks of 2 x 2 pixels: [3, 3, in, out] -> [2, 2, 4 in, out]."""
    _, _, inside, out = kernel.shape
    result = np.zeros((2, 2, 2, 2, inside, out), np.float32)
    for i, j in np.ndindex(3, 3):
        result[(i + 1) // 2, (j + 1) // 2, (i + 1) % 2, (j + 1) % 2] = kernel[i, j]
    return result.reshape(2, 2, 4 * inside, out)


def upsampling_kernel(kernel: np.ndarray) -> np.ndarray:
    """Kernel that doubles a picture and convolves it, as 2 x 2 blocks: [3, 3, in, out] -> [3, 3, in, 4 out]."""
    _, _, inside, out = kernel.shape
    result = np.zeros((3, 3, inside, 2, 2, out), np.float32)
    for a, b, i, j in np.ndindex(2, 2, 3, 3):
        result[(a + i + 1) // 2, (b + j + 1) // 2, :, a, b] += kernel[i, j]
    return result.reshape(3, 3, inside, 4 * out)
