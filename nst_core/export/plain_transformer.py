"""The transformer of the fast method in operations that LiteRT computes fast: the same sums.

LiteRT's fast part, XNNPACK on a processor or a GPU delegate, does not support the padding by mirroring and the blocks
of 2 x 2 pixels of `nst_core.models.transformer`. It split that graph into 17 pieces and left the rest to slow general
code: in a browser that took half of the time of a frame. Here the mirrored border is made of slices, and a convolution
of blocks is a convolution with a stride of 2, so that the graph stays in one piece.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import tensorflow as tf

from nst_core.models.transformer import StyleParameters, Transformer, affine

Mirror = Literal["REFLECT", "SYMMETRIC"]
"""How often the edge itself is repeated in each mode of `tf.pad`: not with REFLECT, once with SYMMETRIC."""


def stylise(transformer: Transformer, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """`Transformer.stylise` for a fixed size: content [1, H, W, 3], H and W multiples of 4, vector [1, 1, 1, 100]."""
    styles = transformer.parameters(vector)
    x = _contract(transformer, content)
    for block in range(5):
        y = tf.nn.relu(_instance_norm(transformer.inner(pad(x, 1), 2 * block), styles[2 * block]))
        x += _instance_norm(transformer.inner(pad(y, 1), 2 * block + 1), styles[2 * block + 1])
    for number in range(2):
        x = tf.nn.relu(_instance_norm(transformer.double(pad(x, 1, "SYMMETRIC"), number), styles[10 + number]))
    x = tf.nn.conv2d(pad(x, 4), _strided(transformer.last_kernel), 2, "VALID")
    return tf.sigmoid(_instance_norm(tf.nn.depth_to_space(x, 2), styles[12]))


def pad(x: tf.Tensor, pixels: int, mirror: Mirror = "REFLECT") -> tf.Tensor:
    """Pad [n, H, W, C] on each side with mirrored rows and columns."""
    for axis in (1, 2):
        x = _mirrored(x, axis, pixels, pixels, mirror)
    return x


def _contract(transformer: Transformer, content: tf.Tensor) -> tf.Tensor:
    """`Transformer.contract` of a whole picture."""
    (k1, b1), (k2, b2), (k3, b3) = transformer.contract_kernels
    x = tf.nn.relu(tf.nn.conv2d(pad(content, 4), _strided(k1), 2, "VALID") + b1)
    x = tf.nn.relu(tf.nn.conv2d(_pad_first(x, "SYMMETRIC"), k2, 1, "VALID") + b2)
    return tf.nn.relu(tf.nn.conv2d(_pad_first(x, "REFLECT"), k3, 2, "VALID") + b3)


def _pad_first(x: tf.Tensor, mirror: Mirror) -> tf.Tensor:
    """Pad with one row above and one column to the left."""
    for axis in (1, 2):
        x = _mirrored(x, axis, 1, 0, mirror)
    return x


def _mirrored(x: tf.Tensor, axis: int, before: int, behind: int, mirror: Mirror) -> tf.Tensor:
    skipped = 1 if mirror == "REFLECT" else 0
    last = x.shape[axis] - 1
    head = [_line(x, axis, n + skipped) for n in reversed(range(before))]
    tail = [_line(x, axis, last - skipped - n) for n in range(behind)]
    return _joined([*_joined(head, axis), x, *_joined(tail, axis)], axis)[0]


def _line(x: tf.Tensor, axis: int, at: int) -> tf.Tensor:
    begin, size = [0] * 4, list(x.shape)
    begin[axis], size[axis] = at, 1
    return tf.slice(x, begin, size)


def _joined(parts: list[tf.Tensor], axis: int) -> list[tf.Tensor]:
    """Concatenate the parts into one, in a list; XNNPACK concatenates up to five at once."""
    return [tf.concat(parts, axis)] if len(parts) > 1 else parts


def _strided(on_blocks: tf.Tensor) -> tf.Tensor:
    """A kernel on blocks of 2 x 2 pixels, [b, b, 4 in, out], as one of stride 2 on pixels: [2 b, 2 b, in, out]."""
    blocks, _, inside, out = on_blocks.shape
    kernel = np.asarray(on_blocks).reshape(blocks, blocks, 2, 2, inside // 4, out)
    return tf.constant(kernel.transpose(0, 2, 1, 3, 4, 5).reshape(2 * blocks, 2 * blocks, inside // 4, out))


def _instance_norm(x: tf.Tensor, style: StyleParameters) -> tf.Tensor:
    """Instance norm of [n, h, w, C] in as few passes over the picture as LiteRT allows."""
    mean = tf.reduce_mean(x, (1, 2), keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), (1, 2), keepdims=True)
    gain, offset = affine(mean, variance, style)
    return x * gain + offset
