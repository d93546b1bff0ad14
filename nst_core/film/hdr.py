"""Films of high dynamic range, as phones record them, as sRGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""FFmpeg's numbers of the two transfer functions of BT.2100."""
BT2020 = 9
"""FFmpeg's number of its primaries."""
WHITE_NITS, PEAK_NITS = 203.0, 1000.0
"""The light of a white page in such a film (BT.2408), and of the display for which HLG is shown."""
KNEE = 0.6
"""Light up to this share of white stays as it is; more is compressed, so that highlights keep their shapes."""
_TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""Linear light with the primaries of BT.2020 -> of BT.709 (BT.2087)."""

Light = NDArray[np.float32]


def to_srgb(signal: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """A frame of high dynamic range as sRGB.

    Args:
        signal: red, green and blue as they are coded, uint16 [H, W, 3], of full range.
        transfer: `PQ` or `HLG`.
        primaries: FFmpeg's number; colours of BT.2020 are converted, those outside sRGB are clipped.

    Returns:
        uint8 [H, W, 3].
    """
    coded = signal.astype(np.float32) / np.float32(65535)
    light = (_pq_nits(coded) if transfer == PQ else _hlg_nits(coded)) / WHITE_NITS
    if primaries == BT2020:
        light = np.maximum(light @ _TO_BT709.T, 0)
    brightest = light.max(axis=2, keepdims=True)
    # The brightest channel decides for all three, so that the hue stays.
    light = light * (_compressed(brightest) / np.maximum(brightest, 1e-6))
    return (_srgb_coded(np.clip(light, 0, 1)) * 255 + 0.5).astype(np.uint8)


def _pq_nits(coded: Light) -> Light:
    """The light of a PQ signal in [0, 1], in nits. Source: BT.2100, table 4, reference EOTF."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = coded ** np.float32(1 / m2)
    return np.asarray(10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** np.float32(1 / m1), np.float32)


def _hlg_nits(coded: Light) -> Light:
    """The light of an HLG signal in [0, 1] on a display of 1000 nits. Source: BT.2100, table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    luma = scene @ np.array([[0.2627], [0.6780], [0.0593]])
    return np.asarray(PEAK_NITS * luma**0.2 * scene, np.float32)


def _compressed(light: Light) -> Light:
    """Light of any strength below 1: unchanged up to the knee, and smooth there."""
    return np.where(light <= KNEE, light, 1 - (1 - KNEE) * np.exp((KNEE - light) / (1 - KNEE)))


def _srgb_coded(light: Light) -> Light:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
