"""Ink wash: mountains in mist on rice paper."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.canvas import Canvas
from nst_core.picture.procedural.field import Field, grain, grid, mix, noise, palette, ramp, step

_INK = palette("#14171c #2b3440 #4e5c66 #8a959a #c3c7c2 #efe9da")


def ink_mountains(size: int, seed: int) -> Field:
    """Mountains in mist with a red sun and pines, in ink wash on rice paper."""
    rng = np.random.default_rng(seed + 41)
    x, y = grid(size)
    paper = palette("#efe6d2")[0]
    picture = paper + 0 * x[..., None]
    sun = np.hypot(x - 0.70, y - 0.21) + 0.004 * noise(size, 30, rng, 2)
    picture = mix(
        picture, palette("#c8442e")[0] + 0 * picture, step(0.068 - sun, 0.010) * (0.82 + 0.2 * noise(size, 40, rng))
    )
    for depth in range(6):
        picture = _ridge(picture, x, y, depth, rng)
    canvas = Canvas(size, picture)
    _pines(canvas, rng)
    _birds(canvas)
    fibre = noise(size, (150, 30), rng) + noise(size, (30, 150), rng)
    picture = canvas.pixels() * (1 + 0.028 * fibre[..., None])
    return grain(np.asarray(np.clip(picture, 0, 1), np.float32), 0.045, rng, 220)


def _ridge(picture: Field, x: Field, y: Field, depth: int, rng: np.random.Generator) -> Field:
    """The picture with one mountain range: dark at its ridge, fading into mist below, with dry-brush texture."""
    size = len(x)
    profile = noise(256, (4 + depth, 1), rng, 6)[128]
    peaks = 0.34 + 0.115 * depth - (0.17 - 0.012 * depth) * np.interp(x[0], np.linspace(0, 1, 256), profile)
    below = y - peaks[None, :]
    wash = np.exp(-np.clip(below, 0, 1) / (0.075 + 0.018 * depth))
    cracks = noise(size, (70, 26), rng, 3) + 0.8 * np.sin(below * 90 + 10 * noise(size, 9, rng, 3))
    dark = (0.30 + 0.125 * depth) * wash * (0.72 + 0.30 * noise(size, 9, rng, 3)) + 0.20 * (cracks > 0.85) * wash
    tone = ramp(1 - dark, _INK)
    bleed = step(below + 0.0035 * noise(size, 60, rng, 2), 0.004)
    line = np.exp(-((below / 0.004) ** 2)) * (0.25 + 0.1 * depth)
    picture = mix(picture, np.minimum(tone, picture * 1.02), bleed * (0.25 + 0.75 * wash) * (0.55 + 0.09 * depth))
    return mix(picture, _INK[0] + 0 * picture, np.clip(line * step(noise(size, 20, rng, 2) + 0.4, 0.3), 0, 1))


def _pines(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw leaning pines on the nearest slope: a trunk, and clusters of short strokes as needles."""
    for x, y, tall in (
        (0.14, 0.93, 0.33),
        (0.22, 0.96, 0.22),
        (0.83, 0.98, 0.20),
        (0.06, 0.98, 0.20),
        (0.90, 1.0, 0.13),
    ):
        t = np.linspace(0, 1, 12)
        trunk = np.stack([x + 0.10 * tall * np.sin(t * 5 + x * 20) + 0.16 * tall * t, y - tall * t], axis=-1)
        for i in range(11):
            canvas.line(trunk[i : i + 2], 0.012 * (1.15 - t[i]), _INK[0] * 0.8)
        for _ in range(13):
            at = trunk[rng.integers(3, 12)] + rng.normal(0, 0.16, 2) * tall * [1.5, 0.35]
            for _ in range(46):
                turn = rng.normal(-np.pi / 2, 0.75)
                base = at + rng.normal(0, 1, 2) * [0.020, 0.006]
                tip = base + np.array([np.cos(turn), np.sin(turn)]) * rng.uniform(0.008, 0.02)
                canvas.line(np.array([base, tip]), 0.0016, _INK[rng.integers(0, 3)])


def _birds(canvas: Canvas) -> None:
    """Draw a flock of birds in the sky."""
    for i in range(7):
        x, y, wide = 0.36 + 0.030 * i, 0.17 + 0.022 * abs(i - 2), 0.011 + 0.001 * i
        wings = np.array(
            [
                [x - wide, y - wide * 0.5],
                [x - wide * 0.4, y - wide * 0.7],
                [x, y],
                [x + wide * 0.5, y - wide * 0.7],
                [x + wide, y - wide * 0.4],
            ]
        )
        canvas.line(wings, 0.0028, _INK[0])
