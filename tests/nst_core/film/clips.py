"""Clips of bundled photographs for the tests of the methods: a still scene, a pan, a cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.film.flow import Bytes
from nst_core.film.reading import FilmFrame
from tests.nst_core.film.motions import frame, view

FRAMES_PER_SECOND = 10


def numbered(pictures: Sequence[Bytes], first: int = 0) -> list[FilmFrame]:
    duration = 1 / FRAMES_PER_SECOND
    return [FilmFrame(n, n * duration, duration, pixels) for n, pixels in enumerate(pictures, first)]


def pan(count: int, step_px: float = 2, key: str = "astronaut", side: int = 64) -> list[FilmFrame]:
    """A camera that moves to the right; frames of `side` x `side` pixels."""
    return numbered([frame(view(step_px * n, key=key))[:side, :side] for n in range(count)])


def still(count: int, noise: float = 1.5, side: int = 64) -> list[FilmFrame]:
    """A camera that stands, with its noise."""
    return numbered([frame(view(), noise, seed)[:side, :side] for seed in range(count)])


def cut(before: int, after: int) -> list[FilmFrame]:
    """A pan over one photograph, and then over another."""
    pictures = [one.pixels for one in (*pan(before), *pan(after, key="chelsea"))]
    return numbered(pictures)


def half_mask(side: int = 64) -> np.ndarray:
    """1 on the left half."""
    mask = np.zeros((side, side), np.float32)
    mask[:, : side // 2] = 1
    return mask


def grey(frames: Sequence[FilmFrame], tint: int = 0) -> list[FilmFrame]:
    """The same frames in black and white, with red brighter by `tint` levels."""
    levels = [one.pixels.mean(axis=-1, keepdims=True).clip(0, 255 - tint).astype(np.uint8) for one in frames]
    return numbered([np.concatenate([level + np.uint8(tint), level, level], axis=-1) for level in levels])
