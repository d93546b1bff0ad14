"""Builds the objective of a run: its layers, the weights of its terms, and the targets of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import tensorflow as tf

from nst_core.models.convolution_method import DIRECT, ConvolutionMethod
from nst_core.models.vgg import Vgg, VggConfig, features
from nst_core.picture import samples
from nst_core.recipe import CONVOLUTIONS, Objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.guidance import coverage_weights, layer_weights
from nst_core.slow.losses.spec import LossSpec, Targets
from nst_core.slow.losses.style_distance import MixesItself, Statistics, StyleDistance, style_distance
from nst_core.slow.losses.targets import content_activations, style_statistics
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

LEAST_APART = 0.25
"""Least distance of style and content, in units of a photograph's, that `style_normalisation` divides by."""


@dataclass(frozen=True, eq=False)
class StyleMixture:
    """A mixture of styles: the share of each style, and the region [H, W] where it applies, or None for everywhere."""

    shares: Sequence[float]
    region: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class TemporalTarget:
    """What a frame's neighbours lead to: `aim` [1, H, W, 3], `trust` [1, H, W, 1], and the weight of the difference."""

    aim: np.ndarray
    trust: np.ndarray
    weight: float


def build(  # noqa: PLR0913 - everything an objective is made of
    vgg: Vgg,
    objective: Objective,
    content: tf.Tensor,
    styles: Sequence[tf.Tensor],
    mixes: Sequence[StyleMixture],
    *,
    convolution: ConvolutionMethod = DIRECT,
    plan: TilingPlan = WHOLE,
    cover: np.ndarray | None = None,
) -> BoundObjective:
    """The objective for these pictures.

    Args:
        vgg: the network.
        objective: layers, distances and weights.
        content: [1, H, W, 3] in [0, 1]; the picture will have this size.
        styles: each [1, h, w, 3] in [0, 1], of any size, or [1, h, w, 4] with coverage.
        mixes: one without a region, or one for each region; regions are [H, W] of the content.
        convolution: how convolutions are computed.
        plan: whether the picture is evaluated whole or by strips.
        cover: the share of each pixel that is painted, [H, W] in [0, 1], or None for all; the regions must lie in it.

    Raises:
        RecipeError: a region is too small for a layer.
    """
    seen = measure_styles(vgg, objective, styles, convolution=convolution, plan=plan)
    return bind(vgg, objective, content, seen, mixes, convolution=convolution, plan=plan, cover=cover)


def measure_styles(
    vgg: Vgg,
    objective: Objective,
    styles: Sequence[tf.Tensor],
    *,
    convolution: ConvolutionMethod = DIRECT,
    plan: TilingPlan = WHOLE,
) -> list[dict[str, Statistics]]:
    """Each style's statistics by layer, for `bind`. A film needs them once for all its frames."""
    config = VggConfig(objective.pooling, objective.padding, convolution)
    distance, names = style_distance(objective.style_distance), layers(objective)[1]
    return [style_statistics(vgg, s, names, distance, config, plan) for s in styles] if names else []


def bind(  # noqa: PLR0913 - everything an objective is made of
    vgg: Vgg,
    objective: Objective,
    content: tf.Tensor,
    seen: Sequence[Mapping[str, Statistics]],
    mixes: Sequence[StyleMixture],
    *,
    convolution: ConvolutionMethod = DIRECT,
    plan: TilingPlan = WHOLE,
    temporal: TemporalTarget | None = None,
    cover: np.ndarray | None = None,
    style_factor: float | None = None,
    style_ratio: float = 1.0,
) -> BoundObjective:
    """The objective for a content, with styles that were measured before.

    Args:
        seen: from `measure_styles`.
        temporal: of a film's frame, what its neighbours lead to.
        style_factor: the factor of all style weights; None: what `style_normalisation` asks for, times `style_ratio`.
        style_ratio: see there.
        vgg, objective, content, mixes, convolution, plan, cover: as in `build`.

    Raises:
        RecipeError: a region is too small for a layer.
    """
    config = VggConfig(objective.pooling, objective.padding, convolution)
    distance = style_distance(objective.style_distance)
    content_names, style_names = layers(objective)
    regions = [m.region for m in mixes if m.region is not None]
    spec = LossSpec(
        content_names,
        style_names,
        distance,
        objective.tv_variant,
        config,
        regions=len(regions),
        strip_blocks=plan.blocks,
        temporal=temporal is not None,
        covered=cover is not None,
    )
    maps = [layer_weights(region, vgg.network, style_names) for region in regions]
    areas = np.array([region.mean() for region in regions] or [1.0], np.float32)
    targets = Targets(
        content_activations(vgg, content, content_names, config, plan),
        tuple(
            tuple(distance.target(_mixed(distance, [of[n] for of in seen], m.shares)) for m in mixes)
            for n in style_names
        ),
        tuple(tuple(tf.constant(m[n]) for m in maps) for n in style_names) if maps else (),
        tf.constant(areas / areas.sum()),
        (tf.constant(temporal.aim), tf.constant(temporal.trust)) if temporal else (),
        *_cover_targets(vgg, content_names, cover),
    )
    _, height, width, _ = content.shape
    weights = term_weights(vgg, objective, int(np.prod(content.shape)), temporal.weight if temporal else None)
    bound = BoundObjective(vgg, spec, plan, targets, weights, (int(height), int(width)))
    if style_factor is None:
        is_normalised = objective.style_normalisation and style_names
        style_factor = style_ratio * (normalisation(bound, content, objective) if is_normalised else 1.0)
    return bound if style_factor == 1 else bound.with_weights(weights, style_factor)


def _cover_targets(vgg: Vgg, names: Sequence[str], cover: np.ndarray | None) -> tuple[tuple[tf.Tensor, ...], ...]:
    """`Targets.content_maps` and `Targets.cover`."""
    if cover is None:
        return (), ()
    maps = coverage_weights(cover, vgg.network, names)
    return tuple(tf.constant(maps[n]) for n in names), (tf.constant(cover[None, :, :, None], tf.float32),)


def normalisation(bound: BoundObjective, content: tf.Tensor, objective: Objective) -> float:
    """The factor of all style weights that `style_normalisation` asks for.

    A style of strong contrast is hundreds of times further from a photograph than a painting is, and its gradient
    drowns the content's at any fixed weight. The factor is that distance, in units of a photograph's, to the power of
    minus `style_normalisation`.

    Args:
        bound: the objective with the weights of `term_weights`.
        content: the picture it is bound to, [1, H, W, 3] in [0, 1].
        objective: its settings.
    """
    is_style = [name.startswith("style/") for name in bound.names]
    weighted, _ = bound(content)
    in_photographs = objective.model_copy(update={"loss_units": "normalised"})
    weights = term_weights(bound.vgg, in_photographs, int(np.prod(content.shape)), 0.0 if bound.spec.temporal else None)
    distances = weighted.numpy()[is_style] / bound.weights.numpy()[is_style] * weights.numpy()[is_style]
    apart = float(distances.sum()) / objective.style_weight
    return float(max(apart, LEAST_APART) ** -objective.style_normalisation)


def term_weights(vgg: Vgg, objective: Objective, values: int, temporal_weight: float | None = None) -> tf.Tensor:
    """The weight of each term, float32 [k], in the order of `LossSpec.names`. A tensor, so steering compiles nothing.

    Args:
        vgg: the network; the units are measured on its activations.
        objective: layers and weights.
        values: number of values of the picture, H * W * 3.
        temporal_weight: weight of the temporal term of a film's frame; None if there is no such term.
    """
    content_names, style_names = layers(objective)
    units = (
        layer_units(vgg, objective.pooling, objective.style_distance) if objective.loss_units == "normalised" else None
    )
    return tf.constant(
        [
            *(
                objective.content_weight * objective.content_layers[n] / (units.content[n] if units else 1.0)
                for n in content_names
            ),
            *(
                objective.style_weight * objective.style_layers[n] / (units.style[n] if units else 1.0)
                for n in style_names
            ),
            objective.tv_weight / (values if units else 1),
            *([] if temporal_weight is None else [temporal_weight * (1 if units else values)]),
        ],
        tf.float32,
    )


@dataclass(frozen=True)
class LayerUnits:
    """The magnitude of each layer's terms on a photograph, by layer; normalised terms are divided by it.

    Attributes:
        content: layer -> mean square of its activations.
        style: layer -> `StyleDistance.unit` of its statistics.
    """

    content: Mapping[str, float]
    style: Mapping[str, float]


@lru_cache(maxsize=8)
def layer_units(vgg: Vgg, pooling: str, distance: str) -> LayerUnits:
    """The units of a network's layers, measured once on a bundled photograph at 256 px."""
    photograph = tf.constant(samples.find("astronaut").load(256).tensor())
    activations = features(vgg, photograph, CONVOLUTIONS[vgg.network], VggConfig(pooling))
    style = style_distance(distance)
    return LayerUnits(
        {n: float(tf.reduce_mean(tf.square(f))) for n, f in activations.items()},
        {n: style.unit(style.statistics(f)) for n, f in activations.items()},
    )


def named(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms as a Step reports them: `total`, `content`, `style`, `variation` and each `style/<layer>`.

    A film's frame also has `temporal`.
    """
    content = sum(v for n, v in terms.items() if n.startswith("content/"))
    style = {n: v for n, v in terms.items() if n.startswith("style/")}
    pixels = {n: terms[n] for n in ("variation", "temporal") if n in terms}
    total = content + sum(style.values()) + sum(pixels.values())
    return {"total": total, "content": content, "style": sum(style.values()), **pixels, **style}


def layers(objective: Objective) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Content layers and style layers, in the network's order, without those of weight 0."""
    order = CONVOLUTIONS[objective.network]
    content, style = objective.content_layers, objective.style_layers
    return (
        tuple(n for n in order if content.get(n, 0) > 0 and objective.content_weight > 0),
        tuple(n for n in order if style.get(n, 0) > 0 and objective.style_weight > 0),
    )


def _mixed(distance: StyleDistance, statistics: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """The statistics of a mixture at one layer: averaged by the styles' shares, if the distance has no own way."""
    total = sum(shares)
    if isinstance(distance, MixesItself):
        return distance.mixed(statistics, [share / total for share in shares])
    return tuple(
        tf.add_n([share / total * part for share, part in zip(shares, parts, strict=True)])
        for parts in zip(*statistics, strict=True)
    )
