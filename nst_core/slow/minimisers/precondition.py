"""A change of variables in which a picture is easier to optimise: large shapes weigh more than fine grain.

An objective made of network features is far stiffer in high spatial frequencies than in low ones. In the variable z of
picture = P z, with P a multiplication by frequency^-p in Fourier space, the two are closer together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import tensorflow as tf


def precondition(values: tf.Tensor, exponent: float) -> tf.Tensor:
    """P times [1, H, W, 3]; symmetric and invertible, and the identity for exponent 0. A negative one inverts it.

    The multiplier is frequency^-exponent, its mean over frequencies 1; the constant part counts as the lowest one.
    """
    if exponent == 0:
        return values
    _, height, width, _ = values.shape
    by_channel = tf.transpose(values[0], [2, 0, 1])
    spectrum = tf.signal.rfft2d(by_channel) * tf.cast(_multiplier(height, width, exponent), tf.complex64)
    back = tf.signal.irfft2d(spectrum, fft_length=[height, width])
    return tf.transpose(back, [1, 2, 0])[None]


def unbound(picture: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """1 at values that are free to go downhill, 0 at those on a wall of [0, 1] that downhill leads through.

    A direction that mixes pixels must leave the latter out before and after mixing: else values on a wall push others.
    """
    held = ((picture <= 0.0) & (gradient > 0.0)) | ((picture >= 1.0) & (gradient < 0.0))
    return tf.cast(~held, tf.float32)


@lru_cache(maxsize=8)
def _multiplier(height: int, width: int, exponent: float) -> np.ndarray:
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    raw = np.maximum(frequency, 1 / max(height, width)) ** -abs(exponent)
    normalised = raw / raw.mean()
    return np.asarray(normalised if exponent > 0 else 1 / normalised, np.float32)
