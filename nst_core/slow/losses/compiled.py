"""The compiled evaluation of an objective: all terms and their gradient, of a whole picture or by strips.

Compiled functions are cached, one set for each `LossSpec`: a new `tf.function` for each job would leak about 5 MB a
job. Weights, targets and region maps are arguments, so steering compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nst_core.models.vgg import Vgg, blocks
from nst_core.models.vgg_layout import LAST_BLOCK
from nst_core.slow.losses.functions import (
    content_loss,
    covered_variation,
    nine_point_variation,
    sum_of_squares,
    temporal_loss,
    total_variation,
)
from nst_core.slow.losses.spec import LossSpec, Signatures, Strip, Targets
from nst_core.slow.losses.style_distance import Statistics


@lru_cache(maxsize=8)
def compiled(vgg: Vgg, spec: LossSpec) -> Evaluation:
    """The cached evaluation for a specification; traced once for all picture sizes, targets and weights."""
    return Evaluation(vgg, spec)


class Evaluation:
    """The compiled functions of one specification.

    Attributes:
        whole: (picture [1, H, W, 3], targets, weights) -> weighted terms [n], gradient [1, H, W, 3].
        shallow: (window [1, h, W, 3], strip) -> (statistics, content sums) of the rows that the window owns, and the
            input of the deeper blocks.
        deep: (picture, input of the deeper blocks, the strips' sums, targets, weights) -> weighted terms [n], gradients
            with respect to the first three arguments.
        backward: (window, strip, gradients of the results of `shallow`) -> gradient of the window, [1, h, W, 3].
    """

    def __init__(self, vgg: Vgg, spec: LossSpec) -> None:
        """Prepare the functions; each is traced when it is first called."""
        self._vgg, self._spec = vgg, spec
        signatures = Signatures(vgg.channels, vgg.dtype, spec)
        self.whole = self._compiled(self._whole, signatures.whole())
        self.shallow = self._compiled(self._shallow, signatures.shallow())
        self.deep = self._compiled(self._deep, signatures.deep())
        self.backward = self._compiled(self._backward, signatures.backward())

    def _compiled(self, function: Callable[..., Any], signature: list[Any]) -> Any:
        jit = self._spec.config.convolution.compiled
        return tf.function(function, input_signature=signature, jit_compile=jit, autograph=False)

    def _whole(self, picture: tf.Tensor, targets: Targets, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        spec = self._spec
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(picture)
            wanted = (*spec.content, *spec.style)
            activations = blocks(self._vgg, picture, wanted, spec.config)[0] if wanted else {}
            statistics = _statistics(spec, [activations[n] for n in spec.style], targets.maps)
            contents = _content_losses(activations, spec.content, targets.content, targets.content_maps)
            weighted = weights * tf.stack(
                [*contents, *_distances(spec, statistics, targets), *_pixel_terms(spec, picture, targets)]
            )
            total = tf.reduce_sum(weighted)
        return weighted, tape.gradient(total, picture)

    def _shallow(self, window: tf.Tensor, strip: Strip) -> tuple[Any, tf.Tensor]:
        spec = self._spec
        wanted = (*spec.strip_content, *spec.strip_style)
        activations, pooled = blocks(self._vgg, window, wanted, spec.config, range(1, spec.strip_blocks + 1))
        statistics = _statistics(spec, [activations[n] for n in spec.strip_style], strip.maps, strip.divisors)
        contents = zip(spec.strip_content, strip.content, strip.content_weights, strict=True)
        squares = [sum_of_squares(activations[n], target, weights) for n, target, weights in contents]
        return (statistics, tuple(squares)), pooled

    def _deep(
        self, picture: tf.Tensor, pooled: tf.Tensor, sums: Any, targets: Targets, weights: tf.Tensor
    ) -> tuple[Any, ...]:
        spec = self._spec
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch((picture, pooled, sums))
            strip_statistics, strip_contents = sums
            wanted = (*spec.deep_content, *spec.deep_style)
            part = range(spec.strip_blocks + 1, LAST_BLOCK + 1)
            activations = blocks(self._vgg, pooled, wanted, spec.config, part)[0] if wanted else {}
            maps = targets.maps[len(spec.strip_style) :]
            statistics = (*strip_statistics, *_statistics(spec, [activations[n] for n in spec.deep_style], maps))
            done = len(spec.strip_content)
            wanted_content = targets.content[done:], targets.content_maps[done:]
            contents = [*strip_contents, *_content_losses(activations, spec.deep_content, *wanted_content)]
            weighted = weights * tf.stack(
                [*contents, *_distances(spec, statistics, targets), *_pixel_terms(spec, picture, targets)]
            )
            total = tf.reduce_sum(weighted)
        gradients = tape.gradient(total, (picture, pooled, sums), unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return weighted, gradients

    def _backward(self, window: tf.Tensor, strip: Strip, upstream: Any) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(window)
            result = self._shallow(window, strip)
        return tape.gradient(result, window, output_gradients=upstream)


def _content_losses(
    activations: Mapping[str, tf.Tensor],
    names: Sequence[str],
    wanted: Sequence[tf.Tensor],
    maps: Sequence[tf.Tensor],
) -> list[tf.Tensor]:
    """The content distance at each layer; `maps` are empty for an opaque picture."""
    weights = maps or [None] * len(names)
    return [content_loss(activations[n], t, w) for n, t, w in zip(names, wanted, weights, strict=True)]


def _statistics(
    spec: LossSpec, activations: Sequence[tf.Tensor], maps: Any, divisors: Any = None
) -> tuple[tuple[Statistics, ...], ...]:
    """The style distance's statistics for each layer and region; `maps` and `divisors` as in `Targets` and `Strip`."""
    of = spec.distance.statistics
    if not maps:
        return tuple((of(features),) for features in activations)
    divisors = divisors or [[None] * len(regions) for regions in maps]
    return tuple(
        tuple(of(features, weights, divisor) for weights, divisor in zip(regions, sums, strict=True))
        for features, regions, sums in zip(activations, maps, divisors, strict=True)
    )


def _distances(spec: LossSpec, statistics: Sequence[Sequence[Statistics]], targets: Targets) -> list[tf.Tensor]:
    """The distance at each style layer: a sum over regions, weighted by their areas."""

    def over_regions(ours: Sequence[Statistics], theirs: Sequence[Any]) -> tf.Tensor:
        pairs = enumerate(zip(ours, theirs, strict=True))
        return tf.add_n([targets.areas[r] * spec.distance.distance(*pair) for r, pair in pairs])

    return [over_regions(*pair) for pair in zip(statistics, targets.style, strict=True)]


def _pixel_terms(spec: LossSpec, picture: tf.Tensor, targets: Targets) -> list[tf.Tensor]:
    """Total variation, and a frame's temporal distance. Both need no activations, so strips do not matter to them."""
    if spec.covered:
        variation = covered_variation(picture, targets.cover[0], spec.variation)
    else:
        variation = total_variation(picture) if spec.variation == "absolute" else nine_point_variation(picture)
    return [variation, temporal_loss(picture, *targets.temporal)] if spec.temporal else [variation]
