"""One yardstick for every method: how far a result is from its content and from its styles.

All distances are evaluated in float32, whatever precision the run used.
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
    """All measures of one result; every picture is resized to the output's height and width first.

    Args:
        output: the result, [1, H, W, 3] in [0, 1].
        content: what it should show, any size.
        styles: how it should look, any sizes; several are averaged by `shares`.
        shares: a weight for each style; equal ones by default.

    Returns:
        `content`: layer -> mean squared difference of activations. `style_gram`, `style_wasserstein2`: layer ->
        distance of textures. `total_variation`: per value, of the [0, 1] picture. `ssim`: structure shared with the
        content, 1 if equal. `colour`: Wasserstein-2 distance of colours to the style, in [0, 1] units.
        `tutorial_total`: the objective of TensorFlow's tutorial. `size`: [W, H]. Without styles, what needs one is
        None or empty.

    Raises:
        PictureError: the output is less than 16 px high or wide, which VGG halves to nothing.
        WeightsError: no source gave VGG-19.
    """
    _, height, width, _ = output.shape
    if min(height, width) < MIN_SIDE_PX:
        raise PictureError(
            f"a result must be at least {MIN_SIDE_PX} px on each side to be measured, got {width} x {height}"
        )
    content = resize(content, width, height)
    fitted = [resize(style, width, height) for style in styles]
    whole = [s / sum(shares) for s in shares] or [1.0 / len(fitted) for _ in fitted]
    with tf.device(device().name):
        measured = _layer_measures(output, content, fitted, whole)
        variation = float(total_variation(tf.constant(output)))
    grams, contents = measured["style_gram"], measured["content"]
    return {
        "size": [width, height],
        **measured,
        "total_variation": variation / output.size,
        "ssim": float(tf.image.ssim(tf.constant(output), tf.constant(content), 1.0)[0]),
        "colour": float(np.sqrt(_colour_distance(output, fitted, whole))) if styles else None,
        "tutorial_total": None
        if not styles
        else TUTORIAL.content_weight * contents["block5_conv2"]
        + TUTORIAL.style_weight * sum(grams.values()) / len(grams)
        + TUTORIAL.tv_weight * variation,
    }


def _layer_measures(
    output: Pixels, content: Pixels, styles: Sequence[Pixels], shares: Sequence[float]
) -> dict[str, dict[str, float]]:
    see = _feature_extractor()
    ours, own = see(tf.constant(output))
    theirs, _ = see(tf.constant(content))
    looks = [see(tf.constant(style))[1] for style in styles]
    grams, distances = {}, {}
    for layer in STYLE_LAYERS if styles else ():
        look = [_float64(seen[layer]) for seen in looks]
        mean, raw = _float64(own[layer])
        target = sum(share * gram for share, (_, gram) in zip(shares, look, strict=True))
        grams[layer] = float(np.mean((raw - target) ** 2))
        distances[layer] = wasserstein2(mixture([(mean, raw)], [1.0]), mixture(look, shares))
    contents = {layer: float(content_loss(ours[layer], theirs[layer])) for layer in CONTENT_LAYERS}
    return {"content": contents, "style_gram": grams, "style_wasserstein2": distances}


@lru_cache(maxsize=1)
def _feature_extractor() -> Any:
    """What VGG-19 sees in a picture, compiled once for any size.

    Returns activations of the content layers, and for each style layer the mean [C] and the raw second moment [C, C],
    which is the Gram matrix. The large early activations do not outlive the call.
    """
    network = networks.load("vgg19", "float32")

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])  # type: ignore[untyped-decorator]
    def see(picture: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        seen = networks.features(network, picture, (*STYLE_LAYERS, *CONTENT_LAYERS))
        moments_seen = {n: (tf.reduce_mean(seen[n], axis=(0, 1, 2)), gram_matrix(seen[n])) for n in STYLE_LAYERS}
        return {n: seen[n] for n in CONTENT_LAYERS}, moments_seen

    return see


GaussianMoments = tuple[np.ndarray, np.ndarray]


def _float64(pair: tuple[tf.Tensor, tf.Tensor]) -> GaussianMoments:
    return pair[0].numpy().astype(np.float64), pair[1].numpy().astype(np.float64)


def mixture(parts: Sequence[GaussianMoments], shares: Sequence[float]) -> GaussianMoments:
    """Mean [C] and covariance [C, C] of a weighted mixture of distributions, from their means and raw second moments.

    Both are averaged before one covariance is formed: that of the mixture, and not a mean of covariances.
    """
    mean = sum(w * m for w, (m, _) in zip(shares, parts, strict=True))
    raw = sum(w * r for w, (_, r) in zip(shares, parts, strict=True))
    return np.asarray(mean), np.asarray(raw - np.outer(mean, mean))


def moments(samples: Sequence[np.ndarray], shares: Sequence[float]) -> GaussianMoments:
    """Mean [C] and covariance [C, C] of a weighted mixture of sample sets, each [n, C]; float64."""
    parts = [(s.mean(axis=0, dtype=np.float64), s.astype(np.float64).T @ s / len(s)) for s in samples]
    return mixture(parts, shares)


def wasserstein2(a: GaussianMoments, b: GaussianMoments) -> float:
    """Squared Wasserstein-2 distance of two Gaussians, from their moments; >= 0, 0 if equal.

    Source: Dowson & Landau 1982: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2).
    """
    root = _root(a[1])
    crossed = np.linalg.eigvalsh(root @ b[1] @ root)
    trace = np.trace(a[1]) + np.trace(b[1]) - 2.0 * np.sqrt(np.clip(crossed, 0.0, None)).sum()
    return float(max(0.0, np.sum((a[0] - b[0]) ** 2) + trace))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)


def _colour_distance(output: Pixels, styles: Sequence[Pixels], shares: Sequence[float]) -> float:
    return wasserstein2(moments([output.reshape(-1, 3)], [1.0]), moments([s.reshape(-1, 3) for s in styles], shares))
