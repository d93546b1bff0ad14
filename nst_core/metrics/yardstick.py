"""The yardstick: distances of a result from its content and its styles, comparable between all methods.

The network runs in float32, whatever the precision of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import numpy as np
import tensorflow as tf

from nst_core.errors import PictureError
from nst_core.models import vgg as networks
from nst_core.models.device import device
from nst_core.picture.arrays import check_pictures, check_pixels
from nst_core.picture.coverage import Coverage, colours, coverage, covered
from nst_core.picture.resize import MIN_SIDE_PX, resize
from nst_core.recipe import CONVOLUTIONS, TUTORIAL
from nst_core.slow.losses.functions import content_loss, covered_variation, total_variation
from nst_core.slow.losses.guidance import coverage_weights, layer_weights
from nst_core.slow.losses.statistics import channel_means, gram_matrix
from nst_core.step import Pixels
from nst_core.system.bounded_cache import BoundedCache

CONTENT_LAYERS = ("block4_conv2", "block5_conv2")
STYLE_LAYERS = tuple(name for name in CONVOLUTIONS["vgg19"] if name.endswith("conv1"))


class KeptTargets:
    """Measures of contents and styles that many results share, kept for the last few of them. Thread-safe."""

    def __init__(self) -> None:
        # A content at 1,024 px has 42 MB of activations, a style 5 MB of moments at any size.
        self.contents: BoundedCache[Hashable, ContentTarget] = BoundedCache(2)
        self.styles: BoundedCache[Hashable, StyleTarget] = BoundedCache(16)


@dataclass(frozen=True)
class Keys:
    """Where the measures of the pictures are kept: `content`, and one of `styles` for each style, identify pixels."""

    targets: KeptTargets
    content: Hashable
    styles: Sequence[Hashable]


def measure(
    output: Pixels,
    content: Pixels,
    styles: Sequence[Pixels],
    shares: Sequence[float] = (),
    keys: Keys | None = None,
) -> dict[str, Any]:
    """Measure one result. Content and styles are first resized to the output's height and width.

    Args:
        output: the result, [1, H, W, 3] in [0, 1].
        content: the photograph, [1, h, w, 3] in [0, 1], of any size, or [1, h, w, 4] with coverage: then only what is
            covered is measured.
        styles: the style pictures, each likewise; several are averaged by `shares`.
        shares: a weight for each style, of any sum; equal weights by default.
        keys: with them, content and styles are measured once for each size, and not again for each output.

    Returns:
        `size`: [W, H] in pixels. `content`: layer -> mean squared difference of activations. `style_gram`: layer ->
        mean squared difference of Gram matrices. `style_wasserstein2`: layer -> squared Wasserstein-2 distance of
        activations, as Gaussians. `total_variation`: divided by the number of values. `ssim`: structural similarity
        to the content, 1 if equal. `colour`: Wasserstein-2 distance between the colours of the output and of the
        styles, in units of [0, 1]. `tutorial_total`: the objective of TensorFlow's tutorial. Without styles, style
        measures are empty or None.

    Raises:
        PictureError: an array is no picture, or the output is less than 16 px high or wide, too small for the
            poolings of VGG.
        WeightsError: no source gave VGG-19.
    """
    check_pixels("the result", output)
    check_pictures(content, styles)
    _, height, width, _ = output.shape
    if min(height, width) < MIN_SIDE_PX:
        raise PictureError(
            f"a result must be at least {MIN_SIDE_PX} px on each side to be measured, got {width} x {height}"
        )
    normalised = [s / sum(shares) for s in shares] or [1.0 / len(styles) for _ in styles]
    with tf.device(device().name):
        of_content = _content_target(content, (width, height), keys)
        of_styles = [_style_target(style, (width, height), number, keys) for number, style in enumerate(styles)]
        measured = _layer_measures(output, of_content, of_styles, normalised)
        variation = _variation(output, of_content.cover)
        similarity = _similarity(output, of_content)
    grams, contents = measured["style_gram"], measured["content"]
    style_colours = [style.colours for style in of_styles]
    return {
        "size": [width, height],
        **measured,
        "total_variation": variation / output.size,
        "ssim": similarity,
        "colour": float(np.sqrt(_colour_distance(covered(output, of_content.cover), style_colours, normalised)))
        if styles
        else None,
        "tutorial_total": None
        if not styles
        else TUTORIAL.content_weight * contents["block5_conv2"]
        + TUTORIAL.style_weight * sum(grams.values()) / len(grams)
        + TUTORIAL.tv_weight * variation,
    }


GaussianMoments = tuple[np.ndarray, np.ndarray]
"""Mean [C], and covariance or raw second moment [C, C]; float64."""


@dataclass(frozen=True, eq=False)
class ContentTarget:
    """A content at the size of an output: its pixels, its activations at the content layers, and its coverage.

    Attributes:
        cover: [H, W] in [0, 1], or None if it is opaque.
        maps: layer -> weights of its units, [h, w]; empty if it is opaque.
    """

    pixels: Pixels
    features: Mapping[str, tf.Tensor]
    cover: Coverage | None = None
    maps: Mapping[str, tf.Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StyleTarget:
    """A style at the size of an output: mean and raw second moment at the style layers, and of its colours."""

    layers: Mapping[str, GaussianMoments]
    colours: GaussianMoments


def _content_target(content: Pixels, size: tuple[int, int], keys: Keys | None) -> ContentTarget:
    def compute() -> ContentTarget:
        resized = resize(content, *size)
        pixels, cover = colours(resized), coverage(resized)
        maps = _maps(cover, CONTENT_LAYERS, coverage_weights) | _maps(cover, STYLE_LAYERS, layer_weights)
        return ContentTarget(pixels, _features(pixels)[0], cover, maps)

    if keys is None:
        return compute()
    return cast(ContentTarget, keys.targets.contents.get((keys.content, size), compute))


def _style_target(style: Pixels, size: tuple[int, int], number: int, keys: Keys | None) -> StyleTarget:
    def compute() -> StyleTarget:
        pixels = resize(style, *size)
        of_layers = _features(colours(pixels), _maps(coverage(pixels), STYLE_LAYERS, layer_weights))[1]
        return StyleTarget({layer: _float64(of_layers[layer]) for layer in STYLE_LAYERS}, _raw_colours(pixels))

    if keys is None:
        return compute()
    return cast(StyleTarget, keys.targets.styles.get((keys.styles[number], size), compute))


def _maps(
    cover: Coverage | None, names: Sequence[str], weights: Callable[..., Mapping[str, np.ndarray]]
) -> dict[str, tf.Tensor]:
    """Layer -> weights of its units, by `layer_weights` or `coverage_weights`; empty for an opaque picture."""
    return {} if cover is None else {n: tf.constant(m) for n, m in weights(cover, "vgg19", names).items()}


def _features(picture: Pixels, maps: Mapping[str, tf.Tensor] | None = None) -> Any:
    """Activations of the content layers and moments of the style layers of [1, H, W, 3]; see `_feature_extractor`."""
    return _feature_extractor()(tf.constant(picture), {n: maps[n] for n in STYLE_LAYERS} if maps else {})


def _variation(output: Pixels, cover: Coverage | None) -> float:
    if cover is None:
        return float(total_variation(tf.constant(output)))
    return float(covered_variation(tf.constant(output), tf.constant(cover[None, :, :, None]), "absolute"))


def _similarity(output: Pixels, content: ContentTarget) -> float:
    """The mean structural similarity, each window weighted by the coverage of its centre."""
    pair = tf.constant(output), tf.constant(content.pixels)
    if content.cover is None:
        return float(tf.image.ssim(*pair, 1.0)[0])
    local = tf.image.ssim(*pair, 1.0, return_index_map=True)[0].numpy()
    margin = (content.cover.shape[0] - local.shape[0]) // 2
    inner = content.cover[margin : margin + local.shape[0], margin : margin + local.shape[1]]
    return float((local * inner).sum() / inner.sum()) if inner.any() else 1.0


def _layer_measures(
    output: Pixels, content: ContentTarget, styles: Sequence[StyleTarget], shares: Sequence[float]
) -> dict[str, dict[str, float]]:
    """The measures that have a value for each layer; `shares` sum to 1."""
    output_features, output_moments = _features(output, content.maps)
    grams, distances = {}, {}
    for layer in STYLE_LAYERS if styles else ():
        targets = [style.layers[layer] for style in styles]
        mean, gram = _float64(output_moments[layer])
        target_gram = sum(share * style_gram for share, (_, style_gram) in zip(shares, targets, strict=True))
        grams[layer] = float(np.mean((gram - target_gram) ** 2))
        distances[layer] = wasserstein2(mixture([(mean, gram)], [1.0]), mixture(targets, shares))
    contents = {
        name: float(content_loss(output_features[name], content.features[name], content.maps.get(name)))
        for name in CONTENT_LAYERS
    }
    return {"content": contents, "style_gram": grams, "style_wasserstein2": distances}


@lru_cache(maxsize=1)
def _feature_extractor() -> Any:
    """A function of a picture [1, H, W, 3] and maps that runs VGG-19, compiled for all sizes, with and without maps.

    The maps are empty, or have for each style layer the weights of its units, [h, w].

    It returns the activations of the content layers and, for each style layer, the mean [C] and the raw second moment
    [C, C], which is the Gram matrix. The large activations of the style layers are freed within the call.
    """
    network = networks.load("vgg19", "float32")

    def extract(
        picture: tf.Tensor, maps: Mapping[str, tf.Tensor]
    ) -> tuple[dict[str, tf.Tensor], dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        found = networks.features(network, picture, (*STYLE_LAYERS, *CONTENT_LAYERS))
        weighted = [(n, found[n], maps.get(n)) for n in STYLE_LAYERS]
        style_moments = {n: (channel_means(f, weights), gram_matrix(f, weights)) for n, f, weights in weighted}
        return {n: found[n] for n in CONTENT_LAYERS}, style_moments

    spec = tf.TensorSpec([1, None, None, 3], tf.float32)
    grids = {n: tf.TensorSpec([None, None], tf.float32) for n in STYLE_LAYERS}
    opaque, covering = (tf.function(extract, input_signature=[spec, each], autograph=False) for each in ({}, grids))
    return lambda picture, maps: covering(picture, maps) if maps else opaque(picture, {})


def _float64(pair: tuple[tf.Tensor, tf.Tensor]) -> GaussianMoments:
    return pair[0].numpy().astype(np.float64), pair[1].numpy().astype(np.float64)


def mixture(parts: Sequence[GaussianMoments], shares: Sequence[float]) -> GaussianMoments:
    """Mean [C] and covariance [C, C] of a weighted mixture of distributions.

    Args:
        parts: mean [C] and raw second moment [C, C] of each distribution.
        shares: weight of each distribution; they sum to 1.

    Means and second moments are averaged first. The covariance of the averages is that of the mixture; a mean of
    covariances would lack the distances between the means.
    """
    mean = sum(w * m for w, (m, _) in zip(shares, parts, strict=True))
    raw = sum(w * r for w, (_, r) in zip(shares, parts, strict=True))
    return np.asarray(mean), np.asarray(raw - np.outer(mean, mean))


def moments(samples: Sequence[np.ndarray], shares: Sequence[float]) -> GaussianMoments:
    """Mean [C] and covariance [C, C] in float64 of a weighted mixture of sample sets, each [n, C]; shares sum to 1."""
    return mixture([_raw_moments(s) for s in samples], shares)


def _raw_moments(samples: np.ndarray, weights: np.ndarray | None = None) -> GaussianMoments:
    """Mean [C] and raw second moment [C, C] of samples [n, C], weighted by `weights` [n] if given."""
    if weights is not None:
        shares = weights.astype(np.float64)[:, None] / weights.sum(dtype=np.float64)
        return (shares * samples).sum(axis=0), (shares * samples).T @ samples.astype(np.float64)
    return samples.mean(axis=0, dtype=np.float64), samples.astype(np.float64).T @ samples / len(samples)


def _raw_colours(picture: Pixels) -> GaussianMoments:
    cover = coverage(picture)
    return _raw_moments(colours(picture).reshape(-1, 3), None if cover is None else cover.ravel())


def wasserstein2(a: GaussianMoments, b: GaussianMoments) -> float:
    """Squared Wasserstein-2 distance of two Gaussians, each a mean [C] and a covariance [C, C]; >= 0, 0 if equal.

    Source: Dowson & Landau 1982: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2).
    """
    root = _root(a[1])
    crossed = np.linalg.eigvalsh(root @ b[1] @ root)
    trace = np.trace(a[1]) + np.trace(b[1]) - 2.0 * np.sqrt(np.clip(crossed, 0.0, None)).sum()
    return float(max(0.0, np.sum((a[0] - b[0]) ** 2) + trace))


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root [C, C] of a covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)


def _colour_distance(output: Pixels, styles: Sequence[GaussianMoments], shares: Sequence[float]) -> float:
    """Squared Wasserstein-2 distance between the colours of the output and of the styles, given as raw moments."""
    return wasserstein2(mixture([_raw_colours(output)], [1.0]), mixture(styles, shares))
