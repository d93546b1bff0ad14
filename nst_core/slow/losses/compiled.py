"""The compiled evaluation of an objective: all terms and their gradient, of a whole picture or by strips.

Functions are kept for the life of the process, one set for each `Form`: a `tf.function` for each job would leak some
5 MB a job. Weights, targets and region maps are arguments, so that steering compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from nst_core.models.vgg import LAST, Vgg, VggConfig, blocks
from nst_core.slow.losses.functions import (
    Gaussian,
    content_loss,
    gram_distance,
    nine_point_variation,
    sum_of_squares,
    total_variation,
    wasserstein2,
)
from nst_core.slow.losses.statistics import channel_means, gram_matrix


class LossSpec(NamedTuple):
    """What an evaluation is compiled for: layers in the network's order, distances, how the network is read.

    `regions` is the number of guided regions, 0 for none; `strips` is how many blocks are computed in strips.
    """

    content: tuple[str, ...]
    style: tuple[str, ...]
    distance: str
    variation: str
    reading: VggConfig
    regions: int = 0
    strips: int = 0


class Targets(NamedTuple):
    """What a picture is compared with.

    Attributes:
        content: for each content layer the original's activations, [1, h, w, C], in the network's precision.
        style: for each style layer and region the style's statistics: (gram [C, C],) or a Gaussian.
        maps: for each style layer and region its weights [h, w]; empty without regions.
        areas: [regions] the share of the picture that each region has; [1.0] without regions.
    """

    content: tuple[tf.Tensor, ...]
    style: tuple[tuple[Any, ...], ...]
    maps: tuple[tuple[tf.Tensor, ...], ...]
    areas: tf.Tensor


class Strip(NamedTuple):
    """What a window's rows count for.

    Attributes:
        maps: for each style layer in strips, and region, the weights [h, w] of the window's units; 0 where not owned.
        wholes: the same without the last two dimensions: what sums are divided by, the whole picture's weight.
        content: for each content layer in strips the original's activations in the window, [1, h, w, C].
        own: for each of those layers 1 / (number of the whole layer's values) at owned units, else 0, [h, w].
    """

    maps: tuple[tuple[tf.Tensor, ...], ...]
    wholes: tuple[tuple[tf.Tensor, ...], ...]
    content: tuple[tf.Tensor, ...]
    own: tuple[tf.Tensor, ...]


class Evaluation(NamedTuple):
    """The compiled functions of one form.

    Attributes:
        whole: (picture, targets, weights) -> weighted terms [n], gradient [1, H, W, 3].
        shallow: (window, strip) -> (statistics, content sums) of its owned rows, what the deeper blocks get.
        deep: (picture, pooled, shallow sums, targets, weights) -> weighted terms [n], gradients to the first three.
        back: (window, strip, gradients to what `shallow` gave) -> gradient to the window, [1, h, W, 3].
    """

    whole: Callable[..., Any]
    shallow: Callable[..., Any]
    deep: Callable[..., Any]
    back: Callable[..., Any]


def block_of(layer: str) -> int:
    """The block that a layer stands in, from 1."""
    return int(layer[5])


def widths(vgg: Vgg) -> dict[str, int]:
    """The number of channels of each layer."""
    return {layer.name: int(layer.bias.shape[0]) for layer in vgg.layers}


@lru_cache(maxsize=8)
def compiled(vgg: Vgg, form: LossSpec) -> Evaluation:
    """The evaluation of one form, traced once for any picture, size and weights."""
    jit = form.reading.convolutions == "winograd"
    signature = _Signature(vgg, form)
    near = [n for n in (*form.content, *form.style) if block_of(n) <= form.strips]
    far = [n for n in (*form.content, *form.style) if block_of(n) > form.strips]
    near_style = [n for n in form.style if block_of(n) <= form.strips]
    near_content = [n for n in form.content if block_of(n) <= form.strips]
    part = range(1, form.strips + 1)

    def look(window: tf.Tensor, strip: Strip) -> tuple[Any, tf.Tensor]:
        seen, pooled = blocks(vgg, window, near, form.reading, part)
        statistics = _statistics(form, [seen[n] for n in near_style], strip.maps, strip.wholes)
        contents = zip(near_content, strip.content, strip.own, strict=True)
        differences = [sum_of_squares(seen[n], target, own) for n, target, own in contents]
        return (statistics, tuple(differences)), pooled

    @tf.function(input_signature=signature.whole(), jit_compile=jit, autograph=False)  # type: ignore[untyped-decorator]
    def whole(picture: tf.Tensor, targets: Targets, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(picture)
            wanted = (*form.content, *form.style)
            seen = blocks(vgg, picture, wanted, form.reading)[0] if wanted else {}
            statistics = _statistics(form, [seen[n] for n in form.style], targets.maps)
            contents = [content_loss(seen[n], t) for n, t in zip(form.content, targets.content, strict=True)]
            weighted = weights * tf.stack(
                [*contents, *_distances(form, statistics, targets), _variation(form, picture)]
            )
            total = tf.reduce_sum(weighted)
        return weighted, tape.gradient(total, picture)

    @tf.function(input_signature=signature.shallow(), jit_compile=jit, autograph=False)  # type: ignore[untyped-decorator]
    def shallow(window: tf.Tensor, strip: Strip) -> tuple[Any, tf.Tensor]:
        return look(window, strip)

    @tf.function(input_signature=signature.deep(), jit_compile=jit, autograph=False)  # type: ignore[untyped-decorator]
    def deep(picture: tf.Tensor, pooled: tf.Tensor, sums: Any, targets: Targets, weights: tf.Tensor) -> tuple[Any, ...]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch((picture, pooled, sums))
            seen = blocks(vgg, pooled, far, form.reading, range(form.strips + 1, LAST + 1))[0] if far else {}
            near_statistics, near_differences = sums
            far_style = [n for n in form.style if n in seen]
            far_maps = targets.maps[len(near_style) :]
            statistics = (*near_statistics, *_statistics(form, [seen[n] for n in far_style], far_maps))
            far_content = zip(form.content[len(near_content) :], targets.content[len(near_content) :], strict=True)
            contents = [*near_differences, *(content_loss(seen[n], t) for n, t in far_content)]
            weighted = weights * tf.stack(
                [*contents, *_distances(form, statistics, targets), _variation(form, picture)]
            )
            total = tf.reduce_sum(weighted)
        gradients = tape.gradient(total, (picture, pooled, sums), unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return weighted, gradients

    @tf.function(input_signature=signature.back(), jit_compile=jit, autograph=False)  # type: ignore[untyped-decorator]
    def back(window: tf.Tensor, strip: Strip, upstream: Any) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(window)
            result = look(window, strip)
        return tape.gradient(result, window, output_gradients=upstream)

    return Evaluation(whole, shallow, deep, back)


def _statistics(form: LossSpec, seen: Sequence[tf.Tensor], maps: Any, wholes: Any = None) -> tuple[Any, ...]:
    """For each layer and region (mean [C], second moment [C, C]), without the mean where only Gram matrices count."""

    def of(features: tf.Tensor, weights: tf.Tensor | None, whole: tf.Tensor | None) -> tuple[tf.Tensor, ...]:
        second = gram_matrix(features, weights, whole)
        return (second,) if form.distance == "gram" else (channel_means(features, weights, whole), second)

    if not maps:
        return tuple((of(features, None, None),) for features in seen)
    wholes = wholes or [[None] * len(regions) for regions in maps]
    return tuple(
        tuple(of(features, weights, whole) for weights, whole in zip(regions, sums, strict=True))
        for features, regions, sums in zip(seen, maps, wholes, strict=True)
    )


def _distances(form: LossSpec, statistics: Sequence[Any], targets: Targets) -> list[tf.Tensor]:
    """One distance for each style layer: over regions, by the area each has."""

    def apart(own: Any, target: Any) -> tf.Tensor:
        if form.distance == "gram":
            return gram_distance(own[0], target[0])
        mean, second = own
        return wasserstein2(mean, second, target)

    def over_regions(own: Sequence[Any], theirs: Sequence[Any]) -> tf.Tensor:
        return tf.add_n([targets.areas[r] * apart(*pair) for r, pair in enumerate(zip(own, theirs, strict=True))])

    return [over_regions(*pair) for pair in zip(statistics, targets.style, strict=True)]


def _variation(form: LossSpec, picture: tf.Tensor) -> tf.Tensor:
    return total_variation(picture) if form.variation == "absolute" else nine_point_variation(picture)


class _Signature:
    """The argument types of a form's functions, any size."""

    def __init__(self, vgg: Vgg, form: LossSpec) -> None:
        self._widths = widths(vgg)
        self._dtype = vgg.dtype
        self._form = form
        self._regions = max(form.regions, 1)
        self._picture = tf.TensorSpec([1, None, None, 3], tf.float32)
        self._weights = tf.TensorSpec([len(form.content) + len(form.style) + 1], tf.float32)
        self._near_style = [n for n in form.style if block_of(n) <= form.strips]
        self._near_content = [n for n in form.content if block_of(n) <= form.strips]

    def whole(self) -> list[Any]:
        return [self._picture, self._targets(), self._weights]

    def shallow(self) -> list[Any]:
        return [self._picture, self._strip()]

    def deep(self) -> list[Any]:
        return [self._picture, self._pooled(), self._sums(), self._targets(), self._weights]

    def back(self) -> list[Any]:
        return [self._picture, self._strip(), (self._sums(), self._pooled())]

    def _pooled(self) -> tf.TensorSpec:
        last = [w for n, w in self._widths.items() if block_of(n) <= self._form.strips]
        return self._activations(last[-1] if last else 3)

    def _sums(self) -> Any:
        def moments(width: int) -> tuple[tf.TensorSpec, ...]:
            second = tf.TensorSpec([width, width], tf.float32)
            return (second,) if self._form.distance == "gram" else (tf.TensorSpec([width], tf.float32), second)

        statistics = tuple(tuple(moments(self._widths[n]) for _ in range(self._regions)) for n in self._near_style)
        return statistics, tuple(tf.TensorSpec([], tf.float32) for _ in self._near_content)

    def _targets(self) -> Targets:
        return Targets(
            tuple(self._activations(self._widths[n]) for n in self._form.content),
            self._each_style(self._style),
            self._maps(self._form.style) if self._form.regions else (),
            tf.TensorSpec([self._regions], tf.float32),
        )

    def _strip(self) -> Strip:
        scalar = tf.TensorSpec([], tf.float32)
        return Strip(
            self._maps(self._near_style),
            tuple(tuple(scalar for _ in range(self._regions)) for _ in self._near_style),
            tuple(self._activations(self._widths[n]) for n in self._near_content),
            tuple(tf.TensorSpec([None, None], tf.float32) for _ in self._near_content),
        )

    def _style(self, width: int) -> Any:
        vector, matrix = tf.TensorSpec([width], tf.float32), tf.TensorSpec([width, width], tf.float32)
        return (matrix,) if self._form.distance == "gram" else Gaussian(vector, matrix, tf.TensorSpec([], tf.float32))

    def _each_style(self, of: Callable[[int], Any]) -> tuple[tuple[Any, ...], ...]:
        return tuple(tuple(of(self._widths[n]) for _ in range(self._regions)) for n in self._form.style)

    def _maps(self, names: Sequence[str]) -> tuple[tuple[tf.TensorSpec, ...], ...]:
        grid = tf.TensorSpec([None, None], tf.float32)
        return tuple(tuple(grid for _ in range(self._regions)) for _ in names)

    def _activations(self, width: int) -> tf.TensorSpec:
        return tf.TensorSpec([1, None, None, width], self._dtype)
