"""An objective bound to its pictures: evaluates a whole picture, or one too large for memory by strips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.vgg import Vgg
from nst_core.slow.losses.compiled import Evaluation, LossSpec, Strip, Targets, block_of, compiled
from nst_core.slow.tiling.windows import TilingPlan, Window, windows


@dataclass(frozen=True, eq=False)
class BoundObjective:
    """An objective bound to its pictures: call it with a picture."""

    vgg: Vgg
    form: LossSpec
    plan: TilingPlan
    targets: Targets
    weights: tf.Tensor
    size: tuple[int, int]

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in the order of their values."""
        return (*(f"content/{n}" for n in self.form.content), *(f"style/{n}" for n in self.form.style), "variation")

    def __call__(self, picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weighted terms [len(names)] and the gradient of their sum, [1, H, W, 3], at `picture` [1, H, W, 3]."""
        functions = compiled(self.vgg, self.form)
        if not self.plan.blocks:
            weighted, gradient = functions.whole(picture, self.targets, self.weights)
            return weighted, gradient
        return self._by_strips(functions, picture)

    @cached_property
    def null_loss(self) -> float:
        """What the terms would sum to were the network to see nothing, and all neighbours to differ by 1.

        A measure of what these weights make of a loss: only its order of magnitude means something.
        """

        def nothing_like(style: Any) -> float:
            if self.form.distance == "gram":
                return float(tf.reduce_mean(tf.square(style[0])))
            return float(tf.reduce_sum(tf.square(style.mean)) + tf.reduce_sum(tf.square(style.root)))

        areas = self.targets.areas.numpy()
        terms = [
            *(float(tf.reduce_mean(tf.square(tf.cast(target, tf.float32)))) for target in self.targets.content),
            *(sum(a * nothing_like(s) for a, s in zip(areas, regions, strict=True)) for regions in self.targets.style),
            2.0 * 3 * self.size[0] * self.size[1],
        ]
        return float(self.weights.numpy() @ np.array(terms))

    def _by_strips(self, functions: Evaluation, picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Forward by strips, the deep blocks whole, and back by strips, which are computed a second time there."""
        height = self.size[0]
        sums, pooled = self._forward(functions, picture)
        weighted, (gradient, upstream, from_sums) = functions.deep(picture, pooled, sums, self.targets, self.weights)
        del pooled
        gathered = tf.Variable(gradient, trainable=False)  # added to in place: sums of whole pictures would pile up
        del gradient
        done = 0
        for window, strip in self._strips:
            own = window.own(self.plan.blocks + 1, height)
            rows = own.stop - own.start
            tall = (window.stop - window.start) // 2**self.plan.blocks
            space = [[0, 0], [own.start, tall - own.stop], [0, 0], [0, 0]]
            part = functions.back(
                picture[:, window.start : window.stop],
                strip,
                (from_sums, tf.pad(upstream[:, done : done + rows], space)),
            )
            there = gathered[:, window.start : window.stop]
            there.assign(there + part)
            done += rows
        return weighted, tf.identity(gathered)

    def _forward(self, functions: Evaluation, picture: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """What the strips' own blocks tell, summed, and what the deeper blocks get, whole."""
        sums: Any = None
        given = []
        for window, strip in self._strips:
            part, pooled = functions.shallow(picture[:, window.start : window.stop], strip)
            given.append(pooled[:, window.own(self.plan.blocks + 1, self.size[0])])
            sums = part if sums is None else tf.nest.map_structure(tf.add, sums, part)
        return sums, tf.concat(given, axis=1)

    @cached_property
    def _strips(self) -> list[tuple[Window, Strip]]:
        found = windows(self.vgg.network, self.size[0], self.plan)
        return [(window, self._strip(window)) for window in found]

    def _strip(self, window: Window) -> Strip:
        height, width = self.size

        def owned(layer: str) -> np.ndarray:
            scale = 2 ** (block_of(layer) - 1)
            return np.repeat(window.mask(block_of(layer), height)[:, None], width // scale, axis=1)

        def rows(layer: str) -> slice:
            scale = 2 ** (block_of(layer) - 1)
            return slice(window.start // scale, window.start // scale + (window.stop - window.start) // scale)

        near = [(i, n) for i, n in enumerate(self.form.style) if block_of(n) <= self.plan.blocks]
        content = [(i, n) for i, n in enumerate(self.form.content) if block_of(n) <= self.plan.blocks]
        if self.targets.maps:
            maps = tuple(tuple(tf.constant(owned(n)) * m[rows(n)] for m in self.targets.maps[i]) for i, n in near)
            wholes = tuple(tuple(tf.reduce_sum(m) for m in self.targets.maps[i]) for i, _ in near)
        else:
            maps = tuple((tf.constant(owned(n)),) for _, n in near)
            grids = [[s // 2 ** (block_of(n) - 1) for s in self.size] for _, n in near]
            wholes = tuple((tf.constant(h * w, tf.float32),) for h, w in grids)
        return Strip(
            maps,
            wholes,
            tuple(self.targets.content[i][:, rows(n)] for i, n in content),
            tuple(tf.constant(owned(n) / np.float32(np.prod(self.targets.content[i].shape))) for i, n in content),
        )
