"""The yardstick: distances of a result from its content and its styles, comparable between all methods.

The network runs in float32, whatever the precision of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import PictureError
from nst_core.models import vgg as networks
from nst_core.models.device import device
from nst_core.picture.resize import MIN_SIDE_PX, resize
from nst_core.recipe import CONVOLUTIONS, TUTORIAL
from nst_core.slow.losses.functions import content_loss, total_variation
from nst_core.slow.losses.statistics import gram_matrix
from nst_core.step import Pixels

CONTENT_LAYERS = ("block4_conv2", "block5_conv2")
STYLE_LAYERS = tuple(name for name in CONVOLUTIONS["vgg19"] if name.endswith("conv1"))


def measure(output: Pixels, content: Pixels, styles: Sequence[Pixels], shares: Sequence[float] = ()) -> dict[str, Any]:
    """Measure one result. Content and styles are first resized to the output's height and width.

    Args:
        output: the result, [1, H, W, 3] in [0, 1].
        content: the photograph, [1, h, w, 3] in [0, 1], of any size.
        styles: the style pictures, each [1, h, w, 3] in [0, 1], of any size; several are averaged by `shares`.
        shares: a weight for each style, of any sum; equal weights by default.

    Returns:
        `size`: [W, H] in pixels. `content`: layer -> mean squared difference of activations. `style_gram`: layer ->
        mean squared difference of Gram matrices. `style_wasserstein2`: layer -> squared Wasserstein-2 distance of
        activations, as Gaussians. `total_variation`: divided by the number of values. `ssim`: structural similarity
        to the content, 1 if equal. `colour`: Wasserstein-2 distance between the colours of the output and of the
        styles, in units of [0, 1]. `tutorial_total`: the objective of TensorFlow's tutorial. Without styles, style
        measures are empty or None.

    Raises:
        PictureError: the output is less than 16 px high or wide, too small for the poolings of VGG.
        WeightsError: no source gave VGG-19.
    """
    _, height, width, _ = output.shape
    if min(height, width) < MIN_SIDE_PX:
        raise PictureError(
            f"a result must be at least {MIN_SIDE_PX} px on each side to be measured, got {width} x {height}"
        )
    content = resize(content, width, height)
    fitted = [resize(style, width, height) for style in styles]
    normalised = [s / sum(shares) for s in shares] or [1.0 / len(fitted) for _ in fitted]
    with tf.device(device().name):
        measured = _layer_measures(output, content, fitted, normalised)
        variation = float(total_variation(tf.constant(output)))
    grams, contents = measured["style_gram"], measured["content"]
    return {
        "size": [width, height],
        **measured,
        "total_variation": variation / output.size,
        "ssim": float(tf.image.ssim(tf.constant(output), tf.constant(content), 1.0)[0]),
        "colour": float(np.sqrt(_colour_distance(output, fitted, normalised))) if styles else None,
        "tutorial_total": None
        if not styles
        else TUTORIAL.content_weight * contents["block5_conv2"]
        + TUTORIAL.style_weight * sum(grams.values()) / len(grams)
        + TUTORIAL.tv_weight * variation,
    }


def _layer_measures(
    output: Pixels, content: Pixels, styles: Sequence[Pixels], shares: Sequence[float]
) -> dict[str, dict[str, float]]:
    """The measures that have a value for each layer; `shares` sum to 1."""
    extract = _feature_extractor()
    output_features, output_moments = extract(tf.constant(output))
    content_features, _ = extract(tf.constant(content))
    style_moments = [extract(tf.constant(style))[1] for style in styles]
    grams, distances = {}, {}
    for layer in STYLE_LAYERS if styles else ():
        targets = [_float64(of_style[layer]) for of_style in style_moments]
        mean, gram = _float64(output_moments[layer])
        target_gram = sum(share * style_gram for share, (_, style_gram) in zip(shares, targets, strict=True))
        grams[layer] = float(np.mean((gram - target_gram) ** 2))
        distances[layer] = wasserstein2(mixture([(mean, gram)], [1.0]), mixture(targets, shares))
    contents = {name: float(content_loss(output_features[name], content_features[name])) for name in CONTENT_LAYERS}
    return {"content": contents, "style_gram": grams, "style_wasserstein2": distances}


@lru_cache(maxsize=1)
def _feature_extractor() -> Any:
    """A function of a picture [1, H, W, 3] that runs VGG-19, compiled once for all sizes.

    It returns the activations of the content layers and, for each style layer, the mean [C] and the raw second moment
    [C, C], which is the Gram matrix. The large activations of the style layers are freed within the call.
    """
    network = networks.load("vgg19", "float32")

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])  # type: ignore[untyped-decorator]
    def extract(picture: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        found = networks.features(network, picture, (*STYLE_LAYERS, *CONTENT_LAYERS))
        style_moments = {n: (tf.reduce_mean(found[n], axis=(0, 1, 2)), gram_matrix(found[n])) for n in STYLE_LAYERS}
        return {n: found[n] for n in CONTENT_LAYERS}, style_moments

    return extract


GaussianMoments = tuple[np.ndarray, np.ndarray]
"""Mean [C], and covariance or raw second moment [C, C]; float64."""


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
    parts = [(s.mean(axis=0, dtype=np.float64), s.astype(np.float64).T @ s / len(s)) for s in samples]
    return mixture(parts, shares)


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


def _colour_distance(output: Pixels, styles: Sequence[Pixels], shares: Sequence[float]) -> float:
    """Squared Wasserstein-2 distance between the colours of the output and of the styles."""
    return wasserstein2(moments([output.reshape(-1, 3)], [1.0]), moments([s.reshape(-1, 3) for s in styles], shares))
