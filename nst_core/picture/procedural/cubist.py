"""A cubist portrait: facets between straight cuts, each shaded towards one edge."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, Points
from nst_core.picture.procedural.field import Field, grain, grid, noise, palette, relief

_EARTH = palette("#1d1a1c #3b2c28 #6b4a34 #a4703f #d0a45f #ead9ae #8fa3a0 #55707a #2c3e4c #b5563c")


def facets(size: int, seed: int) -> Field:
    """A cubist portrait: a sitter seen from several sides, in shaded facets."""
    rng = np.random.default_rng(seed + 32)
    canvas = Canvas(size, _EARTH[2])
    for points in _planes(rng):
        _plane(canvas, points, rng)
    _features(canvas)
    picture = canvas.pixels()
    x, y = grid(size)
    strokes = noise(size, (90, 22), rng, 2) * np.cos(6 * x + 4 * y) + noise(size, (22, 90), rng, 2) * np.sin(
        6 * x + 4 * y
    )
    return relief(
        grain(np.asarray(np.clip(picture * (1 + 0.11 * strokes[..., None]), 0, 1), np.float32), 0.06, rng), 0.35
    )


def _planes(rng: np.random.Generator) -> list[Points]:
    """The square, repeatedly cut by straight lines into convex polygons; they are smaller near the figure."""
    pieces, done = [np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)], []
    while pieces:
        piece = pieces.pop()
        middle = piece.mean(axis=0)
        near = np.exp(-(((middle[0] - 0.5) / 0.26) ** 2) - (((middle[1] - 0.46) / 0.42) ** 2))
        if _area(piece) < 0.020 - 0.0135 * near:
            done.append(piece)
            continue
        turn = rng.choice([0.35, 1.15, 1.9, 2.7]) + rng.normal(0, 0.2)
        normal = np.array([np.cos(turn), np.sin(turn)])
        offset = normal @ (middle + rng.normal(0, 0.03, 2))
        halves = [_half(piece, normal, offset), _half(piece, -normal, -offset)]
        pieces += [h for h in halves if len(h) > 2 and _area(h) > 1e-5]
    return done


def _half(points: Points, normal: Points, offset: float) -> Points:
    """The part of a convex polygon where points @ normal <= offset; [0, 2] if there is none."""
    side, kept = points @ normal - offset, []
    for i in range(len(points)):
        j = (i + 1) % len(points)
        if side[i] <= 0:
            kept.append(points[i])
        if side[i] * side[j] < 0:
            kept.append(points[i] + (points[j] - points[i]) * side[i] / (side[i] - side[j]))
    return np.array(kept) if kept else np.zeros((0, 2))


def _area(points: Points) -> float:
    """Area of a polygon (shoelace formula)."""
    x, y = points.T
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)


def _plane(canvas: Canvas, points: Points, rng: np.random.Generator) -> None:
    """Draw one facet: strips that darken towards one edge, and a broken outline."""
    x, y = points.mean(axis=0)
    head = ((x - 0.5) / 0.19) ** 2 + ((y - 0.34) / 0.25) ** 2 < 1
    body = y > 0.60 and abs(x - 0.5) < 0.20 + 0.45 * (y - 0.6)
    tones = (3, 4, 5, 5, 9) if head else (8, 7, 2, 9, 0) if body else (2, 6, 7, 3, 1)
    colour = _EARTH[tones[rng.integers(5)]] * rng.uniform(0.85, 1.12)
    turn = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.cos(turn), np.sin(turn)])
    low, high = (points @ normal).min(), (points @ normal).max()
    canvas.polygon(points, colour * 0.55)
    for share in np.linspace(0.04, 0.92, 12):
        strip = _half(points, normal, high - (high - low) * share)
        if len(strip) > 2:
            canvas.polygon(strip, np.clip(colour * (0.6 + 0.62 * share) * rng.uniform(0.94, 1.06), 0, 1))
    for i in range(len(points)):
        if rng.random() < 0.55:
            canvas.line(points[[i, (i + 1) % len(points)]], 0.0035, _EARTH[0])


def _features(canvas: Canvas) -> None:
    """Draw the eyes, brows, nose, mouth, jaw and collar, each seen from another side."""
    dark, pale, rust = _EARTH[0], _EARTH[5], _EARTH[9]
    for x, y, wide in ((0.435, 0.30, 0.055), (0.575, 0.335, 0.042)):
        t = np.linspace(-1, 1, 14)
        lids = np.concatenate(
            [
                np.stack([x + wide * t, y - 0.55 * wide * (1 - t**2)], -1),
                np.stack([x - wide * t, y + 0.5 * wide * (1 - t**2)], -1),
            ]
        )
        canvas.polygon(lids, pale)
        canvas.line(np.concatenate([lids, lids[:1]]), 0.005, dark)
        canvas.disc(x + 0.006, y - 0.002, wide * 0.36, _EARTH[7])
        canvas.disc(x + 0.008, y - 0.002, wide * 0.18, dark)
        canvas.line(
            np.array([[x - wide * 1.1, y - wide * 0.7], [x, y - wide * 1.15], [x + wide * 1.2, y - wide * 0.8]]),
            0.010,
            dark,
        )
    nose = np.array([[0.50, 0.25], [0.545, 0.42], [0.535, 0.445], [0.475, 0.44]])
    canvas.polygon(np.concatenate([nose, [[0.49, 0.36]]]), _EARTH[4])
    canvas.line(nose, 0.006, dark)
    canvas.polygon(np.array([[0.43, 0.50], [0.49, 0.487], [0.51, 0.494], [0.57, 0.50], [0.50, 0.53]]), rust)
    canvas.line(np.array([[0.425, 0.50], [0.50, 0.507], [0.575, 0.502]]), 0.005, dark)
    jaw = np.array(
        [[0.33, 0.30], [0.345, 0.43], [0.40, 0.545], [0.475, 0.60], [0.53, 0.60], [0.61, 0.53], [0.65, 0.42]]
    )
    canvas.line(jaw, 0.006, dark)
    for i in range(6):
        canvas.line(
            np.array([[0.30 + 0.02 * i, 0.72 + 0.03 * i], [0.50, 0.63 + 0.05 * i], [0.70 - 0.02 * i, 0.72 + 0.03 * i]]),
            0.004,
            dark if i % 2 else pale,
        )
