"""Pictures of pieces: a mosaic with grout, and leaded stained glass."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nst_core.picture.procedural.canvas import Canvas, Points, blob
from nst_core.picture.procedural.field import Field, grain, grid, look_up, mix, noise, palette, ramp, relief, step

SKETCH_PX = 256
_SUN = (0.62, 0.34)


def mosaic(size: int, seed: int) -> Field:
    """A mosaic of the sun over the sea, with stones in rings and waves."""
    rng = np.random.default_rng(seed + 21)
    sketch = _sun_and_sea(rng)
    canvas = Canvas(size, palette("#3a342c")[0])
    stones = _rows()
    middles = stones.mean(axis=1)
    colours = look_up(sketch, middles[:, 0], middles[:, 1]) * rng.uniform(0.74, 1.24, (len(stones), 1))
    colours = np.clip(colours + rng.normal(0, 0.03, colours.shape), 0, 1)
    shrink = rng.uniform(0.76, 0.9, (len(stones), 1, 1))
    shrunk = middles[:, None] + (stones - middles[:, None]) * shrink + rng.normal(0, 0.0009, stones.shape)
    for points, colour in zip(shrunk, colours, strict=True):
        canvas.polygon(points, colour)
        canvas.line(points[[0, 1]], 0.0018, colour * 1.25 + 0.06)
        canvas.line(points[[2, 3]], 0.0018, colour * 0.7)
    return relief(grain(canvas.pixels(), 0.16, rng, 200), 0.25)


def _sun_and_sea(rng: np.random.Generator) -> Field:
    """A sketch of the mosaic, [SKETCH_PX, SKETCH_PX, 3]."""
    x, y = grid(SKETCH_PX)
    away, turn = np.hypot(x - _SUN[0], y - _SUN[1]), np.arctan2(y - _SUN[1], x - _SUN[0])
    rays = step(np.sin(turn * 14 + 3 * away), 0.2) * step(0.36 - away, 0.05)
    sky = ramp(
        away * 1.25 + 0.08 * noise(SKETCH_PX, 6, rng), palette("#f6e3a1 #f2a541 #d9573a #8c2f4b #33305e #141f47")
    )
    sky = mix(sky, palette("#ffe39a")[0] + 0 * sky, rays * 0.55)
    sun = ramp(away / 0.14, palette("#fff4c9 #ffd24d #f08c1c #c8401f"))
    sky = np.where((away < 0.135)[..., None], sun, sky)
    swell = 0.66 + 0.035 * np.sin(x * 9 + 1) + 0.015 * np.sin(x * 23)
    waves = np.sin((y - swell) * 62 + 5 * np.sin(x * 7) + 2 * noise(SKETCH_PX, 5, rng))
    sea = ramp(0.5 + 0.5 * waves, palette("#07213f #0c4a6e #128c96 #58c9b9 #f1efd8"))
    glitter = np.exp(-(((x - _SUN[0]) / 0.10) ** 2)) * (waves > 0.1)
    return mix(sky, mix(sea, palette("#ffc65a")[0] + 0 * sea, glitter), step(y - swell, 0.004))


def _rows() -> Points:
    """Four-cornered stones [n, 4, 2]: rings around the sun above the waterline, wavy rows below it."""
    stones: list[Points] = []
    edge = 0.0195
    for ring in range(1, 60):
        radius = ring * edge
        count = max(6, round(2 * np.pi * radius / edge))
        a, b = np.arange(count) * 2 * np.pi / count + ring, (np.arange(count) + 1) * 2 * np.pi / count + ring
        inner, outer = radius - edge / 2, radius + edge / 2
        corners = [(inner, a), (inner, b), (outer, b), (outer, a)]
        ring_of = np.stack([np.stack([_SUN[0] + r * np.cos(t), _SUN[1] + r * np.sin(t)], -1) for r, t in corners], 1)
        stones += [s for s in ring_of if _swell(s[:, 0].mean()) - s[:, 1].mean() > edge * 0.3]
    for row in range(24):
        left = np.arange(-1, 54) * edge + (row % 2) * edge / 2
        right, top = left + edge, row * edge
        xs = np.stack([left, right, right, left], axis=1)
        ys = np.stack(
            [_swell(left) + top, _swell(right) + top, _swell(right) + top + edge, _swell(left) + top + edge], 1
        )
        stones += list(np.stack([xs, ys], axis=-1))
    all_of = np.array(stones)
    middle = all_of.mean(axis=1)
    return np.asarray(all_of[((middle > -0.03) & (middle < 1.03)).all(axis=1)])


def _swell(x: NDArray[np.floating] | np.floating) -> NDArray[np.floating]:
    """Height y of the waterline at x."""
    return np.asarray(0.66 + 0.035 * np.sin(x * 9 + 1) + 0.015 * np.sin(x * 23))


_GLASS = palette("#0f3d91 #1c6dd0 #0e7c7b #17b890 #f4c430 #f28c28 #c81d25 #8e1b4f #5b2a86 #e8e4d0 #7ec8e3 #d7263d")


def stained_glass(size: int, seed: int) -> Field:
    """A rose window: leaded panes of stained glass around a centre, lit from behind."""
    rng = np.random.default_rng(seed + 22)
    lead = palette("#0a0b10")[0]
    canvas = Canvas(size, lead)
    for points, ring in _panes(rng):
        middle = points.mean(axis=0)
        hue = _GLASS[(ring * 5 + rng.integers(0, 3)) % 12] if rng.random() < 0.8 else _GLASS[rng.integers(12)]
        colour = hue * rng.uniform(0.72, 1.2)
        gap = 0.0042 / (np.hypot(*(points - middle).T).mean() + 1e-6)
        canvas.polygon(middle + (points - middle) * (1 + gap), lead)
        canvas.polygon(middle + (points - middle) * (1 - gap), colour)
        for _ in range(3):
            x, y = middle + rng.normal(0, 0.3, 2) * np.ptp(points, axis=0)
            canvas.polygon(
                _kept(blob(x, y, 0.008, rng), middle, points), np.clip(colour * rng.uniform(0.8, 1.35), 0, 1)
            )
    picture = canvas.pixels()
    x, y = grid(size)
    streaks = noise(size, (60, 9), rng, 2) + noise(size, 24, rng, 2)
    lit = 1.18 - 0.75 * np.hypot(x - 0.5, y - 0.46) + 0.16 * streaks
    picture = np.clip(picture * lit[..., None] * (1.05, 1.0, 0.96), 0, 1).astype(np.float32)
    return relief(picture, 0.35)


def _kept(points: Points, middle: Points, pane: Points) -> Points:
    """The points of a bubble, clipped so that it stays within its pane."""
    room = 0.35 * np.ptp(pane, axis=0)
    return np.asarray(np.clip(points, middle - room, middle + room))


def _panes(rng: np.random.Generator) -> list[tuple[Points, int]]:
    """Panes between rings with the number of each pane's ring; the joints are slightly irregular."""
    radii = (0.0, 0.055, 0.13, 0.20, 0.29, 0.335, 0.44, 0.50, 0.60, 0.78)
    counts = (8, 8, 16, 16, 48, 24, 48, 24, 36)
    panes: list[tuple[Points, int]] = []
    for ring, count in enumerate(counts):
        joints = (np.arange(count + 1) + 0.5 * (ring % 2)) * 2 * np.pi / count
        joints = joints + np.append(rng.normal(0, 0.05, count), 0) / count * 2
        joints[-1] = joints[0] + 2 * np.pi
        for a, b in pairwise(joints):
            turn = np.linspace(a, b, 7)
            petal = 0.035 * np.sin((turn - a) / (b - a) * np.pi) * (ring in (1, 3, 6))
            outer = np.stack([np.cos(turn), np.sin(turn)], -1) * (radii[ring + 1] + petal)[:, None]
            inner = np.stack([np.cos(turn), np.sin(turn)], -1) * radii[ring]
            panes.append((np.concatenate([inner, outer[::-1]]) + 0.5, ring))
    return panes[::-1]
