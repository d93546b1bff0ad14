"""The objective of a run: targets made once, and one evaluation of all terms and their gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.vgg import Vgg, VggConfig, features
from nst_core.picture import samples
from nst_core.recipe import CONVOLUTIONS, Objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.compiled import LossSpec, Targets
from nst_core.slow.losses.functions import gaussian
from nst_core.slow.losses.guidance import layer_weights
from nst_core.slow.losses.statistics import gram_matrix
from nst_core.slow.losses.targets import LayerMoments, activations, moments
from nst_core.slow.tiling.windows import WHOLE, TilingPlan


@dataclass(frozen=True, eq=False)
class StyleMixture:
    """How styles are mixed, everywhere or in one region: `shares` of the styles, and the region [H, W] or None."""

    shares: Sequence[float]
    region: np.ndarray | None = None


def build(  # noqa: PLR0913 - everything an objective is made of
    vgg: Vgg,
    objective: Objective,
    content: tf.Tensor,
    styles: Sequence[tf.Tensor],
    mixes: Sequence[StyleMixture],
    *,
    convolutions: str = "direct",
    plan: TilingPlan = WHOLE,
) -> BoundObjective:
    """The objective for these pictures.

    Args:
        vgg: the network.
        objective: layers, distances and weights.
        content: [1, H, W, 3] in [0, 1]; the picture will have this size.
        styles: each [1, h, w, 3] in [0, 1], of any size.
        mixes: one without a region, or one for each region; regions are [H, W] of the content.
        convolutions: "direct" or "winograd".
        plan: whole, or by strips.

    Raises:
        RecipeError: a region is too small for a layer.
    """
    reading = VggConfig(objective.pooling, objective.padding, convolutions)
    content_names, style_names = layers(objective)
    guided = [m for m in mixes if m.region is not None]
    form = LossSpec(
        content_names,
        style_names,
        objective.style_distance,
        objective.tv_variant,
        reading,
        regions=len(guided),
        strips=plan.blocks,
    )
    seen = [moments(vgg, style, style_names, reading, plan) for style in styles] if style_names else []
    maps = [layer_weights(m.region, vgg.network, style_names) for m in guided if m.region is not None]
    areas = np.array([m.region.mean() for m in guided if m.region is not None] or [1.0], np.float32)
    targets = Targets(
        activations(vgg, content, content_names, reading, plan),
        tuple(tuple(_style(form, n, seen, mix.shares) for mix in mixes) for n in style_names),
        tuple(tuple(tf.constant(m[n]) for m in maps) for n in style_names) if maps else (),
        tf.constant(areas / areas.sum()),
    )
    _, height, width, _ = content.shape
    weights = term_weights(vgg, objective, int(np.prod(content.shape)))
    return BoundObjective(vgg, form, plan, targets, weights, (int(height), int(width)))


def term_weights(vgg: Vgg, objective: Objective, values: int) -> tf.Tensor:
    """The weight of each term in the order of `Terms.names`: a tensor, so that steering compiles nothing.

    Args:
        vgg: the network, whose activation scales are the units.
        objective: layers and weights.
        values: how many numbers the picture has, H * W * 3.
    """
    content_names, style_names = layers(objective)
    units = scales(vgg, objective.pooling) if objective.loss_units == "normalised" else None
    style_units = units and (units.gram if objective.style_distance == "gram" else units.energy)
    return tf.constant(
        [
            *(
                objective.content_weight * objective.content_layers[n] / (units.content[n] if units else 1.0)
                for n in content_names
            ),
            *(
                objective.style_weight * objective.style_layers[n] / (style_units[n] if style_units else 1.0)
                for n in style_names
            ),
            objective.tv_weight / (values if units else 1),
        ],
        tf.float32,
    )


@dataclass(frozen=True)
class LayerUnits:
    """How large each layer's terms are on a photograph.

    Attributes:
        content: mean square of activations.
        gram: mean square of the Gram matrix.
        energy: sum over channels of mean squares, the Wasserstein distance from no activation at all.
    """

    content: Mapping[str, float]
    gram: Mapping[str, float]
    energy: Mapping[str, float]


@lru_cache(maxsize=8)
def scales(vgg: Vgg, pooling: str) -> LayerUnits:
    """The scales of a network, measured once on a bundled photograph at 256 px."""
    photograph = tf.constant(samples.find("astronaut").load(256).tensor())
    seen = features(vgg, photograph, CONVOLUTIONS[vgg.network], VggConfig(pooling))
    grams = {n: gram_matrix(f) for n, f in seen.items()}
    return LayerUnits(
        {n: float(tf.reduce_mean(tf.square(f))) for n, f in seen.items()},
        {n: float(tf.reduce_mean(tf.square(g))) for n, g in grams.items()},
        {n: float(tf.linalg.trace(g)) for n, g in grams.items()},
    )


def named(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms as a Step reports them: `total`, `content`, `style`, `variation` and each `style/<layer>`."""
    content = sum(v for n, v in terms.items() if n.startswith("content/"))
    style = {n: v for n, v in terms.items() if n.startswith("style/")}
    variation = terms["variation"]
    total = content + sum(style.values()) + variation
    return {"total": total, "content": content, "style": sum(style.values()), "variation": variation, **style}


def layers(objective: Objective) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Content and style layers in the network's order; one with no share or no weight is not computed."""
    order = CONVOLUTIONS[objective.network]
    content, style = objective.content_layers, objective.style_layers
    return (
        tuple(n for n in order if content.get(n, 0) > 0 and objective.content_weight > 0),
        tuple(n for n in order if style.get(n, 0) > 0 and objective.style_weight > 0),
    )


def _style(form: LossSpec, layer: str, seen: Sequence[Mapping[str, LayerMoments]], shares: Sequence[float]) -> Any:
    """The statistics of a mixture of styles: means and second moments averaged, then one Gaussian formed."""
    whole = sum(shares)
    mean, second = (
        tf.add_n([share / whole * of[layer][i] for share, of in zip(shares, seen, strict=True)]) for i in (0, 1)
    )
    return (second,) if form.distance == "gram" else gaussian(mean, second)
