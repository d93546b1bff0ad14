"""A tree of spirals on gold leaf, over a patchwork of enamel."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas, circle
from nst_core.picture.procedural.field import Field, grain, noise, palette, ramp, relief

_LEAF = palette("#6e4a12 #a9761c #d8a52e #edc65a #f7e29c")
_ENAMEL = palette("#1d4e5f #2f8f83 #c0392b #e98a3a #f4ead2 #17202a #7d3f8c #3f6fb5 #8fae3c #f0c33c")


def golden_tree(size: int, seed: int) -> Field:
    """A tree with spiral branches on gold leaf, above a meadow of enamelled patches."""
    rng = np.random.default_rng(seed + 61)
    ground = ramp(0.52 + 0.20 * noise(256, 5, rng, 3), _LEAF)
    canvas = Canvas(size, ground)
    _flecks(canvas, rng)
    _patches(canvas, rng)
    _branches(canvas, rng)
    picture = canvas.pixels()
    hammered = noise(size, 60, rng, 2) + noise(size, 130, rng)
    picture = np.clip(picture * (1 + 0.09 * hammered[..., None]), 0, 1).astype(np.float32)
    return relief(grain(picture, 0.05, rng), 0.45)


def _flecks(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw small rings and rectangles in shades of gold, all over the ground."""
    for _ in range(520):
        x, y, reach = rng.uniform(0, 1), rng.uniform(0, 0.85), rng.uniform(0.004, 0.012)
        colour = _LEAF[rng.integers(5)] * rng.uniform(0.85, 1.1)
        if rng.random() < 0.5:
            canvas.ring(x, y, reach * 1.3, 0.0028, colour)
        else:
            canvas.polygon(
                np.array([[x, y], [x + reach, y], [x + reach, y + reach * 1.5], [x, y + reach * 1.5]]), colour
            )


def _patches(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the meadow: rows of patches with discs, triangles and coils."""
    rows = 7
    for row in range(rows):
        top, high = 0.79 + 0.215 * row / rows, 0.215 / rows
        x = -0.02 - 0.03 * (row % 2)
        while x < 1.02:
            wide = high * rng.uniform(0.8, 1.9)
            lift = 0.020 * np.sin(x * 7 + 1)
            back, front, dot = _ENAMEL[rng.permutation(10)[:3]]
            box = np.array(
                [[x, top + lift], [x + wide, top + lift], [x + wide, top + high + 0.03], [x, top + high + 0.03]]
            )
            canvas.polygon(box, back * rng.uniform(0.8, 1.1))
            _motif(canvas, (x + wide / 2, top + lift + high / 2), high * 0.42, (front, dot), int(rng.integers(3)))
            canvas.line(box[[3, 0, 1]], 0.0035, _LEAF[3])
            x += wide


def _motif(canvas: Canvas, at: tuple[float, float], reach: float, colours: tuple[Field, Field], kind: int) -> None:
    """Draw the motif of a patch: 0 a disc, 1 a triangle, 2 a coil."""
    (x, y), (front, dot) = at, colours
    if kind == 0:
        canvas.disc(x, y, reach, front)
        canvas.disc(x, y, reach * 0.55, dot)
    elif kind == 1:
        canvas.polygon(np.array([[x - reach, y + reach], [x, y - reach], [x + reach, y + reach]]), front)
        canvas.disc(x, y + reach * 0.35, reach * 0.3, dot)
    else:
        t = np.linspace(0, 4.4 * np.pi, 26)
        coil = np.stack([x + reach * t / 14 * np.cos(t), y + reach * t / 14 * np.sin(t)], axis=-1)
        canvas.line(coil, 0.0042, front)


_COILS = (
    (0.20, 0.18, 0.135, -1), (0.80, 0.18, 0.135, 1), (0.50, 0.13, 0.105, 1), (0.125, 0.47, 0.115, -1),
    (0.875, 0.47, 0.115, 1), (0.345, 0.37, 0.085, -1), (0.665, 0.365, 0.085, 1), (0.28, 0.64, 0.075, -1),
    (0.725, 0.64, 0.075, 1), (0.035, 0.31, 0.045, -1), (0.965, 0.31, 0.045, 1), (0.36, 0.085, 0.045, 1),
    (0.645, 0.075, 0.04, -1), (0.10, 0.70, 0.05, -1), (0.905, 0.70, 0.05, 1),
)  # fmt: skip
"""The spirals: centre (x, y), radius, and direction of turn, 1 or -1."""


def _branches(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the trunk, and limbs that end in spirals: a dark edge, brown wood and a vein of gold."""
    t = np.linspace(0, 1, 30)
    trunk = np.stack([0.50 + 0.020 * np.sin(t * 7) * (1 - t), 0.93 - 0.53 * t], axis=-1)
    limbs = [_limb(trunk, *coil) for coil in _COILS]
    for thick, colour in zip((0.0075, 0.0, -0.0095), palette("#241206 #7a4d17 #f0cd70"), strict=True):
        for limb, (_, _, radius, _) in zip(limbs, _COILS, strict=True):
            widths = (0.010 + 0.075 * radius) * np.linspace(1.25, 0.62, len(limb)) + thick
            for (x, y), width in zip(limb, widths, strict=True):
                canvas.disc(x, y, max(width / 2, 0.0012), colour)
        for (x, y), width in zip(np.repeat(trunk, 6, axis=0), np.repeat(0.082 - 0.045 * t, 6), strict=True):
            dx, dy = rng.normal(0, 0.0025, 2)
            canvas.disc(x + dx, y + dy, (width * (1.0 if thick >= 0 else 0.25) + thick) / 2, colour)
    _leaves(canvas, limbs, rng)


def _limb(trunk: Field, x: float, y: float, radius: float, side: int) -> Field:
    """A limb [n, 2]: a curve from the trunk to the rim of its spiral, then the spiral inwards."""
    root = trunk[int(np.clip((0.86 - (y + radius * 0.6)) / 0.5 * 26, 8, 29))]
    reach = np.hypot(x - root[0], y - root[1])
    entry = np.arctan2(root[1] - y, root[0] - x) + side * 0.9
    first = np.array([x, y]) + radius * np.array([np.cos(entry), np.sin(entry)])
    along = side * np.array([-np.sin(entry), np.cos(entry)]) * reach
    leave = np.array([np.sign(x - 0.5) * 0.35 * (abs(x - 0.5) > 0.05), -0.9]) * reach
    t = np.linspace(0, 1, 90)[:, None]
    sweep = (2 * t**3 - 3 * t**2 + 1) * root + (t**3 - 2 * t**2 + t) * leave
    sweep = sweep + (3 * t**2 - 2 * t**3) * first + (t**3 - t**2) * along
    turn = np.linspace(0, 1, 240)
    angle = entry + side * turn * 2 * np.pi * (2.6 if radius > 0.06 else 1.9)
    coil = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * (radius * (1 - 0.93 * turn))[:, None] + np.array([x, y])
    return np.concatenate([sweep, coil])


def _leaves(canvas: Canvas, limbs: list[Field], rng: np.random.Generator) -> None:
    """Draw concentric discs of enamel near the limbs."""
    for limb in limbs:
        for _ in range(5):
            x, y = limb[rng.integers(30, 230)] + rng.normal(0, 0.010, 2)
            outer, inner, core = _ENAMEL[rng.permutation(10)[:3]]
            reach = rng.uniform(0.006, 0.015)
            canvas.polygon(circle(x, y, reach * 1.25, 24), _ENAMEL[5])
            canvas.disc(x, y, reach, outer)
            canvas.disc(x, y, reach * 0.66, inner)
            canvas.disc(x, y, reach * 0.3, core)
