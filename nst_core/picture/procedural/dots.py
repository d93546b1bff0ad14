"""Pictures of dabs: a pointillist bay, and a street in the rain painted with a palette knife."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, circle
from nst_core.picture.procedural.field import Field, grid, look_up, mix, noise, palette, ramp, relief, step
from nst_core.picture.procedural.strokes import Brush, paint

SKETCH_PX = 256


def pointillist(size: int, seed: int) -> Field:
    """Sails on a bay at sunset, in dots of pure colour (pointillism)."""
    rng = np.random.default_rng(seed + 51)
    sketch = _bay(rng)
    canvas = Canvas(size, sketch * 0.6 + palette("#e9dcc0")[0] * 0.4)
    for count, radius, stray in ((4200, 0.0085, 0.10), (7200, 0.0058, 0.13)):
        points = rng.uniform(-0.01, 1.01, (count, 2))
        colours = look_up(sketch, points[:, 0], points[:, 1])
        # Divisionism: each dot is shifted towards a pure hue, and the mean of many dots stays near the sketch.
        lean = palette("#ff5a36 #ffd23f #2e7df0 #8a3ffc #19b37d #ff8fb1")[rng.integers(0, 6, count)] - 0.55
        colours = np.clip(colours + stray * 2.2 * lean * rng.uniform(0.2, 1, (count, 1)), 0, 1)
        for (x, y), colour, reach in zip(points, colours, rng.uniform(0.75, 1.2, count) * radius, strict=True):
            canvas.disc(x, y, reach, colour)
    return relief(canvas.pixels(), 0.22)


def _bay(rng: np.random.Generator) -> Field:
    """A sketch of the bay, [SKETCH_PX, SKETCH_PX, 3]: sky, water, hill, boats and meadow."""
    x, y = grid(SKETCH_PX)
    away = np.hypot(x - 0.68, (y - 0.40) * 1.4)
    sky = ramp(
        away * 1.15 + 0.10 * noise(SKETCH_PX, (3, 9), rng, 3),
        palette("#fff0b8 #fdc671 #f3906d #c9759a #7f78b8 #4a68ad"),
    )
    sky = mix(sky, palette("#fffbe0")[0] + 0 * sky, step(0.058 - away, 0.015))
    water = np.flip(ramp(away * 1.0 + 0.13, palette("#f9d58c #ee9f79 #b07aa6 #5f78b8 #2f5f9f #1d4a82")), axis=0)
    water = np.roll(water, 48, axis=0)
    ripple = np.sin(y * 120 + 3 * noise(SKETCH_PX, (5, 18), rng))
    water = mix(
        water,
        palette("#ffe9a8")[0] + 0 * water,
        np.exp(-(((x - 0.68) / (0.05 + 0.12 * (y - 0.5))) ** 2)) * (ripple > -0.3),
    )
    water = np.clip(water * (1 + 0.12 * ripple[..., None]), 0, 1).astype(np.float32)
    sketch = mix(sky, water, step(y - 0.53, 0.004))
    hill = 0.53 - 0.075 * np.exp(-(((x - 0.14) / 0.2) ** 2)) - 0.035 * np.exp(-(((x - 0.42) / 0.12) ** 2))
    sketch = mix(sketch, palette("#5a5f9e")[0] + 0 * sketch, step(y - hill, 0.005) * (y < 0.53))
    for cx, base, tall in ((0.34, 0.66, 0.26), (0.52, 0.585, 0.12), (0.86, 0.60, 0.15), (0.14, 0.575, 0.09)):
        up = (base - y) / tall
        taper = np.clip(1 - up, 0, 1)
        sail = (up > 0.06) & (up < 1) & (x - cx > -0.30 * tall * taper) & (x - cx < 0.36 * tall * taper**0.8)
        sketch[sail] = np.where((x > cx)[sail][:, None], palette("#fbe3c0")[0], palette("#d98f86")[0])
        hull = (np.abs(y - base) < 0.05 * tall) & (np.abs(x - cx) < 0.42 * tall - (y - base))
        sketch[hull] = palette("#2c2a55")[0]
        mirror = (
            (y > base + 0.05 * tall)
            & (y < base + 0.75 * tall)
            & (np.abs(x - cx) < 0.26 * tall * (1 - (y - base) / tall))
        )
        sketch[mirror & (ripple > -0.2)] *= np.array([0.86, 0.80, 0.92], np.float32)
    grass = 0.90 - 0.05 * np.sin(x * 4 + 0.5) + 0.012 * noise(SKETCH_PX, (40, 4), rng)
    meadow = ramp(0.5 + 0.6 * noise(SKETCH_PX, 14, rng, 2), palette("#1e4f3d #3c7d3f #8aa83e #e0c04c"))
    return mix(sketch, meadow, step(y - grass, 0.006))


def rainy_street(size: int, seed: int) -> Field:
    """An avenue of autumn trees in the rain, with lamps reflected in the wet street, in palette-knife strokes."""
    rng = np.random.default_rng(seed + 52)
    x, y = grid(SKETCH_PX)
    middle, horizon = 0.5, 0.56
    away = np.hypot((x - middle) * 1.1, y - horizon)
    glow = ramp(
        away * 1.9 + 0.12 * noise(SKETCH_PX, 6, rng, 2), palette("#ffe7a0 #f6b24a #c8743f #5a5a7c #2b3a6b #131d45")
    )
    tone = 0.95 - 1.15 * away + 0.34 * noise(SKETCH_PX, 12, rng, 2)
    leaves = ramp(tone, palette("#141b45 #2a3a78 #5b1f4a #9c1f2e #d9481c #f39a1e #f9d949"))
    crowns = step(away - 0.17 + 0.07 * noise(SKETCH_PX, 6, rng, 2), 0.05) * step(0.60 - y, 0.08)
    sketch = mix(glow, leaves, crowns * 0.9)
    sketch = _trunks(sketch, x, y)
    wet = np.clip(2 * horizon - y + 0.02 * np.sin(y * 90), 0, 1)
    mirrored = look_up(sketch, x + 0.012 * noise(SKETCH_PX, (4, 30), rng), wet)
    sheen = noise(SKETCH_PX, (5, 26), rng, 2)
    street = mix(mirrored * 0.86, palette("#1a2350")[0] + 0 * mirrored, 0.25 + 0.35 * sheen)
    sketch = mix(sketch, street, step(y - horizon - 0.012, 0.006))
    angle = np.where(y < horizon, 0.85 + 0.45 * noise(SKETCH_PX, 7, rng), np.pi / 2 + 0.12 * noise(SKETCH_PX, 5, rng))
    canvas = Canvas(size, sketch)
    paint(canvas, sketch, angle.astype(np.float32), Brush(2400, 0.050, 0.022, 0.09, 0.025), rng)
    _lamps(canvas, rng)
    _people(canvas)
    paint(canvas, canvas.sketch(), angle.astype(np.float32), Brush(3600, 0.030, 0.0105, 0.12, 0.03, 1), rng)
    return relief(canvas.pixels(), 0.5)


def _trunks(sketch: Field, x: Field, y: Field) -> Field:
    """The sketch with tree trunks, smaller towards the end of the avenue."""
    for far in (0.10, 0.17, 0.27, 0.41):
        for side in (-1, 1):
            at = 0.5 + side * far + 0.008 * np.sin(y * 22 + far * 60)
            wide, low = 0.055 * far + 0.002, 0.56 + 0.16 * far
            inside = step(wide - np.abs(x - at), 0.006) * step(low - y, 0.01) * step(y - 0.50 + 0.95 * far, 0.05)
            sketch = mix(sketch, palette("#1d1430")[0] + 0 * sketch, inside)
    return sketch


def _lamps(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw lamps along the kerbs, and their reflections in the wet street."""
    warm, pale, dark = palette("#ffd45e #fff6d0 #120f2a")
    for far in (0.07, 0.13, 0.22, 0.34):
        for x in (0.5 - far, 0.5 + far):
            low, high, wide = 0.565 + 0.13 * far, 0.535 - 0.52 * far, 0.02 * far + 0.0015
            canvas.line(np.array([[x, low], [x, high]]), wide, dark)
            canvas.polygon(circle(x, high, 0.055 * far + 0.006, 12), warm)
            canvas.disc(x, high, 0.034 * far + 0.004, pale)
            for _ in range(9):
                streak = x + rng.normal(0, 0.02 * far + 0.003)
                start = low + rng.uniform(0.0, 0.10)
                canvas.line(
                    np.array([[streak, start], [streak, start + rng.uniform(0.02, 0.09)]]), 0.004 + 0.01 * far, warm
                )


def _people(canvas: Canvas) -> None:
    """Draw people under umbrellas, mirrored in the wet street."""
    dark = palette("#120f2a")[0]
    for x, feet, tall, hue in (
        (0.47, 0.70, 0.15, "#c4202f"),
        (0.535, 0.67, 0.12, "#274fa8"),
        (0.58, 0.61, 0.06, "#0f6f66"),
    ):
        for sign, fade in ((1, 1.0), (-1, 0.75)):
            top, middle = feet - sign * tall, feet - sign * tall * 0.72
            canvas.polygon(
                np.array(
                    [
                        [x - tall * 0.13, feet],
                        [x - tall * 0.16, middle],
                        [x + tall * 0.16, middle],
                        [x + tall * 0.13, feet],
                    ]
                ),
                dark,
            )
            canvas.polygon(
                np.array(
                    [
                        [x - tall * 0.36, middle],
                        [x - tall * 0.22, top + sign * tall * 0.08],
                        [x, top],
                        [x + tall * 0.22, top + sign * tall * 0.08],
                        [x + tall * 0.36, middle],
                    ]
                ),
                palette(hue)[0] * fade,
            )
