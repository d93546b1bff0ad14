"""The time of a network without any loss: a lower limit for each step that uses the network."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Sequence

import tensorflow as tf

from nst_core.models.device import device
from nst_core.models.vgg import Vgg, VggConfig, features
from nst_core.step import Pixels


def bare_pass(vgg: Vgg, picture: Pixels, names: Sequence[str], config: VggConfig, rounds: int) -> float:
    """Median seconds of a forward pass to the named layers and a backward pass to the picture, without any loss.

    Args:
        vgg: the network.
        picture: [1, H, W, 3] in [0, 1].
        names: layer names.
        config: pooling, padding and convolutions, as in `features`.
        rounds: how many passes are timed, after a first one that compiles.
    """

    @tf.function(jit_compile=config.convolution.compiled, autograph=False)  # type: ignore[untyped-decorator]
    def both_ways(pixels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            activations = features(vgg, pixels, names, config)
        return tape.gradient(list(activations.values()), pixels)

    with tf.device(device().name):
        pixels = tf.constant(picture)
        both_ways(pixels)
        stamps = [time.perf_counter()]
        for _ in range(rounds):
            both_ways(pixels).numpy()
            stamps.append(time.perf_counter())
    return statistics.median(after - before for before, after in itertools.pairwise(stamps))
