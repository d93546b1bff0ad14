"""Frames with a known motion, cut from the bundled photographs."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from nst_core.film.flow import Bytes, Floats
from nst_core.picture import samples

HEIGHT, WIDTH = 96, 128


@cache
def photograph(key: str = "astronaut") -> Floats:
    """A photograph in 0 to 255, [h, w, 3]."""
    return np.asarray(samples.find(key).load(384).tensor(384)[0] * 255, np.float32)


def view(x: float = 0, y: float = 0, zoom: float = 1, key: str = "astronaut") -> Floats:
    """What a camera sees that looks (x, y) pixels beside the middle of the photograph, enlarged by `zoom`."""
    picture = photograph(key)
    across, down = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    across = (across - WIDTH / 2) / zoom + x + picture.shape[1] / 2
    down = (down - HEIGHT / 2) / zoom + y + picture.shape[0] / 2
    return np.clip(cv2.remap(picture, across, down, cv2.INTER_CUBIC), 0, 255)


def frame(values: Floats, noise: float = 0, seed: int = 0) -> Bytes:
    """Values in 0 to 255 as a frame, with a camera's noise of so many levels."""
    noisy = values + np.random.default_rng(seed).normal(0, noise, values.shape) if noise else values
    return np.clip(noisy, 0, 255).round().astype(np.uint8)
