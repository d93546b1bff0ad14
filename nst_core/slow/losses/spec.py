"""The data of an objective's compiled functions: the specification they are compiled for, and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nst_core.models.vgg import VggConfig
from nst_core.models.vgg_layout import beyond_block, up_to_block
from nst_core.slow.losses.style_distance import StyleDistance

PerRegion = tuple[tuple[tf.Tensor, ...], ...]
"""One tensor for each layer and region."""


class LossSpec(NamedTuple):
    """The specification that an objective's functions are compiled for.

    Attributes:
        content: content layers in the network's order.
        style: style layers in the network's order.
        distance: the style distance.
        variation: "absolute" or "nine-point".
        config: pooling, padding and convolutions of the network.
        regions: the number of guided regions, 0 for none.
        strip_blocks: number of first blocks that are computed in strips; 0 for none.
        temporal: whether the picture is a frame that is also compared with its neighbours.
        covered: whether the picture has transparency.
    """

    content: tuple[str, ...]
    style: tuple[str, ...]
    distance: StyleDistance
    variation: str
    config: VggConfig
    regions: int = 0
    strip_blocks: int = 0
    temporal: bool = False
    covered: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in the order of their values."""
        temporal = ("temporal",) if self.temporal else ()
        return (*(f"content/{n}" for n in self.content), *(f"style/{n}" for n in self.style), "variation", *temporal)

    @property
    def strip_content(self) -> tuple[str, ...]:
        """The content layers that are computed in strips: the first ones of `content`."""
        return up_to_block(self.content, self.strip_blocks)

    @property
    def strip_style(self) -> tuple[str, ...]:
        """The style layers that are computed in strips: the first ones of `style`."""
        return up_to_block(self.style, self.strip_blocks)

    @property
    def deep_content(self) -> tuple[str, ...]:
        """The content layers that are computed whole."""
        return beyond_block(self.content, self.strip_blocks)

    @property
    def deep_style(self) -> tuple[str, ...]:
        """The style layers that are computed whole."""
        return beyond_block(self.style, self.strip_blocks)


class Targets(NamedTuple):
    """The targets that a picture is compared with.

    Attributes:
        content: for each content layer the original's activations, [1, h, w, C], in the network's precision.
        style: for each style layer and region the target of the style distance.
        maps: for each style layer and region its weights [h, w]; empty without regions.
        areas: each region's share of the picture's area, [regions]; [1.0] without regions.
        temporal: of a film's frame, the picture that its neighbours lead to, [1, H, W, 3], and the trust in each of its
            pixels, [1, H, W, 1]; else empty.
        content_maps: of a picture with transparency, for each content layer the weights of its units [h, w]; or empty.
        cover: of a picture with transparency its coverage, [1, H, W, 1]; else empty.
    """

    content: tuple[tf.Tensor, ...]
    style: tuple[tuple[Any, ...], ...]
    maps: PerRegion
    areas: tf.Tensor
    temporal: tuple[tf.Tensor, ...] = ()
    content_maps: tuple[tf.Tensor, ...] = ()
    cover: tuple[tf.Tensor, ...] = ()


class Strip(NamedTuple):
    """The weights and targets of one window's rows.

    Attributes:
        maps: for each style layer in strips, and region, the weights [h, w] of the window's units; 0 where not owned.
        divisors: for each style layer and region the divisor of its sums: the total weight in the whole picture.
        content: for each content layer in strips the original's activations in the window, [1, h, w, C].
        content_weights: for each content layer in strips the weights [h, w] of the window's units: 1 / (number of
            values of the whole layer) where owned, else 0; with transparency in proportion to the unit's coverage.
    """

    maps: PerRegion
    divisors: PerRegion
    content: tuple[tf.Tensor, ...]
    content_weights: tuple[tf.Tensor, ...]


class Signatures:
    """The argument types of the compiled functions, for pictures of any size."""

    def __init__(self, channels: dict[str, int], dtype: str, spec: LossSpec) -> None:
        """The types for a network with `channels` in each layer and activations in `dtype`."""
        self._channels = channels
        self._dtype = dtype
        self._spec = spec
        self._regions = range(max(spec.regions, 1))
        self._picture = tf.TensorSpec([1, None, None, 3], tf.float32)
        self._weights = tf.TensorSpec([len(spec.names)], tf.float32)

    def whole(self) -> list[Any]:
        """Picture, targets, weights."""
        return [self._picture, self._targets(), self._weights]

    def shallow(self) -> list[Any]:
        """Window, strip."""
        return [self._picture, self._strip()]

    def deep(self) -> list[Any]:
        """Picture, the strips' pooled activations, their sums, targets, weights."""
        return [self._picture, self._pooled(), self._sums(), self._targets(), self._weights]

    def backward(self) -> list[Any]:
        """Window, strip, and the gradients with respect to the results of `shallow`: sums and pooled activations."""
        return [self._picture, self._strip(), (self._sums(), self._pooled())]

    def _pooled(self) -> tf.TensorSpec:
        last = up_to_block(tuple(self._channels), self._spec.strip_blocks)[-1:]
        return self._activations(self._channels[last[0]] if last else 3)

    def _sums(self) -> Any:
        of = self._spec.distance.statistics_spec
        return self._each_region(of, self._spec.strip_style), tuple(_SCALAR for _ in self._spec.strip_content)

    def _targets(self) -> Targets:
        spec = self._spec
        return Targets(
            tuple(self._activations(self._channels[n]) for n in spec.content),
            self._each_region(spec.distance.target_spec, spec.style),
            self._each_region(lambda _: _GRID, spec.style) if spec.regions else (),
            tf.TensorSpec([len(self._regions)], tf.float32),
            (self._picture, _COVER) if spec.temporal else (),
            tuple(_GRID for _ in spec.content) if spec.covered else (),
            (_COVER,) if spec.covered else (),
        )

    def _strip(self) -> Strip:
        spec = self._spec
        return Strip(
            self._each_region(lambda _: _GRID, spec.strip_style),
            self._each_region(lambda _: _SCALAR, spec.strip_style),
            tuple(self._activations(self._channels[n]) for n in spec.strip_content),
            tuple(_GRID for _ in spec.strip_content),
        )

    def _each_region(self, of: Callable[[int], Any], layers: tuple[str, ...]) -> tuple[tuple[Any, ...], ...]:
        return tuple(tuple(of(self._channels[n]) for _ in self._regions) for n in layers)

    def _activations(self, channels: int) -> tf.TensorSpec:
        return tf.TensorSpec([1, None, None, channels], self._dtype)


_SCALAR = tf.TensorSpec([], tf.float32)
_GRID = tf.TensorSpec([None, None], tf.float32)
_COVER = tf.TensorSpec([1, None, None, 1], tf.float32)
