"""VGG-19 and VGG-16 as feature extractors. The only home of their pixel convention: BGR, 0 to 255, mean subtracted.

Source: Simonyan & Zisserman 2015, arXiv:1409.1556; Keras' ImageNet weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from nst_core.models import weights
from nst_core.models.convolution import Layer, convolve, held_once, max_pool
from nst_core.models.convolution_method import DIRECT, ConvolutionMethod
from nst_core.models.vgg_layout import LAST_BLOCK, block_of
from nst_core.recipe import NetworkName

CHANNEL_MEANS_BGR = (103.939, 116.779, 123.68)
"""Means of ImageNet's channels that the weights were trained with."""

AVERAGE_SCALE, L2_SCALE = 1.5, 0.7
"""Factors of average and l2 pooling, so that activations have about the magnitude that max pooling gives them.

With Keras' weights the magnitude is then 0.77 to 1.44 times that of max pooling, on three photographs at 128 and
256 px and at every depth; crowsonkb/style-transfer-pytorch has 2.0 and 0.78, for torchvision's weights.
"""


class VggConfig(NamedTuple):
    """Pooling, padding and convolutions of a network: settings of `Objective` and `Recipe.convolutions`, resolved."""

    pooling: str = "max"
    padding: str = "zero"
    convolution: ConvolutionMethod = DIRECT


AS_TRAINED = VggConfig()
"""The pooling and padding that the weights were trained with, and TensorFlow's own convolutions."""


@dataclass(frozen=True, eq=False)
class Vgg:
    """A network's convolutions in order, in one precision."""

    network: NetworkName
    dtype: str
    layers: tuple[Layer, ...]
    found: weights.WeightsSource

    @cached_property
    def channels(self) -> dict[str, int]:
        """Layer -> how many channels it has, in the network's order."""
        return {layer.name: int(layer.bias.shape[0]) for layer in self.layers}


@lru_cache(maxsize=2)
def load(network: NetworkName, dtype: str = "float32") -> Vgg:
    """The network with its pretrained weights; the two used last are cached. Raises WeightsError."""
    found = weights.find(network)
    return build(network, weights.vgg_kernels(found), dtype, found)


def build(network: NetworkName, kernels: Iterable[tuple[str, Any]], dtype: str, found: Any = None) -> Vgg:
    """A network from its layers in order: name, (kernel [3, 3, in, out], bias [out])."""
    layers = (Layer(name, held_once(kernel, dtype), held_once(bias, dtype)) for name, (kernel, bias) in kernels)
    return Vgg(network, dtype, tuple(layers), found)


def features(
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], config: VggConfig = AS_TRAINED
) -> dict[str, tf.Tensor]:
    """Activations after ReLU at the named layers; nothing past the last of them is computed.

    Args:
        picture: float32 RGB, [1, H, W, 3] in [0, 1].
        names: layer names.
        config: pooling, padding, and how convolutions are computed; a compiled method only inside `jit_compile`.

    Returns:
        Layer -> float32 [1, h, w, channels], where block b sees H / 2^(b-1), rounded down.
    """
    return {name: tf.cast(seen, tf.float32) for name, seen in blocks(vgg, picture, names, config)[0].items()}


def blocks(
    vgg: Vgg, start: tf.Tensor, names: Sequence[str], config: VggConfig, part: range | None = None
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Run some blocks of the network, for pictures in strips: their activations, and the input of the next block.

    Args:
        start: the picture, or the output of the block before `part`, [1, h, w, channels].
        names: the layers whose activations are returned.
        config: as in `features`.
        part: which blocks, each pooled at its end; None is all. The last block ends with the last wanted layer.

    Returns:
        Activations as in `features` and the next block's input, both in the network's own precision.
    """
    first, last = (part[0], part[-1]) if part else (1, LAST_BLOCK)
    found: dict[str, tf.Tensor] = {}
    current = tf.cast(_to_network_input(start) if first == 1 else start, vgg.dtype)
    block = first
    for layer in vgg.layers:
        of = block_of(layer.name)
        if of < first:
            continue
        if of > block:
            current, block = _pool(current, config), of
        if of > last or (last == LAST_BLOCK and len(found) == len(set(names))):
            break
        current = _layer(current, layer, config)
        if layer.name in names:
            found[layer.name] = current
    return found, current


def _to_network_input(picture: tf.Tensor) -> tf.Tensor:
    return tf.reverse(picture, axis=[-1]) * 255.0 - tf.constant(CHANNEL_MEANS_BGR, tf.float32)


def _layer(x: tf.Tensor, layer: Layer, config: VggConfig) -> tf.Tensor:
    if layer.is_first and config.padding == "replicate":
        # SYMMETRIC padding by 1 repeats the edge; the outputs computed from the zeros beyond it are cut off.
        framed = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        return convolve(framed, layer, config.convolution)[:, 1:-1, 1:-1]
    return convolve(x, layer, config.convolution)


def _pool(activations: tf.Tensor, config: VggConfig) -> tf.Tensor:
    if config.pooling == "average":
        return AVERAGE_SCALE * tf.nn.avg_pool2d(activations, 2, 2, "VALID")
    if config.pooling == "l2":
        squares = 4.0 * tf.nn.avg_pool2d(tf.square(activations), 2, 2, "VALID")
        return L2_SCALE * tf.sqrt(squares + 1e-8)  # the root's slope at 0 is infinite
    return max_pool(activations, config.convolution)
