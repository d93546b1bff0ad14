"""Small objectives with known minima, in the optimizers' terms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.slow.optimizers.precondition import precondition

SHAPE = (1, 4, 5, 3)
TARGET = np.random.default_rng(1).uniform(-0.5, 1.5, SHAPE).astype(np.float32)
"""Partly outside [0, 1], so that the box matters."""
STEEP = np.random.default_rng(2).uniform(0.1, 3, SHAPE).astype(np.float32)


def start() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).random(SHAPE, np.float32))


def objective(value_and_slope: Callable) -> Callable:
    """`picture -> (weighted terms, gradient)` from `array -> (value, gradient)`; it counts its calls."""

    def evaluate(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        evaluate.calls += 1
        value, slope = value_and_slope(picture.numpy().astype(np.float64))
        return tf.constant([value], tf.float32), tf.constant(slope, tf.float32)

    evaluate.calls = 0
    return evaluate


def quadratic(picture: np.ndarray) -> tuple[float, np.ndarray]:
    """sum(STEEP * (picture - TARGET)^2) / 2; in the box its minimum is TARGET clipped."""
    away = picture - TARGET
    return float(0.5 * (STEEP * away**2).sum()), STEEP * away


def coupled(picture: np.ndarray) -> tuple[float, np.ndarray]:
    """A quadratic whose values depend on each other: condition 1,000, minimum partly outside the box."""
    rng = np.random.default_rng(5)
    turn, _ = np.linalg.qr(rng.standard_normal((picture.size, picture.size)))
    matrix = (turn * np.geomspace(0.01, 10, picture.size)) @ turn.T
    away = picture.ravel() - TARGET.ravel()
    return float(0.5 * away @ matrix @ away), (matrix @ away).reshape(picture.shape)


def valley(picture: np.ndarray) -> tuple[float, np.ndarray]:
    """Rosenbrock's function along the flattened picture, scaled into the box: its minimum is 0.5 everywhere."""
    from scipy.optimize import rosen, rosen_der

    scaled = 2 * picture.ravel()
    return float(rosen(scaled)) / 100, (2 * rosen_der(scaled) / 100).reshape(picture.shape)


def spectral(exponent: Any, size: Any = (16, 20)) -> Any:
    """A quadratic whose Hessian is frequency^(2 exponent), about: stiff in grain if the exponent is above 0."""
    goal = np.random.default_rng(3).random((1, *size, 3)).astype(np.float32) * 0.2 + 0.4

    def value_and_slope(picture: Any) -> Any:
        apart = precondition(tf.constant(np.asarray(picture - goal, np.float32)), -exponent)
        slope = precondition(apart, -exponent).numpy().astype(np.float64)
        return 0.5 * float((apart.numpy().astype(np.float64) ** 2).sum()), slope

    return value_and_slope, np.full((1, *size, 3), 0.5, np.float32)
