"""The objective of a run: targets made once, and one compiled evaluation of all terms and their gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models.vgg import Vgg, features
from nst_core.picture import samples
from nst_core.recipe import CONVOLUTIONS, Objective
from nst_core.slow.losses import content_loss, gram_matrix, style_loss, total_variation

Evaluate = Callable[..., tuple[tf.Tensor, tf.Tensor]]


@dataclass(frozen=True, eq=False)
class Targets:
    """What a picture is compared with: activations [1, h, w, C] of the content, Gram matrices [C, C] of the styles."""

    content: tuple[tf.Tensor, ...]
    grams: tuple[tf.Tensor, ...]


@dataclass(frozen=True, eq=False)
class Terms:
    """An objective bound to its pictures: call it with a picture."""

    names: tuple[str, ...]
    weights: tf.Tensor
    targets: Targets
    evaluate: Evaluate

    def __call__(self, picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weighted terms [len(names)] and the gradient of their sum, [1, H, W, 3], at `picture` [1, H, W, 3]."""
        return self.evaluate(picture, self.targets.content, self.targets.grams, self.weights)


def bind(
    vgg: Vgg, objective: Objective, content: tf.Tensor, styles: Sequence[tf.Tensor], shares: Sequence[float]
) -> Terms:
    """The objective for these pictures.

    Args:
        vgg: the network.
        objective: layers and weights.
        content: [1, H, W, 3] in [0, 1]; the picture will have this size.
        styles: each [1, h, w, 3] in [0, 1], of any size.
        shares: a weight for each style; they are normalised to sum to 1.
    """
    names = _layers(objective)
    content_names, style_names = names
    targets = Targets(
        _seer(vgg, content_names, objective.pooling, False)(content) if content_names else (),
        _mean_grams(vgg, styles, shares, style_names, objective.pooling),
    )
    return Terms(
        (*(f"content/{n}" for n in content_names), *(f"style/{n}" for n in style_names), "variation"),
        weigh(vgg, objective, int(np.prod(content.shape))),
        targets,
        compiled(vgg, names, objective.pooling),
    )


def weigh(vgg: Vgg, objective: Objective, values: int) -> tf.Tensor:
    """The weight of each term in the order of `Terms.names`: a tensor, so that steering compiles nothing.

    Args:
        vgg: the network, whose activation scales are the units.
        objective: layers and weights.
        values: how many numbers the picture has, H * W * 3.
    """
    content_names, style_names = _layers(objective)
    units = scales(vgg, objective.pooling) if objective.units == "normalised" else None
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
        ],
        tf.float32,
    )


@dataclass(frozen=True)
class Scales:
    """How large each layer's terms are on a photograph: mean square of activations, and of Gram matrices."""

    content: Mapping[str, float]
    style: Mapping[str, float]


@lru_cache(maxsize=4)
def scales(vgg: Vgg, pooling: str) -> Scales:
    """The scales of a network, measured once on a bundled photograph at 256 px."""
    photograph = tf.constant(samples.find("astronaut").load(256).tensor())
    seen = features(vgg, photograph, CONVOLUTIONS[vgg.network], pooling)
    return Scales(
        {n: float(tf.reduce_mean(tf.square(f))) for n, f in seen.items()},
        {n: float(tf.reduce_mean(tf.square(gram_matrix(f)))) for n, f in seen.items()},
    )


def named(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms as a Step reports them: `total`, `content`, `style`, `variation` and each `style/<layer>`."""
    content = sum(v for n, v in terms.items() if n.startswith("content/"))
    style = {n: v for n, v in terms.items() if n.startswith("style/")}
    variation = terms["variation"]
    total = content + sum(style.values()) + variation
    return {"total": total, "content": content, "style": sum(style.values()), "variation": variation, **style}


@lru_cache(maxsize=8)
def compiled(vgg: Vgg, names: tuple[tuple[str, ...], tuple[str, ...]], pooling: str) -> Evaluate:
    """The evaluation for one network and set of layers, traced once for any picture, size and weights.

    A `tf.function` for each job would leak some 5 MB a job; these few are kept for the life of the process.
    """
    content_names, style_names = names
    wanted = tuple(dict.fromkeys((*content_names, *style_names)))
    widths = {layer.name: int(layer.bias.shape[0]) for layer in vgg.layers}

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[
            tf.TensorSpec([1, None, None, 3], tf.float32),
            tuple(tf.TensorSpec([1, None, None, widths[n]], tf.float32) for n in content_names),
            tuple(tf.TensorSpec([widths[n], widths[n]], tf.float32) for n in style_names),
            tf.TensorSpec([len(content_names) + len(style_names) + 1], tf.float32),
        ]
    )
    def evaluate(picture: tf.Tensor, content: Any, grams: Any, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(picture)
            seen = features(vgg, picture, wanted, pooling) if wanted else {}
            terms = [content_loss(seen[n], t) for n, t in zip(content_names, content, strict=True)]
            terms += [style_loss(seen[n], t) for n, t in zip(style_names, grams, strict=True)]
            terms.append(total_variation(picture))
            weighted = weights * tf.stack(terms)
            total = tf.reduce_sum(weighted)
        return weighted, tape.gradient(total, picture)

    return evaluate  # type: ignore[no-any-return]


def _layers(objective: Objective) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Content and style layers in the network's order; one with no share or no weight is not computed."""
    order = CONVOLUTIONS[objective.network]
    content, style = objective.content_layers, objective.style_layers
    return (
        tuple(n for n in order if content.get(n, 0) > 0 and objective.content_weight > 0),
        tuple(n for n in order if style.get(n, 0) > 0 and objective.style_weight > 0),
    )


@lru_cache(maxsize=16)
def _seer(vgg: Vgg, names: tuple[str, ...], pooling: str, grams: bool) -> Callable[[tf.Tensor], Any]:
    """What targets are made of, compiled: a picture's activations at the named layers, or their Gram matrices."""

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])  # type: ignore[untyped-decorator]
    def see(picture: tf.Tensor) -> tuple[tf.Tensor, ...]:
        seen = features(vgg, picture, names, pooling)
        return tuple(gram_matrix(seen[n]) if grams else seen[n] for n in names)

    return see  # type: ignore[no-any-return]


def _mean_grams(
    vgg: Vgg, styles: Sequence[tf.Tensor], shares: Sequence[float], names: tuple[str, ...], pooling: str
) -> tuple[tf.Tensor, ...]:
    if not names:
        return ()
    whole = sum(shares)
    sums: list[tf.Tensor] = [0.0] * len(names)
    for style, share in zip(styles, shares, strict=True):
        seen = _seer(vgg, names, pooling, True)(style)
        sums = [s + share / whole * gram for s, gram in zip(sums, seen, strict=True)]
    return tuple(sums)
