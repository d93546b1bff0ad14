"""In which sizes a run is done, how long each takes, when one is done early, and what the first one starts from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nst_core.recipe import Recipe
from nst_core.step import Pixels

LEAST_SIDE_PX = 32
"""The shorter side of a pyramid's smallest size: two units at the deepest block."""
_NEAR = 2**0.25
"""A size closer than this to the last one is left out: it would cost nearly as much and teach little."""
PLATEAU_STEPS = 20


@dataclass(frozen=True)
class PyramidScale:
    """One size of a run: its longest edge, how many steps, and the share of a time budget used up at its end."""

    edge_px: int
    steps: int
    until: float


def scales(recipe: Recipe, height: int, width: int) -> tuple[PyramidScale, ...]:
    """The sizes of a run, smallest first, the last `recipe.longest_edge_px`; one without a pyramid.

    They grow by sqrt(2) from the smallest one upwards, so that a preview's sizes are the first ones of the full run.

    Args:
        recipe: every setting.
        height, width: of the content, for its aspect ratio.
    """
    plan = recipe.schedule
    last = recipe.longest_edge_px
    edges = [last]
    if plan.pyramid == "auto":
        least = max(plan.smallest_edge_px, math.ceil(LEAST_SIDE_PX * max(height, width) / min(height, width)))
        count = max(0, math.ceil(2 * math.log2(last / least))) if last > least else 0
        edges = [e for e in (round(least * 2 ** (k / 2)) for k in range(count)) if e * _NEAR < last]
        edges.append(last)
    steps = [recipe.steps] * len(edges)
    if len(edges) > 1:
        steps[0] = plan.first_steps or recipe.steps
    costs = np.cumsum([count * edge**2 for count, edge in zip(steps, edges, strict=True)])
    return tuple(PyramidScale(e, n, float(c / costs[-1])) for e, n, c in zip(edges, steps, costs, strict=True))


def plateau(totals: Sequence[float], share: float) -> bool:
    """Whether the best of the last 20 losses gained less than `share` on the best of the 20 before."""
    if share <= 0 or len(totals) < 2 * PLATEAU_STEPS:
        return False
    before, now = min(totals[-2 * PLATEAU_STEPS : -PLATEAU_STEPS]), min(totals[-PLATEAU_STEPS:])
    return before - now < share * before


def coloured_noise(like: Pixels, seed: int) -> Pixels:
    """Noise with the spectrum of photographs (amplitude ~ 1 / frequency) and the colours of a picture.

    White noise is nothing a network was trained on, and costs many steps to calm down.

    Args:
        like: the picture whose size, mean colour and colour covariance it gets, [1, H, W, 3].
        seed: the same seed and size give the same noise.
    """
    _, height, width, _ = like.shape
    white = np.random.default_rng(seed).standard_normal((height, width, 3))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1 / max(height, width)
    pink = np.fft.irfft2(np.fft.rfft2(white, axes=(0, 1)) / frequency[..., None], s=(height, width), axes=(0, 1))
    pink = (pink - pink.mean(axis=(0, 1))) / pink.std(axis=(0, 1))
    colours = like.reshape(-1, 3).astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(colours.T))
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return np.asarray(np.clip(pink @ root + colours.mean(axis=0), 0, 1)[None], np.float32)
