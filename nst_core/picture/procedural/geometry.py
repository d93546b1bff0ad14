"""Geometric abstraction: a composition of circles, wedges and lines."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, circle
from nst_core.picture.procedural.field import Field, grain, noise, palette, ramp, relief, step

_BOLD = palette("#d8352a #f0a202 #1b4f9c #14213d #2a9d8f #f4d35e #7b2d5b #e76f51 #3d5a80 #101014")


def composition(size: int, seed: int) -> Field:
    """Circles, wedges, chequers and lines on warm paper."""
    rng = np.random.default_rng(seed + 31)
    ground = ramp(0.5 + 0.45 * noise(256, 3, rng, 5), palette("#d9c7a0 #efe3c6 #f6eedb #e3d3c8 #c9d3cf"))
    canvas = Canvas(size, ground)
    _wedges(canvas, rng)
    _circles(canvas, rng)
    _lines(canvas, rng)
    _chequers(canvas, rng)
    picture = canvas.pixels()
    dry = noise(size, (30, 120), rng, 2) + noise(size, 150, rng)
    rubbed = step(dry - 0.95, 0.5)[..., None] * 0.16
    return relief(grain(np.asarray(picture * (1 - rubbed) + 0.94 * rubbed, np.float32), 0.07, rng), 0.18)


def _wedges(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw large wedges from the edges; each consists of thin strips whose colour shifts."""
    for tip, a, b, first, last in (
        ((0.93, 0.05), (0.05, 0.62), (0.22, 0.86), 4, 5),
        ((0.08, 0.10), (0.55, 0.93), (0.78, 0.80), 7, 1),
        ((0.52, 0.97), (0.60, 0.16), (0.76, 0.22), 2, 8),
        ((0.02, 0.88), (0.66, 0.50), (0.70, 0.60), 0, 6),
    ):
        start, end = np.array(a), np.array(b)
        for i in range(24):
            p, q = start + (end - start) * i / 24, start + (end - start) * (i + 1.15) / 24
            colour = _BOLD[first] * (1 - i / 24) + _BOLD[last] * i / 24
            canvas.polygon(np.array([tip, p, q]), np.clip(colour * rng.uniform(0.88, 1.12), 0, 1))


def _circles(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw one large circle, and smaller ones with concentric rings."""
    centres = [(0.30, 0.31, 0.185), (0.74, 0.66, 0.12), (0.66, 0.26, 0.075), (0.18, 0.74, 0.085), (0.47, 0.62, 0.05)]
    centres += [(*rng.uniform(0.06, 0.94, 2), rng.uniform(0.010, 0.036)) for _ in range(26)]
    for n, (x, y, radius) in enumerate(centres):
        picks = rng.permutation(10)
        canvas.disc(x + radius * 0.10, y + radius * 0.10, radius * 1.06, _BOLD[9] * 0.5 + 0.25)
        for i, share in enumerate((1.0, 0.86, 0.62, 0.50, 0.28)[: 5 if n < 5 else 2 + n % 2]):
            canvas.disc(x, y, radius * share, _BOLD[picks[i]] if i else _BOLD[9 if n % 3 == 0 else picks[0]])
        if n < 3:
            for turn in np.linspace(0, 2 * np.pi, 28, endpoint=False):
                line = np.array([[0.64, 0.64], [0.84, 0.84]]) * radius * [np.cos(turn), np.sin(turn)]
                canvas.line(line + np.array([x, y]), 0.004, _BOLD[picks[4]])


def _lines(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw long diagonals, a fan, arcs, a wavy line and short strokes."""
    black = _BOLD[9]
    for a, b, width in (
        ((0.02, 0.97), (0.97, 0.08), 0.009),
        ((0.10, 0.02), (0.90, 0.97), 0.005),
        ((0.00, 0.46), (0.99, 0.55), 0.004),
        ((0.40, 0.00), (0.30, 1.00), 0.003),
    ):
        canvas.line(np.array([a, b]), width, black)
    for i in range(9):
        canvas.line(np.array([[0.96, 0.96], [0.55 + 0.045 * i, 0.70 + 0.012 * i]]), 0.0028, _BOLD[i % 4])
        canvas.line(np.array([[0.40 + 0.018 * i, 0.06], [0.52 + 0.018 * i, 0.17]]), 0.004, black)
    for radius in (0.20, 0.225, 0.235):
        arc = circle(0.74, 0.66, radius, 90)[48:82]
        canvas.line(arc, 0.004, _BOLD[0] if radius < 0.22 else black)
    t = np.linspace(0, 1, 60)
    thread = np.stack([0.05 + 0.5 * t, 0.52 + 0.05 * np.sin(t * 26) * (1 - t)], axis=-1)
    canvas.line(thread, 0.006, _BOLD[6])
    for _ in range(34):
        x, y, turn = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0, 3)
        reach = rng.uniform(0.015, 0.05) * np.array([np.cos(turn), np.sin(turn)])
        canvas.line(
            np.array([[x, y], [x + reach[0], y + reach[1]]]), rng.uniform(0.002, 0.005), _BOLD[rng.integers(10)]
        )


def _chequers(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw slanted boards of small squares."""
    for x, y, turn, cell, wide, high in (
        (0.50, 0.36, -0.5, 0.026, 6, 4),
        (0.10, 0.50, 0.3, 0.020, 5, 4),
        (0.80, 0.40, 0.7, 0.022, 4, 6),
    ):
        ex, ey = np.array([np.cos(turn), np.sin(turn)]) * cell, np.array([-np.sin(turn), np.cos(turn)]) * cell
        for i in range(wide * high):
            at = np.array([x, y]) + ex * (i % wide) + ey * (i // wide)
            dark = (i % wide + i // wide) % 2
            canvas.polygon(np.array([at, at + ex, at + ex + ey, at + ey]), _BOLD[9] if dark else _BOLD[rng.integers(9)])
