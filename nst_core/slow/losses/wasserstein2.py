"""The style distance `wasserstein2`: between Gaussians with the moments of two pictures' activations."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import tensorflow as tf

from nst_core.slow.losses.statistics import Divisor, channel_means, gram_matrix

SPREAD_SHARE = 0.01
"""Variance added in every direction, as a share of the target's mean variance.

VGG's covariances are close to singular: deep layers have fewer positions than channels, and the largest eigenvalue is
20 to 170 times the mean. With 0.01 the distance of two unrelated pictures is 0.2 to 2 % less, of two nearly equal ones
up to 17 % less. The slope, up to 1 / sqrt(variance) in a direction that the picture lacks, stays bounded.
"""
ROUNDING_SHARE = 4e-6
"""Least variance of any direction, as a share of the trace of the second moment: float32's rounding error in a variance
that is computed as a second moment minus a squared mean."""
LEAST_VARIANCE = 1e-6
"""Least variance of any direction, for layers without activations; activations are of the order of 1 to 1000."""
LEAST_SINGULAR = 7e-5
"""Least singular value that the polar iteration resolves, as a share of the Frobenius norm.

With SPREAD_SHARE, VGG's least singular value is about this, at 512 channels. A smaller one enters the distance in part.
"""


class Gaussian(NamedTuple):
    """A target of `wasserstein2`; a tuple of tensors, so that a `tf.function` takes it as an argument.

    Attributes:
        mean: [C].
        root: the symmetric square root of the covariance plus `spread` on its diagonal, [C, C].
        spread: the variance added in every direction, a scalar > 0.
    """

    mean: tf.Tensor
    root: tf.Tensor
    spread: tf.Tensor


def gaussian(mean: tf.Tensor, second: tf.Tensor) -> Gaussian:
    """The Gaussian with these moments, by an eigendecomposition in float64; computed once per run.

    Args:
        mean: `channel_means`, [C].
        second: `gram_matrix`, [C, C].
    """
    means = tf.cast(mean, tf.float64)
    covariance = tf.cast(second, tf.float64) - means[:, None] * means[None, :]
    channels = tf.cast(tf.shape(means)[0], tf.float64)
    mean_variance = tf.maximum(tf.linalg.trace(covariance), 0.0) / channels
    spread = (
        SPREAD_SHARE * mean_variance + ROUNDING_SHARE * tf.cast(tf.linalg.trace(second), tf.float64) + LEAST_VARIANCE
    )
    values, vectors = tf.linalg.eigh(0.5 * (covariance + tf.transpose(covariance)))
    root = tf.matmul(vectors * tf.sqrt(tf.maximum(values, 0.0) + spread), vectors, transpose_b=True)
    return Gaussian(mean, tf.cast(root, tf.float32), tf.cast(spread, tf.float32))


def wasserstein2(mean: tf.Tensor, second: tf.Tensor, target: Gaussian) -> tf.Tensor:
    """Squared Wasserstein-2 distance of two Gaussians of activations: a scalar >= 0, 0 if equal.

    Args:
        mean: the picture's `channel_means`, [C].
        second: its `gram_matrix`, [C, C].
        target: `gaussian` of the style's.

    Source: Dowson & Landau 1982, |m1 - m2|^2 + tr(S1 + S2 - 2 (S2^1/2 S1 S2^1/2)^1/2). We add the target's spread to
    both covariances. We do not compute the inner root: its condition number is the square of the covariances', too much
    for float32. With S1 = F F^T and S2 = R R the trace is the minimum of |F - R Q|^2 over orthogonal Q, reached by the
    polar factor Q of R F (Procrustes). A sum of squares has no cancellation near 0, and an error of Q enters squared.
    """
    shift = tf.reduce_sum(tf.square(mean - target.mean))
    return shift + _spread_distance(second - mean[:, None] * mean[None, :], second, target.root, target.spread)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _spread_distance(covariance: tf.Tensor, second: tf.Tensor, root: tf.Tensor, spread: tf.Tensor) -> Any:
    """The covariances' part of `wasserstein2`, a scalar; its gradient is I - (the map of optimal transport)."""
    identity = tf.eye(covariance.shape[0])
    least = tf.maximum(spread, ROUNDING_SHARE * tf.linalg.trace(second))
    factor = tf.linalg.cholesky(covariance + least * identity)
    turned = tf.matmul(root, polar(tf.matmul(root, factor)))

    def gradient(upstream: tf.Tensor) -> tuple[Any, ...]:
        transport = tf.linalg.triangular_solve(factor, tf.transpose(turned), lower=True, adjoint=True)
        slope = identity - 0.5 * (transport + tf.transpose(transport))
        return upstream * slope, None, None, None

    return tf.reduce_sum(tf.square(factor - turned)), gradient


def polar(matrix: tf.Tensor) -> tf.Tensor:
    """The orthogonal polar factor of a matrix [n, n] whose singular values are >= LEAST_SINGULAR times its norm.

    Source: Newton-Schulz iteration, Higham 2008, Functions of Matrices, ch. 8. Each step uses the best cubic for
    the remaining interval of singular values (Chen & Chow 2014): 13 steps where the plain iteration takes 28.
    """
    current = matrix / tf.maximum(tf.norm(matrix), 1e-30)
    for linear, cubic in _cubics():
        current = linear * current - cubic * tf.matmul(current, tf.matmul(current, current, transpose_a=True))
    return current


@cache
def _cubics() -> tuple[tuple[float, float], ...]:
    """Coefficients (a, b) of cubics a x - b x^3 that in turn map [LEAST_SINGULAR, 1] to within 1e-4 of 1.

    A cubic s x (3 - s^2 x^2) / 2 reaches 1 at x = 1 / s; s is chosen so that both ends of the interval map alike.
    """
    steps = []
    low = LEAST_SINGULAR
    while low < 1 - 1e-4:
        scale = math.sqrt(3 / (1 + low + low * low))
        steps.append((1.5 * scale, 0.5 * scale**3))
        low = 1.5 * scale * low - 0.5 * (scale * low) ** 3
    return tuple(steps)


class Wasserstein2Distance:
    """The Wasserstein-2 distance as a `StyleDistance`; its statistics are (mean [C], second moment [C, C])."""

    def statistics(
        self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None
    ) -> tuple[tf.Tensor, ...]:
        """Mean and second moment."""
        return channel_means(features, weights, divisor), gram_matrix(features, weights, divisor)

    def target(self, statistics: tuple[tf.Tensor, ...]) -> Gaussian:
        """The Gaussian with these moments. For a mixture of styles its covariance includes the spread between them."""
        return gaussian(statistics[0], statistics[1])

    def distance(self, statistics: tuple[tf.Tensor, ...], target: Gaussian) -> tf.Tensor:
        """`wasserstein2`."""
        return wasserstein2(statistics[0], statistics[1], target)

    def null_value(self, target: Gaussian) -> float:
        """The distance of a picture without activations: the sum of squared means and variances."""
        return float(tf.reduce_sum(tf.square(target.mean)) + tf.reduce_sum(tf.square(target.root)))

    def unit(self, statistics: tuple[tf.Tensor, ...]) -> float:
        """The mean square of activations, summed over channels."""
        return float(tf.linalg.trace(statistics[1]))

    def statistics_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[C], [C, C]."""
        return tf.TensorSpec([channels], tf.float32), tf.TensorSpec([channels, channels], tf.float32)

    def target_spec(self, channels: int) -> Gaussian:
        """[C], [C, C], a scalar."""
        return Gaussian(
            tf.TensorSpec([channels], tf.float32),
            tf.TensorSpec([channels, channels], tf.float32),
            tf.TensorSpec([], tf.float32),
        )


DISTANCE = Wasserstein2Distance()
