"""What a network sees in a picture, without gradients: the targets of an objective, whole or by strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nst_core.models.vgg import LAST, Vgg, VggConfig, blocks
from nst_core.slow.losses.compiled import block_of, widths
from nst_core.slow.losses.statistics import channel_means, gram_matrix
from nst_core.slow.tiling.windows import TilingPlan, windows

LayerMoments = tuple[tf.Tensor, tf.Tensor]
"""A picture's statistics at one layer: mean [C] and second moment [C, C]."""


def moments(
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], reading: VggConfig, plan: TilingPlan
) -> dict[str, LayerMoments]:
    """Mean and second moment of a picture's activations at each layer."""
    sums: dict[str, Any] = {}
    height, width = picture.shape[1:3]
    for seen, counted in _views(vgg, picture, names, reading, plan):
        for n, activations in seen.items():
            scale = 2 ** (block_of(n) - 1)
            whole = tf.constant((height // scale) * (width // scale), tf.float32)
            owned = activations[:, counted(n)]
            part = channel_means(owned, None, whole), gram_matrix(owned, None, whole)
            sums[n] = tuple(map(tf.add, sums[n], part)) if n in sums else part
    return sums


def activations(
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], reading: VggConfig, plan: TilingPlan
) -> tuple[tf.Tensor, ...]:
    """A picture's activations at each layer, whole, in the network's precision."""
    parts: dict[str, list[tf.Tensor]] = {n: [] for n in names}
    for seen, counted in _views(vgg, picture, names, reading, plan) if names else ():
        for n, activations in seen.items():
            parts[n].append(activations[:, counted(n)])
    return tuple(tf.concat(parts[n], axis=1) for n in names)


def _views(vgg: Vgg, picture: tf.Tensor, names: Sequence[str], reading: VggConfig, plan: TilingPlan) -> Iterator[Any]:
    """A picture's activations, piece by piece: (layer -> activations, layer -> the rows of them that count)."""
    reading = reading._replace(convolutions="direct")  # targets are made once: compiling for them would not pay
    if not plan.blocks:
        yield _viewer(vgg, tuple(names), reading, 1, LAST)(picture)[0], lambda _: slice(None)
        return
    near = tuple(n for n in names if block_of(n) <= plan.blocks)
    far = tuple(n for n in names if block_of(n) > plan.blocks)
    height = int(picture.shape[1])
    given = []
    for window in windows(vgg.network, height, plan):
        seen, pooled = _viewer(vgg, near, reading, 1, plan.blocks)(picture[:, window.start : window.stop])
        given.append(pooled[:, window.own(plan.blocks + 1, height)])
        yield seen, lambda n, w=window: w.own(block_of(n), height)
    if far:
        yield _viewer(vgg, far, reading, plan.blocks + 1, LAST)(tf.concat(given, axis=1))[0], lambda _: slice(None)


@lru_cache(maxsize=16)
def _viewer(vgg: Vgg, names: tuple[str, ...], reading: VggConfig, first: int, last: int) -> Any:
    """What targets are made of, compiled: a part of the network, forward only."""

    channels = 3 if first == 1 else [w for n, w in widths(vgg).items() if block_of(n) < first][-1]
    start_like = tf.TensorSpec([1, None, None, channels], tf.float32 if first == 1 else vgg.dtype)

    @tf.function(input_signature=[start_like], autograph=False)  # type: ignore[untyped-decorator]
    def view(start: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        return blocks(vgg, start, names, reading, range(first, last + 1))

    return view
