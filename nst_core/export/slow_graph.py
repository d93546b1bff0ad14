"""The slow method's loss and gradient as one graph of plain operations, for runtimes that cannot differentiate.

The backward pass is written out. The input gradient of a convolution is a convolution with the mirrored kernel, the
masks of ReLU and max pooling are computed by arithmetic, and Gram matrices are matrix products. Both LiteRT's library
for processors (XNNPACK) and its GPU delegate support each operation, so that the whole graph runs in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from nst_core.export.slow_layout import CONTENT_LAYER, STYLE_LAYERS, TERMS
from nst_core.models.vgg import CHANNEL_MEANS_BGR
from nst_core.models.vgg_layout import block_of

STEEP = 1e38
"""Turns a number >= 0 into 0 or 1: min(STEEP * number, 1)."""


class Kernels(NamedTuple):
    """One convolution's constants.

    Attributes:
        forward: [3, 3, in, out]; the first layer's input channels are red, green, blue.
        bias: [out].
        mirrored: [3, 3, out, in]: `forward` turned by 180 degrees, channels exchanged.
    """

    forward: tf.Tensor
    bias: tf.Tensor
    mirrored: tf.Tensor


@dataclass(frozen=True, eq=False)
class _Layer:
    """The values of a layer that the backward pass needs.

    Attributes:
        name: of the layer.
        mirrored: its kernel for the backward pass.
        activation: its result, after ReLU.
        pooling: the input and the result of the pooling before the layer, if there is one.
    """

    name: str
    mirrored: tf.Tensor
    activation: tf.Tensor
    pooling: tuple[tf.Tensor, tf.Tensor] | None


def evaluate(
    kernels: Mapping[str, Kernels],
    picture: tf.Tensor,
    content: tf.Tensor,
    grams: Sequence[tf.Tensor],
    weights: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """The weighted loss terms of a picture, the gradient of their sum, and the picture's own statistics.

    Args:
        kernels: layer -> constants, for `LAYERS` in their order.
        picture: [1, H, W, 3] in [0, 1]; H and W are fixed multiples of `MULTIPLE_PX`.
        content: the content's activations, [1, H / 8, W / 8, 512].
        grams: the style's Gram matrices [C, C] at `STYLE_LAYERS`.
        weights: [7], in the order of `TERMS`.

    Returns:
        See `slow_layout.outputs`.
    """
    layers = _forward(kernels, picture)
    found = {layer.name: layer.activation for layer in layers}
    weight = [tf.reshape(tf.slice(weights, [n], [1]), [1, 1]) for n in range(len(TERMS))]
    content_term, content_slope = _content(found[CONTENT_LAYER], content, weight[0])
    styles = [_style(found[n], g, w) for n, g, w in zip(STYLE_LAYERS, grams, weight[1:-1], strict=True)]
    variation_term, variation_slope = _variation(picture)
    moments, style_terms, style_slopes = zip(*styles, strict=True)
    slopes = {CONTENT_LAYER: content_slope, **dict(zip(STYLE_LAYERS, style_slopes, strict=True))}
    terms = [tf.reshape(term, [1]) for term in (content_term, *style_terms, variation_term)]
    before_scale = _backward(layers, slopes) + tf.reshape(weight[-1] / 255.0, [1, 1, 1, 1]) * variation_slope
    return {
        "gradient": before_scale * 255.0,  # last: else the converter would multiply it into the kernel before it
        "terms": tf.concat(terms, axis=0) * weights,
        "activations": found[CONTENT_LAYER],
        **{f"gram_{n}": moment for n, moment in enumerate(moments, start=1)},
    }


def _forward(kernels: Mapping[str, Kernels], picture: tf.Tensor) -> list[_Layer]:
    """The network's layers in order."""
    current = picture * 255.0 - tf.constant(CHANNEL_MEANS_BGR[::-1], tf.float32)
    layers: list[_Layer] = []
    for name, (forward, bias, mirrored) in kernels.items():
        pooling = None
        if layers and block_of(name) > block_of(layers[-1].name):
            pooling = current, tf.nn.max_pool2d(current, 2, 2, "VALID")
            current = pooling[1]
        current = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(current, forward, 1, "SAME"), bias))
        layers.append(_Layer(name, mirrored, current, pooling))
    return layers


def _backward(layers: Sequence[_Layer], slopes: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """The gradient with respect to the network's input, from the losses' gradients with respect to activations."""
    upstream: tf.Tensor | None = None
    for layer in reversed(layers):
        if layer.name in slopes:
            upstream = slopes[layer.name] if upstream is None else upstream + slopes[layer.name]
        masked = upstream * tf.minimum(layer.activation * STEEP, 1.0)
        upstream = tf.nn.conv2d(masked, layer.mirrored, 1, "SAME")
        if layer.pooling is not None:
            upstream = unpool(*layer.pooling, upstream)
    return upstream


def unpool(before: tf.Tensor, after: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """The gradient with respect to the input of max pooling; the greatest values of a window share it evenly."""
    greatest = 1.0 - tf.minimum((_spread(after) - before) * STEEP, 1.0)
    sharing = tf.nn.avg_pool2d(greatest, 2, 2, "VALID") * 4.0
    return greatest * _spread(upstream / sharing)


def _spread(values: tf.Tensor) -> tf.Tensor:
    """Each value of [1, h, w, C] to the four places of its window, [1, 2 h, 2 w, C].

    A reshape turns two copies side by side in the channels into two neighbouring columns, and two copies of whole rows
    into two rows.
    """
    _, height, width, channels = values.shape
    columns = tf.reshape(tf.concat([values, values], axis=3), [1, height, 2 * width * channels])
    return tf.reshape(tf.concat([columns, columns], axis=2), [1, 2 * height, 2 * width, channels])


def _content(activations: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The content distance, and its weighted gradient."""
    difference = activations - target
    scale = tf.reshape(weight, [1, 1, 1, 1]) * (2.0 / activations.shape.num_elements())
    return tf.reduce_mean(tf.square(difference)), difference * scale


def _style(activations: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The Gram matrix, its distance from the target, and the weighted gradient."""
    _, height, width, channels = activations.shape
    flat = tf.reshape(activations, [height * width, channels])
    across = tf.transpose(flat)
    moment = tf.matmul(across, across, transpose_b=True) * (1.0 / (height * width))
    difference = moment - target
    slope = difference * (weight * (4.0 / (channels * channels * height * width)))
    gradient = tf.matmul(flat, slope, transpose_b=True)  # the slope is symmetric
    return moment, tf.reduce_mean(tf.square(difference)), tf.reshape(gradient, [1, height, width, channels])


def _variation(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The sum of absolute differences of neighbouring pixels, and its gradient."""
    down = picture[:, 1:] - picture[:, :-1]
    right = picture[:, :, 1:] - picture[:, :, :-1]
    falls, rises = tf.sign(down), tf.sign(right)
    none = [0, 0]
    vertical = tf.pad(falls, [none, [1, 0], none, none]) - tf.pad(falls, [none, [0, 1], none, none])
    horizontal = tf.pad(rises, [none, none, [1, 0], none]) - tf.pad(rises, [none, none, [0, 1], none])
    return tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(tf.abs(right)), vertical + horizontal
