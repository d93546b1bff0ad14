"""Pictures in brush strokes that follow a flow: a starry night, and a field of poppies."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, circle
from nst_core.picture.procedural.field import Field, grid, mix, noise, palette, ramp, relief, step
from nst_core.picture.procedural.strokes import Brush, paint

SKETCH_PX = 256
_NIGHT = palette("#0a1440 #12276b #1f4a9c #2f74bd #6fa9d6 #bcd9dc #1b3a86")
_SWIRLS = ((0.40, 0.36, 0.17, 1), (0.66, 0.45, 0.11, -1), (0.13, 0.20, 0.08, 1), (0.87, 0.62, 0.07, 1))
_STARS = (
    (0.10, 0.43),
    (0.27, 0.10),
    (0.48, 0.08),
    (0.66, 0.16),
    (0.56, 0.60),
    (0.93, 0.42),
    (0.36, 0.58),
    (0.78, 0.30),
)
_MOON = (0.85, 0.13)


def night_swirls(size: int, seed: int) -> Field:
    """A night sky with swirls, stars and a moon above a village."""
    rng = np.random.default_rng(seed)
    x, y = grid(SKETCH_PX)
    angle, glow = _sky_flow(x, y, rng)
    sketch = ramp(_sky_tone(x, y, angle, rng), _NIGHT)
    sketch = mix(sketch, ramp(glow, palette("#2f74bd #4d97c2 #8cc3b6 #e6dc8a #fbe58e #fff3c4")), glow * 4)
    sketch, angle = _land(sketch, angle, x, y, rng)
    canvas = Canvas(size, sketch)
    paint(canvas, sketch, angle, Brush(2200, 0.10, 0.020, 0.10, 0.03), rng)
    _village(canvas, rng)
    paint(canvas, canvas.sketch(), angle, Brush(4600, 0.060, 0.0105, 0.15, 0.03), rng)
    _lights(canvas)
    return relief(canvas.pixels(), 0.35)


def _sky_flow(x: Field, y: Field, rng: np.random.Generator) -> tuple[Field, Field]:
    """Direction of the strokes in radians, and brightness of stars and moon in [0, 1]; [n, n] each."""
    u = 1 + 0.0 * x
    v = 0.9 * np.cos(x * 7 + 0.8) * np.exp(-(((y - 0.42) / 0.3) ** 2)) + 0.3 * noise(len(x), 4, rng)
    glow = np.zeros_like(x)
    lamps = [(sx, sy, 0.030 + 0.012 * (i % 3), 1) for i, (sx, sy) in enumerate(_STARS)]
    for cx, cy, radius, turn in (*_SWIRLS, *lamps, (*_MOON, 0.075, 1)):
        dx, dy = x - cx, y - cy
        near = np.hypot(dx, dy) / radius
        pull = 6 * np.exp(-((near / 1.25) ** 2))
        u, v = u - turn * pull * dy / radius, v + turn * pull * dx / radius
        if radius < 0.06 or radius == 0.075:
            glow = np.maximum(glow, np.exp(-((near / 0.95) ** 2)) + 0.30 * np.exp(-(((near - 1.75) / 0.35) ** 2)))
    return np.arctan2(v, u).astype(np.float32), np.clip(glow, 0, 1)


def _sky_tone(x: Field, y: Field, angle: Field, rng: np.random.Generator) -> Field:
    """Brightness of the sky, [n, n] in [0, 0.85]: bands that follow the swirls."""
    tone = 0.30 + 0.25 * noise(len(x), 5, rng, 3)
    for cx, cy, radius, turn in _SWIRLS:
        near = np.hypot(x - cx, y - cy) / radius
        arm = np.sin(near * 5.5 - turn * np.arctan2(y - cy, x - cx) * 2)
        tone = tone + 0.34 * arm * np.exp(-((near / 1.3) ** 2)) + 0.10 * np.exp(-(near**2))
    river = np.exp(-(((y - 0.62 - 0.06 * np.sin(x * 7 + 2)) / 0.05) ** 2))
    return np.clip(tone + 0.35 * river, 0, 0.85)


def _land(sketch: Field, angle: Field, x: Field, y: Field, rng: np.random.Generator) -> tuple[Field, Field]:
    """The sketch and the directions of strokes, with hills, fields and a cypress over the sky."""
    hills = 0.72 - 0.05 * np.sin(x * 5.2 + 1) - 0.03 * np.sin(x * 13) - 0.05 * x
    for depth, tones in enumerate(("#16295f #2a5590 #4d86a8", "#0d2440 #1d4a4f #44724c", "#0a1a2c #15352f #3e5a2e")):
        edge = hills + 0.085 * depth + 0.02 * np.sin(x * (9 + 4 * depth) + depth)
        ground = ramp(0.5 + 0.5 * noise(len(x), (6, 18), rng, 2), palette(tones))
        inside = step(y - edge, 0.006)
        sketch, angle = (
            mix(sketch, ground, inside),
            np.where(inside > 0.5, -0.25 + 0.5 * np.sin(x * 6), angle),
        )
    tree = (
        0.045
        * np.sin(np.clip((y - 0.12) / 0.95, 0, 1) * np.pi) ** 0.7
        * (1 + 0.35 * np.sin(y * 38 + 3 * np.sin(y * 17)))
    )
    inside = step(tree - np.abs(x - 0.135 - 0.012 * np.sin(y * 21)), 0.008) * (y > 0.12)
    bark = ramp(0.5 + 0.6 * noise(len(x), (26, 8), rng, 2), palette("#071310 #10241c #23422a #4a3a1e"))
    angle = np.where(inside > 0.5, np.pi / 2 + 0.5 * np.sin(y * 30), angle)
    return mix(sketch, bark, inside), angle.astype(np.float32)


def _lights(canvas: Canvas) -> None:
    """Draw the centres of the stars, the moon, and the windows of the village."""
    cream, gold = palette("#fff6cf #f9d65c")
    for i, (x, y) in enumerate(_STARS):
        canvas.polygon(circle(x, y, 0.011 + 0.003 * (i % 3), 9), cream)
    mx, my = _MOON
    canvas.disc(mx, my, 0.040, gold)
    canvas.disc(mx - 0.012, my - 0.004, 0.024, palette("#f3b63a")[0])
    for x, y, w, h in _houses():
        pane = np.array([[-0.35, 0.5], [-0.35, -0.4], [0.35, -0.4], [0.35, 0.5]]) * [w, h]
        canvas.polygon(pane + np.array([x, y]), gold)


def _village(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw houses with steep roofs; the next layer of strokes softens them."""
    for x, y, w, h in _houses():
        roof, wall = palette("#1b2c55 #5b3a3f #6b5a45 #2c5f86 #8a8f9c")[rng.integers(0, 5, 2)]
        canvas.polygon(np.array([[x - w, y + h], [x - w, y - h], [x + w, y - h], [x + w, y + h]]), wall)
        canvas.polygon(np.array([[x - 1.3 * w, y - h], [x, y - 2.4 * h], [x + 1.3 * w, y - h]]), roof * 0.7)


def _houses() -> Field:
    """Centre and half sizes (x, y, w, h) of the houses, [n, 4], the farthest first."""
    i = np.arange(22)
    y = 0.775 + 0.135 * i / 22
    return np.stack(
        [0.24 + 0.72 * (i * 0.618 % 1.0), y, 0.012 + 0.010 * i / 22, 0.011 + 0.008 * (i * 0.37 % 1.0)], axis=-1
    )


def poppies(size: int, seed: int) -> Field:
    """A field of poppies under a summer sky with clouds."""
    rng = np.random.default_rng(seed + 7)
    x, y = grid(SKETCH_PX)
    horizon = 0.40 + 0.03 * np.sin(x * 5) + 0.02 * np.sin(x * 11 + 1)
    clouds = noise(SKETCH_PX, (3, 7), rng, 4)
    sky = ramp(0.45 + 0.5 * clouds + 0.5 * (y - 0.2), palette("#2f6db0 #5b9bd1 #9cc6de #e8e9dc #f7ead0"))
    rows = np.sin((x - 0.5) / (y - 0.30 + 1e-3) * 16 + 2 * noise(SKETCH_PX, 5, rng))
    meadow = 0.45 + 0.25 * rows + 0.4 * noise(SKETCH_PX, (8, 20), rng, 3)
    land = ramp(meadow, palette("#1f4a2a #3c7a35 #7fa63e #d5bf4a #e8d27a"))
    trees = step(noise(SKETCH_PX, (14, 3), rng, 2) * 0.04 + 0.035 - np.abs(y - horizon + 0.015), 0.02)
    sketch = mix(sky, land, step(y - horizon, 0.01))
    sketch = mix(sketch, ramp(0.5 + 0.5 * noise(SKETCH_PX, 20, rng), palette("#12303a #1f5440 #35723f")), trees)
    wind = 0.5 * np.sin(x * 6 + y * 5) + 0.8 * noise(SKETCH_PX, 4, rng)
    angle = np.where(y < horizon, wind, -1.2 + 0.7 * noise(SKETCH_PX, 7, rng)).astype(np.float32)
    canvas = Canvas(size, sketch)
    paint(canvas, sketch, angle, Brush(1800, 0.09, 0.022, 0.10, 0.03), rng)
    paint(canvas, sketch, angle, Brush(3600, 0.05, 0.011, 0.15, 0.04), rng)
    _blossoms(canvas, rng)
    return relief(canvas.pixels(), 0.4)


def _blossoms(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw poppies of a few dabs each, small in the distance and large in front."""
    reds = palette("#d7261e #ef4a2a #b3151b #f4733b #e8e3f0 #7a4fa3")
    for depth in np.sort(rng.uniform(0, 1, 420) ** 0.8):
        x, y, radius = rng.uniform(0, 1), 0.45 + 0.55 * depth + rng.normal(0, 0.01), 0.004 + 0.017 * depth**1.5
        colour = reds[rng.choice(6, p=[0.34, 0.26, 0.2, 0.12, 0.04, 0.04])]
        for _ in range(4):
            dx, dy = rng.normal(0, radius * 0.6, 2)
            petal = circle(0, 0, radius * 0.7, 8) * [1, 0.7] + [x + dx, y + dy]
            canvas.polygon(petal, np.clip(colour * rng.uniform(0.72, 1.25), 0, 1))
        canvas.disc(x, y, radius * 0.28, palette("#26111a")[0])
