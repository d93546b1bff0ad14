"""What a network costs by itself: the floor under every step that uses it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Sequence

import tensorflow as tf

from nst_core.models.device import device
from nst_core.models.vgg import Vgg, VggConfig, features
from nst_core.step import Pixels


def bare_pass(vgg: Vgg, picture: Pixels, names: Sequence[str], reading: VggConfig, rounds: int) -> float:
    """Median seconds of the forward pass to the named layers and back to the picture, without any loss.

    Args:
        vgg: the network.
        picture: [1, H, W, 3] in [0, 1].
        names: layer names.
        reading: as in `features`.
        rounds: how many passes are timed, after one that compiles.
    """

    @tf.function(jit_compile=reading.convolutions == "winograd", autograph=False)  # type: ignore[untyped-decorator]
    def both_ways(pixels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            seen = features(vgg, pixels, names, reading)
        return tape.gradient(list(seen.values()), pixels)

    with tf.device(device().name):
        pixels = tf.constant(picture)
        both_ways(pixels)
        stamps = [time.perf_counter()]
        for _ in range(rounds):
            both_ways(pixels).numpy()
            stamps.append(time.perf_counter())
    return statistics.median(after - before for before, after in itertools.pairwise(stamps))
