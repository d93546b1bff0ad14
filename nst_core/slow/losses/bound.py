"""An objective bound to its pictures: evaluates a picture whole, or by strips if it is too large for memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.vgg import Vgg
from nst_core.models.vgg_layout import block_of, stride_px
from nst_core.slow.losses.compiled import Evaluation, compiled
from nst_core.slow.losses.spec import LossSpec, Strip, Targets
from nst_core.slow.tiling.windows import TilingPlan, Window, windows


@dataclass(frozen=True, eq=False)
class BoundObjective:
    """An objective bound to its pictures: call it with a picture.

    Attributes:
        vgg: the network.
        spec: the specification that its functions are compiled for.
        plan: whether a picture is evaluated whole or by strips.
        targets: the targets of a picture.
        weights: weights of the terms, float32 [k], in the order of `names`.
        size: (height, width) of the picture in pixels.
        style_factor: the factor of all style weights, contained in `weights`; see `objective.bind`.
        is_grey: whether the picture is to stay grey: its gradient has the mean of the three channels in each of them.
    """

    vgg: Vgg
    spec: LossSpec
    plan: TilingPlan
    targets: Targets
    weights: tf.Tensor
    size: tuple[int, int]
    style_factor: float = 1.0
    is_grey: bool = False

    def with_weights(self, weights: tf.Tensor, style_factor: float | None = None) -> BoundObjective:
        """The same objective with other weights, from `objective.term_weights`, and this or another style factor."""
        factor = self.style_factor if style_factor is None else style_factor
        factors = [factor if name.startswith("style/") else 1.0 for name in self.names]
        return replace(self, weights=weights * tf.constant(factors, tf.float32), style_factor=factor)

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in the order of their values."""
        return self.spec.names

    def __call__(self, picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weighted terms [len(names)] and the gradient of their sum, [1, H, W, 3], at `picture` [1, H, W, 3]."""
        functions = compiled(self.vgg, self.spec)
        if self.plan.blocks:
            weighted, gradient = self._by_strips(functions, picture)
        else:
            weighted, gradient = functions.whole(picture, self.targets, self.weights)
        if self.is_grey:
            gradient = tf.repeat(tf.reduce_mean(gradient, axis=-1, keepdims=True), 3, axis=-1)
        return weighted, gradient

    @cached_property
    def null_loss(self) -> float:
        """The loss of an imagined picture whose activations are all 0 and whose neighbouring pixels differ by 1.

        It gives the order of magnitude of losses with these weights.
        """
        distance = self.spec.distance
        areas = self.targets.areas.numpy()
        terms = [
            *(float(tf.reduce_mean(tf.square(tf.cast(target, tf.float32)))) for target in self.targets.content),
            *(
                sum(a * distance.null_value(target) for a, target in zip(areas, regions, strict=True))
                for regions in self.targets.style
            ),
            2.0 * 3 * self.size[0] * self.size[1],
            *(float(tf.reduce_mean(trust)) for trust in self.targets.temporal[1:]),
        ]
        return float(self.weights.numpy() @ np.array(terms))

    def _by_strips(self, functions: Evaluation, picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weighted terms and gradient: the first blocks by strips, the deeper blocks whole.

        The backward pass computes each strip forward again, so that no strip's activations are kept.
        """
        height = self.size[0]
        sums, pooled = self._forward(functions, picture)
        weighted, (gradient, upstream, from_sums) = functions.deep(picture, pooled, sums, self.targets, self.weights)
        del pooled
        gathered = tf.Variable(
            gradient, trainable=False
        )  # updated in place: a new sum for each strip would take a whole picture's memory
        del gradient
        done = 0
        for window, strip in self._strips:
            owned = window.owned(self.plan.blocks + 1, height)
            rows = owned.stop - owned.start
            tall = (window.stop - window.start) // 2**self.plan.blocks
            padding = [[0, 0], [owned.start, tall - owned.stop], [0, 0], [0, 0]]
            part = functions.backward(
                picture[:, window.start : window.stop],
                strip,
                (from_sums, tf.pad(upstream[:, done : done + rows], padding)),
            )
            there = gathered[:, window.start : window.stop]
            there.assign(there + part)
            done += rows
        return weighted, tf.identity(gathered)

    def _forward(self, functions: Evaluation, picture: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """The statistics and content sums, added over all strips, and the deeper blocks' input for all rows."""
        sums: Any = None
        pooled = []
        for window, strip in self._strips:
            part, after = functions.shallow(picture[:, window.start : window.stop], strip)
            pooled.append(after[:, window.owned(self.plan.blocks + 1, self.size[0])])
            sums = part if sums is None else tf.nest.map_structure(tf.add, sums, part)
        return sums, tf.concat(pooled, axis=1)

    @cached_property
    def _strips(self) -> list[tuple[Window, Strip]]:
        found = windows(self.vgg.network, self.size[0], self.plan)
        return [(window, self._strip(window)) for window in found]

    def _strip(self, window: Window) -> Strip:
        content = [(i, n, self._owned(window, n)) for i, n in enumerate(self.spec.strip_content)]
        targets = self.targets.content
        return Strip(
            *self._strip_maps(window),
            tuple(targets[i][:, self._rows(window, n)] for i, n, _ in content),
            tuple(tf.constant(self._content_weights(window, i, n) * owned) for i, n, owned in content),
        )

    def _content_weights(self, window: Window, number: int, layer: str) -> np.ndarray | np.float32:
        """The weight of each of the window's units in the mean over a content layer, [h, w] or one for all."""
        shape = self.targets.content[number].shape
        if not self.spec.covered:
            return np.float32(1 / np.prod(shape))
        weights = self.targets.content_maps[number].numpy()
        return np.asarray(weights[self._rows(window, layer)] / (weights.sum() * shape[-1]), np.float32)

    def _strip_maps(
        self, window: Window
    ) -> tuple[tuple[tuple[tf.Tensor, ...], ...], tuple[tuple[tf.Tensor, ...], ...]]:
        """`Strip.maps` and `Strip.divisors`."""
        style = [(i, n, tf.constant(self._owned(window, n))) for i, n in enumerate(self.spec.strip_style)]
        if regions := self.targets.maps:
            maps = tuple(tuple(owned * m[self._rows(window, n)] for m in regions[i]) for i, n, owned in style)
            return maps, tuple(tuple(tf.reduce_sum(m) for m in regions[i]) for i, _, _ in style)
        height, width = self.size
        units = [(height // stride_px(n)) * (width // stride_px(n)) for _, n, _ in style]
        return tuple((owned,) for _, _, owned in style), tuple((tf.constant(u, tf.float32),) for u in units)

    def _owned(self, window: Window, layer: str) -> np.ndarray:
        """1 at the units of a layer that the window owns, else 0: float32 [h, w] of the window."""
        height, width = self.size
        return np.repeat(window.mask(block_of(layer), height)[:, None], width // stride_px(layer), axis=1)

    def _rows(self, window: Window, layer: str) -> slice:
        """The window's rows at a layer's grid, as indices into the whole picture's activations."""
        first = window.start // stride_px(layer)
        return slice(first, first + (window.stop - window.start) // stride_px(layer))
