"""Brush strokes: ribbons of paint that follow a flow and take their colours from a sketch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.picture.procedural.canvas import Canvas
from nst_core.picture.procedural.field import Field, look_up


@dataclass(frozen=True)
class Brush:
    """Settings of a layer of strokes; lengths are shares of the picture's side.

    Attributes:
        count: number of strokes.
        length: length of a stroke.
        width: width of a stroke at its middle.
        jitter: standard deviation of the brightness, as a share.
        hue: standard deviation of each colour channel.
        bristles: number of thin streaks over each stroke.
    """

    count: int
    length: float
    width: float
    jitter: float = 0.08
    hue: float = 0.03
    bristles: int = 2


STEPS = 7
"""Number of points along a stroke."""

STREAK = 0.14
"""Width of a bristle's streak, as a share of the stroke's width."""


def paint(canvas: Canvas, sketch: Field, angle: Field, brush: Brush, rng: np.random.Generator) -> None:
    """Paint one layer of strokes.

    Args:
        canvas: the canvas to paint on.
        sketch: [n, n, 3] in [0, 1]; a stroke has the sketch's colour at the stroke's middle.
        angle: [n, n], direction of the flow in radians.
        brush: number, size and variation of the strokes.
        rng: source of positions and variations.
    """
    start = _spread(brush.count, rng)
    path = _paths(start, angle, brush.length)
    middle = path[:, STEPS // 2]
    colour = look_up(sketch, middle[:, 0], middle[:, 1])
    colour = colour * (1 + rng.normal(0, brush.jitter, (brush.count, 1)))
    colour = np.clip(colour + rng.normal(0, brush.hue, colour.shape), 0, 1).astype(np.float32)
    left, right = _ribbons(path, brush.width * rng.uniform(0.7, 1.25, brush.count))
    shares, shades = rng.uniform((0.1, 0.78), (0.9, 1.28), (brush.count, brush.bristles, 2)).transpose(2, 0, 1)
    # Streaks too thin to be seen are left out, which halves the time of a thumbnail.
    streaks = brush.bristles if brush.width * STREAK * canvas.side > 0.75 else 0
    for i in range(brush.count):
        canvas.polygon(np.concatenate([left[i], right[i, ::-1]]), colour[i])
        for j in range(streaks):
            streak = left[i, 1:-1] * shares[i, j] + right[i, 1:-1] * (1 - shares[i, j])
            canvas.line(streak, brush.width * STREAK, colour[i] * shades[i, j])


def _spread(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points [count, 2] over slightly more than the unit square, in random order; a jittered grid avoids clusters."""
    side = int(np.ceil(count**0.5))
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    points = (cells + rng.uniform(0, 1, cells.shape)) / side
    return np.asarray(rng.permutation(points)[:count] * 1.08 - 0.04)


def _paths(start: NDArray[np.float64], angle: Field, length: float) -> NDArray[np.float64]:
    """Points [n, STEPS, 2] of streamlines through the points `start`, [n, 2]."""
    halves = []
    for sign, steps in ((-1, STEPS // 2), (1, STEPS // 2)):
        at, half = start, []
        for _ in range(steps):
            turn = look_up(angle, at[:, 0], at[:, 1])
            at = at + sign * length / (STEPS - 1) * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
            half.append(at)
        halves.append(half)
    return np.stack([*halves[0][::-1], start, *halves[1]], axis=1)


def _ribbons(path: NDArray[np.float64], width: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both edges, [n, STEPS, 2] each, of strokes that are widest at the middle."""
    along = np.gradient(path, axis=1)
    along /= np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    swell = np.sin(np.linspace(0.12, 0.9, STEPS) * np.pi) ** 0.6
    offset = across * (width[:, None] * swell / 2)[..., None]
    return path + offset, path - offset
