"""Computes an objective's targets: activations and statistics of its pictures, whole or by strips, no gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nst_core.models.convolution_method import DIRECT
from nst_core.models.vgg import Vgg, VggConfig, blocks
from nst_core.models.vgg_layout import LAST_BLOCK, beyond_block, block_of, stride_px, up_to_block
from nst_core.slow.losses.guidance import layer_weights
from nst_core.slow.losses.style_distance import Statistics, StyleDistance
from nst_core.slow.tiling.windows import TilingPlan, windows

OwnedRows = Callable[[str], slice]
"""Layer -> the rows of a piece's activations that no other piece owns."""


def style_statistics(  # noqa: PLR0913 - what is measured, of what, and how
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], distance: StyleDistance, config: VggConfig, plan: TilingPlan
) -> dict[str, Statistics]:
    """A style distance's statistics of a picture at each layer.

    Args:
        picture: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage: then units whose receptive field reaches clear
            pixels have no weight, as in `layer_weights`.
        vgg, names, distance, config, plan: how they are computed.

    Raises RecipeError if too little of a picture is opaque for a layer.
    """
    sums: dict[str, Statistics] = {}
    height, width, channels = picture.shape[1:]
    maps = layer_weights(picture[0, :, :, 3].numpy(), vgg.network, names) if channels == 4 else {}
    first = dict.fromkeys(names, 0)
    for activations, owned_rows in _pieces(vgg, picture[..., :3], names, config, plan):
        for n, features in activations.items():
            units = maps[n].sum() if maps else (height // stride_px(n)) * (width // stride_px(n))
            owned = features[:, owned_rows(n)]
            weights = maps[n][first[n] : first[n] + owned.shape[1]] if maps else None
            part = distance.statistics(owned, weights, tf.constant(units, tf.float32))
            sums[n] = tuple(map(tf.add, sums[n], part)) if n in sums else part
            first[n] += owned.shape[1]
    return sums


def content_activations(
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], config: VggConfig, plan: TilingPlan
) -> tuple[tf.Tensor, ...]:
    """The whole activations of a picture, [1, H, W, 3] in [0, 1], at each layer, in the network's precision."""
    parts: dict[str, list[tf.Tensor]] = {n: [] for n in names}
    for activations, owned_rows in _pieces(vgg, picture, names, config, plan) if names else ():
        for n, features in activations.items():
            parts[n].append(features[:, owned_rows(n)])
    return tuple(tf.concat(parts[n], axis=1) for n in names)


def _pieces(
    vgg: Vgg, picture: tf.Tensor, names: Sequence[str], config: VggConfig, plan: TilingPlan
) -> Iterator[tuple[dict[str, tf.Tensor], OwnedRows]]:
    """A picture's activations, piece by piece: the first blocks' layers by window, then the deeper layers whole."""
    config = config._replace(convolution=DIRECT)  # targets are computed once: compiling would take longer
    if not plan.blocks:
        yield _forward(vgg, tuple(names), config, 1, LAST_BLOCK)(picture)[0], lambda _: slice(None)
        return
    shallow, deep = up_to_block(names, plan.blocks), beyond_block(names, plan.blocks)
    height = int(picture.shape[1])
    pooled = []
    for window in windows(vgg.network, height, plan):
        strip = picture[:, window.start : window.stop]
        activations, after = _forward(vgg, shallow, config, 1, plan.blocks)(strip)
        pooled.append(after[:, window.owned(plan.blocks + 1, height)])
        yield activations, lambda n, w=window: w.owned(block_of(n), height)  # type: ignore[misc]
    if deep:
        forward = _forward(vgg, deep, config, plan.blocks + 1, LAST_BLOCK)
        yield forward(tf.concat(pooled, axis=1))[0], lambda _: slice(None)


@lru_cache(maxsize=16)
def _forward(vgg: Vgg, names: tuple[str, ...], config: VggConfig, first: int, last: int) -> Any:
    """The blocks `first` to `last` of the network, compiled, forward only; arguments as in `vgg.blocks`."""
    channels = 3 if first == 1 else vgg.channels[up_to_block(tuple(vgg.channels), first - 1)[-1]]
    start_spec = tf.TensorSpec([1, None, None, channels], tf.float32 if first == 1 else vgg.dtype)

    @tf.function(input_signature=[start_spec], autograph=False)  # type: ignore[untyped-decorator]
    def forward(start: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        return blocks(vgg, start, names, config, range(first, last + 1))

    return forward
