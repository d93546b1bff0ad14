"""A woodcut of a wave: flat colours, cut lines, and wood grain."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, Points, blob
from nst_core.picture.procedural.field import Field, grain, grid, mix, noise, palette, ramp, step

_SEA = palette("#12294b #1f4a7a #3f79a4 #86b3c4 #f0e6cf #10182b")


def woodcut_wave(size: int, seed: int) -> Field:
    """A woodcut of a wave that breaks in front of a distant mountain, in Prussian blue."""
    rng = np.random.default_rng(seed + 42)
    _, y = grid(256)
    sky = ramp(y * 1.25 + 0.05 * noise(256, (3, 12), rng, 3), palette("#b9a888 #d8c49b #ead9b0 #f1e4c4 #e6cfa6"))
    canvas = Canvas(size, sky, 3)
    _mountain(canvas)
    for row in range(3):
        _swell(canvas, 0.66 + 0.045 * row, 0.030 + 0.012 * row, row, rng)
    _breaker(canvas, rng)
    for row in range(3):
        _swell(canvas, 0.84 + 0.06 * row, 0.045, 3 + row, rng)
    _spray(canvas, rng)
    return _print(canvas.pixels(), rng)


def _print(picture: Field, rng: np.random.Generator) -> Field:
    """The picture as a print: with wood grain, and paper that shows through worn ink."""
    size = len(picture)
    _, y = grid(size)
    bend = noise(size, 3, rng, 2)
    rings = np.sin((y * 55 + 4.5 * bend) * 2 * np.pi) * (0.5 + 0.5 * noise(size, (3, 60), rng))
    picture = picture * (1 + 0.055 * rings[..., None])
    worn = step(noise(size, (50, 150), rng, 2) - 0.95, 0.35) * 0.3
    return grain(mix(np.clip(picture, 0, 1).astype(np.float32), palette("#efe4cb")[0] + 0 * picture, worn), 0.06, rng)


def _mountain(canvas: Canvas) -> None:
    """Draw a mountain with a snowy peak."""
    body = np.array([[0.46, 0.70], [0.56, 0.615], [0.635, 0.545], [0.66, 0.545], [0.74, 0.615], [0.86, 0.70]])
    canvas.polygon(body, _SEA[1])
    snow = np.array(
        [
            [0.590, 0.588],
            [0.635, 0.545],
            [0.66, 0.545],
            [0.705, 0.586],
            [0.685, 0.580],
            [0.672, 0.600],
            [0.652, 0.578],
            [0.635, 0.606],
            [0.618, 0.583],
        ]
    )
    canvas.polygon(snow, _SEA[4])
    canvas.line(body[:-1], 0.003, _SEA[5])


def _swell(canvas: Canvas, level: float, high: float, row: int, rng: np.random.Generator) -> None:
    """Draw a rolling wave: bands of blue below a white crest, and cut lines along it."""
    t = np.linspace(-0.02, 1.02, 70)
    phase = row * 1.9
    crest = level - high * (np.abs(np.sin(t * 5.2 + phase)) ** 1.5) + 0.008 * np.sin(t * 31 + phase)
    for drop, colour in ((0.0, _SEA[5]), (0.004, _SEA[4]), (0.020, _SEA[2]), (0.034, _SEA[0]), (0.075, _SEA[1])):
        edge = np.stack([t, crest + drop + 0.006 * np.sin(t * 60 + drop * 300)], axis=-1)
        canvas.polygon(np.concatenate([edge, [[1.02, 1.05], [-0.02, 1.05]]]), colour)
    for k in range(7):
        a = rng.integers(0, 40)
        part = slice(a, a + rng.integers(14, 30))
        line = np.stack([t[part], crest[part] + 0.044 + 0.011 * k], axis=-1)
        canvas.line(line, 0.0045, _SEA[3] if k % 2 else _SEA[4])


def _breaker(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the great wave: bands between its back and its hollow, edged with foam."""
    back = _curve(
        [(-0.05, 0.60), (0.06, 0.42), (0.17, 0.22), (0.33, 0.105), (0.49, 0.13), (0.585, 0.235), (0.60, 0.345)]
    )
    belly = _curve(
        [
            (0.60, 0.345),
            (0.535, 0.275),
            (0.45, 0.265),
            (0.375, 0.34),
            (0.345, 0.48),
            (0.385, 0.63),
            (0.50, 0.76),
            (0.68, 0.84),
            (0.98, 0.90),
        ]
    )
    base = np.array([[0.98, 1.05], [-0.05, 1.05]])
    canvas.polygon(np.concatenate([back, belly, base]), _SEA[0])
    spine = _curve([(0.02, 1.0), (0.03, 0.78), (0.08, 0.56), (0.18, 0.36), (0.31, 0.235), (0.44, 0.20), (0.54, 0.245)])
    steps = np.linspace(0, 1, len(belly))
    rear = np.stack([np.interp(steps, np.linspace(0, 1, len(spine)), spine[::-1, i]) for i in (0, 1)], axis=-1)
    for k in range(9):
        low, high = (k + 0.10) / 9, (k + 0.62) / 9
        strip = np.concatenate([belly + (rear - belly) * low, (belly + (rear - belly) * high)[::-1]])
        canvas.polygon(strip, _SEA[(4, 2, 3, 1)[k % 4]])
    canvas.line(np.concatenate([back, belly]), 0.006, _SEA[5])
    _foam(canvas, back, belly, rng)


def _foam(canvas: Canvas, back: Points, belly: Points, rng: np.random.Generator) -> None:
    """Draw foam along the crest, with claw-shaped tips: outlines first, then white, then shadows."""
    crest = np.concatenate([back[14:], belly[:26]])
    puffs = []
    for i in range(len(crest)):
        near = crest[i] + rng.normal(0, 0.008, 2)
        puffs.append((near, rng.uniform(0.014, 0.030)))
    for grow, colour in ((0.0045, _SEA[5]), (0.0, _SEA[4])):
        for (x, y), radius in puffs:
            canvas.disc(x, y, radius + grow, colour)
    for (x, y), radius in puffs[::2]:
        canvas.polygon(blob(x + 0.005, y + 0.006, radius * 0.45, rng, 0.3), _SEA[3])
        canvas.disc(x, y, radius * 0.32, _SEA[4])
    for at in np.concatenate([back[40::3], belly[:24:2]]):
        for _ in range(2):
            turn, reach = rng.normal(1.15, 0.5), rng.uniform(0.030, 0.062)
            t = np.linspace(0, 1, 8)
            bend = turn + 1.5 * t
            claw = at + np.cumsum(np.stack([np.cos(bend), np.sin(bend)], -1) * reach / 8, axis=0)
            for width, colour in ((0.016, _SEA[5]), (0.009, _SEA[4])):
                for i in range(7):
                    canvas.line(claw[i : i + 2], width * (1.1 - t[i]), colour)


def _spray(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw drops of spray around the crest."""
    for _ in range(150):
        x = rng.normal(0.56, 0.13)
        y = 0.28 + 0.5 * abs(x - 0.42) + rng.normal(0, 0.075)
        radius = rng.uniform(0.0016, 0.0055)
        canvas.disc(x, y, radius + 0.0016, _SEA[1])
        canvas.disc(x, y, radius, _SEA[4])


def _curve(points: list[tuple[float, float]]) -> Points:
    """A smooth curve [64, 2] through the points: a Catmull-Rom spline."""
    p = np.array([points[0], *points, points[-1]], float)
    out = []
    for u in np.linspace(0, len(points) - 1.0001, 64):
        i, t = int(u), u - int(u)
        a, b, c, d = p[i], p[i + 1], p[i + 2], p[min(i + 3, len(p) - 1)]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.array(out)
