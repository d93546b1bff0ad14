"""The preconditioner: a change of variables that weighs low spatial frequencies more than high ones.

An objective made of network features is far stiffer in high spatial frequencies than in low ones. In the variable z of
picture = P z, with P a multiplication by frequency^-p in Fourier space, the two are closer together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import tensorflow as tf


def precondition(values: tf.Tensor, exponent: float) -> tf.Tensor:
    """P times each of [n, H, W, 3]: symmetric and invertible, the identity for exponent 0, its inverse for -exponent.

    P multiplies each frequency by frequency^-exponent, divided by the mean over all frequencies. The constant part is
    treated as the lowest frequency.
    """
    if exponent == 0:
        return values
    _, height, width, _ = values.shape
    spectrum = _spectrum(values) * tf.cast(multiplier(height, width, exponent), tf.complex64)
    return tf.transpose(tf.signal.irfft2d(spectrum, fft_length=[height, width]), [0, 2, 3, 1])


def energies(values: tf.Tensor) -> tf.Tensor:
    """The power spectrum of [n, H, W, 3], summed over channels: [n, H, W // 2 + 1]; its sum is the sum of squares.

    Each frequency of the half plane also counts for its mirror image.
    """
    _, height, width, _ = values.shape
    counts = np.full(width // 2 + 1, 2.0 / (height * width), np.float32)
    counts[0] /= 2
    if width % 2 == 0:
        counts[-1] /= 2  # Nyquist's frequency is its own mirror image, as the constant is
    return tf.reduce_sum(tf.square(tf.abs(_spectrum(values))), axis=1) * counts


def unbound(picture: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """1 at values that can move downhill, 0 at values on a bound of [0, 1] that downhill would cross: [1, H, W, 3].

    A direction that mixes pixels is multiplied by this mask before and after mixing; otherwise values that cannot move
    would influence others.
    """
    held = ((picture <= 0.0) & (gradient > 0.0)) | ((picture >= 1.0) & (gradient < 0.0))
    return tf.cast(~held, tf.float32)


@lru_cache(maxsize=16)
def multiplier(height: int, width: int, exponent: float) -> np.ndarray:
    """The factor of each frequency in `precondition`, [height, width // 2 + 1]; 1 for exponent 0."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    raw = np.maximum(frequency, 1 / max(height, width)) ** -abs(exponent)
    normalised = raw / raw.mean()
    return np.asarray(normalised if exponent > 0 else 1 / normalised, np.float32)


def _spectrum(values: tf.Tensor) -> tf.Tensor:
    return tf.signal.rfft2d(tf.transpose(values, [0, 3, 1, 2]))
