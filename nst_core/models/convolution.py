"""The convolution and pooling of a network by each `ConvolutionMethod`: no other module contains their arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from nst_core.models import winograd
from nst_core.models.convolution_method import DIRECT, ConvolutionMethod


@dataclass(frozen=True, eq=False)
class Layer:
    """One convolution: `kernel` [3, 3, in, out], `bias` [out]; other forms of the kernel are made when first needed."""

    name: str
    kernel: tf.Tensor
    bias: tf.Tensor

    @property
    def is_first(self) -> bool:
        """Whether it is the network's first convolution, from three colours."""
        return bool(self.kernel.shape[2] == 3)

    @cached_property
    def mirrored(self) -> tf.Tensor:
        """[3, 3, out, in]: the kernel of the input gradient."""
        with tf.init_scope():
            return tf.transpose(tf.reverse(self.kernel, axis=[0, 1]), [0, 1, 3, 2])

    @cached_property
    def transformed(self) -> tf.Tensor:
        """[36, in, out]: the kernel for `winograd.convolve`, four times as large."""
        with tf.init_scope():
            return held_once(winograd.transform_kernel(self.kernel.numpy()), "float32")

    @cached_property
    def transformed_mirrored(self) -> tf.Tensor | None:
        """[36, out, in]: the transformed kernel of the input gradient; None for wide layers, where it saves no time."""
        if not winograd.is_narrow(self.kernel):
            return None
        with tf.init_scope():
            return held_once(winograd.transform_kernel(self.mirrored.numpy()), "float32")


def held_once(values: Any, dtype: str) -> tf.Tensor:
    """A tensor whose source array can be freed: TensorFlow frees a copied array only when an operation follows."""
    return tf.identity(tf.constant(values, dtype))


def convolve(x: tf.Tensor, layer: Layer, method: ConvolutionMethod) -> tf.Tensor:
    """Convolution 3 x 3 (stride 1, zeros beyond the edge), bias and ReLU: [1, h, w, in] -> [1, h, w, out]."""
    if method is DIRECT or layer.is_first:  # with three channels, Winograd's transforms cost more than they save
        return _convolve(x, layer)
    return winograd.convolve(x, layer.transformed, layer.bias, layer.transformed_mirrored)


def max_pool(x: tf.Tensor, method: ConvolutionMethod) -> tf.Tensor:
    """Max pooling 2 x 2 without the rows and columns left over: [1, h, w, C] -> [1, h // 2, w // 2, C]."""
    return tf.nn.max_pool2d(x, 2, 2, "VALID") if method is DIRECT else _max_pool(x)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _max_pool(x: tf.Tensor) -> Any:
    """Max pooling 2 x 2 with a gradient in a few passes over memory, for XLA: its own takes 3 to 4 times as long.

    The greatest values of a window share its gradient evenly, where TensorFlow's own picks one of them: both are
    subgradients. Uncompiled, TensorFlow's own is two to three times as fast.
    """
    pooled = tf.nn.max_pool2d(x, 2, 2, "VALID")

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        def spread(values: tf.Tensor) -> tf.Tensor:  # each value to its four places: the gradient of a mean, times 4
            return tf.raw_ops.AvgPoolGrad(
                orig_input_shape=tf.shape(x),
                grad=values * 4,
                ksize=[1, 2, 2, 1],
                strides=[1, 2, 2, 1],
                padding="VALID",
            )

        greatest = tf.cast(x == spread(pooled), x.dtype)
        return greatest * spread(upstream / (4 * tf.nn.avg_pool2d(greatest, 2, 2, "VALID")))

    return pooled, gradient


def _convolve(x: tf.Tensor, layer: Layer) -> tf.Tensor:
    """Convolution, bias, ReLU; its gradient to `x` as a convolution with the mirrored kernel.

    The input gradient of a stride-1 SAME convolution of odd size *is* a convolution with the kernel turned by 180
    degrees and its channels exchanged. TensorFlow's forward convolutions are better optimised: on an AVX2 processor
    this is 1.3 to 1.8 times as fast as TensorFlow's own input gradient in float32, and 30 times in bfloat16.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(values: tf.Tensor) -> Any:
        activation = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(values, layer.kernel, 1, "SAME"), layer.bias))

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            masked = tf.raw_ops.ReluGrad(gradients=upstream, features=activation)
            return tf.nn.conv2d(masked, layer.mirrored, 1, "SAME")

        return activation, gradient

    return convolved(x)
