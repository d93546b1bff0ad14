"""Fluid paint: an acrylic pour with cells, and combed marbled paper."""

from __future__ import annotations

import numpy as np

from nst_core.picture.procedural.field import (
    Field,
    grain,
    grid,
    look_up,
    mix,
    noise,
    palette,
    ramp,
    relief,
    scaled,
    step,
)

FIELD_PX = 256
_POUR = palette("#061a2e #0b3c5d #117a8b #3fb8af #f2e8cf #f6bd60 #e4572e #7d1d3f #2b0f2e #0b3c5d #f4efe6 #061a2e")


def acrylic_pour(size: int, seed: int) -> Field:
    """An acrylic pour: folded bands of colour, with round cells."""
    rng = np.random.default_rng(seed + 11)
    x, y = grid(size)
    folds = [noise(FIELD_PX, 3, rng, 3) for _ in range(4)]
    u = x + 0.16 * look_up(folds[0], x, y)
    v = y + 0.16 * look_up(folds[1], x, y)
    a = u + 0.20 * look_up(folds[2], u, v)
    b = v + 0.20 * look_up(folds[3], u, v)
    veil = look_up(noise(FIELD_PX, 4, rng, 2), a, b) + 2.2 * (0.6 * a + 0.8 * b)
    level = veil * 0.42 % 1.0
    picture = ramp(level, _POUR)
    lace = np.abs(np.sin(veil * 2.6 * np.pi * 2 + 3 * look_up(folds[1], b, a)))
    picture = mix(picture, picture[..., ::-1] * 0.5 + 0.45, step(0.15 - lace, 0.16) * 0.6)
    picture = _cells(picture, a, b, rng)
    return grain(relief(picture, 0.30), 0.03, rng)


def _cells(picture: Field, a: Field, b: Field, rng: np.random.Generator) -> Field:
    """The picture with cells: rings of paint, distorted with the bands by the coordinates (a, b)."""
    heart = palette("#f4efe6 #0b3c5d #e4572e #117a8b #f6bd60 #2b0f2e")
    for i in range(100):
        cx, cy = rng.uniform(-0.2, 1.2, 2)
        radius = 0.008 + 0.05 * rng.random() ** 3.5
        near = np.square(a - cx) + np.square(b - cy)
        if not (close := near < (radius * 1.3) ** 2).any():
            continue
        reach = np.sqrt(near[close]) / radius
        colour = heart[i % 6] * (0.75 + 0.35 * reach[:, None])
        rim = np.exp(-(((reach - 1.0) / 0.16) ** 2))
        inner = mix(picture[close], colour.astype(np.float32), step(0.92 - reach, 0.12))
        picture[close] = mix(inner, heart[(i + 2) % 6][None] + 0 * inner, rim * 0.9)
    return picture


_COMB = palette("#17324d #e9dcc3 #b3322c #e0a43a #2f6f73 #f2ead8 #0e1a2b #c9653b #7fa6a0")


def marbled_paper(size: int, seed: int) -> Field:
    """Marbled paper: drops of ink on water, combed into patterns.

    Source: the displacement rules of A. Jaffer, "Oseen flow in ink marbling", arXiv:1702.02106, run backwards from
    each pixel. Ours are periodic combs with an exponential falloff, and a sine.
    """
    rng = np.random.default_rng(seed + 12)
    x, y = grid(size)
    wander = noise(FIELD_PX, 5, rng, 2)
    u = x + 0.018 * look_up(wander, x, y)
    v = y + 0.018 * look_up(wander, y, x)
    v = v + 0.030 * _teeth(u, 7.0)
    u = u + 0.085 * _teeth(v, 5.0)
    v = v - 0.145 * _teeth(u, 9.0)
    u = u + 0.020 * np.sin(v * 38)
    band = (v * 13 + 1.3 * look_up(noise(FIELD_PX, 6, rng, 2), u, v)) % len(_COMB)
    colour = _COMB[band.astype(np.int32)]
    edge = np.abs(band - np.round(band))
    picture = mix(colour, palette("#141a24")[0] + 0 * colour, step(0.035 - edge, 0.05) * 0.7)
    veins = np.abs(np.sin(band * np.pi * 3))
    picture = mix(picture, picture * 0.72 + 0.22, step(0.25 - veins, 0.2) * 0.55)
    picture = _speckle(picture, u, v, rng)
    fibre = scaled(noise(FIELD_PX, (40, 160), rng), size)
    return np.asarray(np.clip(grain(picture, 0.05, rng) * (1 + 0.03 * fibre[..., None]), 0, 1), np.float32)


def _teeth(position: Field, count: float) -> Field:
    """Displacement by a comb of `count` teeth: sharp at each tooth, slow between teeth."""
    near = np.abs((position * count) % 1.0 - 0.5) * 2
    return np.asarray(np.exp(-3.2 * near) * 2 - 0.6, np.float32)


def _speckle(picture: Field, u: Field, v: Field, rng: np.random.Generator) -> Field:
    """The picture with pale drops of ox gall, distorted with the ink by the coordinates (u, v)."""
    dots = look_up(noise(FIELD_PX, 46, rng), u % 1.0, v % 1.0)
    eye = step(dots - 0.62, 0.06)
    rim = step(dots - 0.52, 0.06) - eye
    picture = mix(picture, palette("#f5efe0")[0] + 0 * picture, eye * 0.95)
    return mix(picture, palette("#101826")[0] + 0 * picture, rim * 0.55)
