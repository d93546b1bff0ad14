"""Fields on the unit square: coordinates, noise, interpolation, colour ramps and surface effects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.floating]
"""[N, N], or [N, N, 3] for colours in [0, 1]; float32 in a finished drawing."""


def grid(size: int) -> tuple[Field, Field]:
    """X and y of the pixels' centres in [0, 1], [size, size] each; y grows downwards."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.meshgrid(line, line)
    return x, y


def palette(hexes: str) -> Field:
    """Colours [n, 3] in [0, 1] from hexadecimal ones, such as "#0b1d51 #f2c14e"."""
    rows = [[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes.split()]
    return np.asarray(rows, np.float32) / np.float32(255)


def scaled(field: Field, size: int) -> Field:
    """A square field resampled to [size, size], antialiased."""
    if field.ndim == 3:
        return np.stack([scaled(field[..., c], size) for c in range(field.shape[2])], axis=-1)
    image = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC), np.float32)


def noise(size: int, cells: tuple[int, int] | int, rng: np.random.Generator, octaves: int = 1) -> Field:
    """Smooth noise [size, size] around 0, about in [-1, 1], of one fineness whatever the size.

    Args:
        size: side in pixels.
        cells: number of lattice cells across and down, or one number for both.
        rng: source of the lattice's values.
        octaves: number of layers; each has twice as many cells as the last one, and half its amplitude.
    """
    across, down = (cells, cells) if isinstance(cells, int) else cells
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        shape = (down << octave, across << octave)
        lattice = Image.fromarray(rng.uniform(-1, 1, shape).astype(np.float32))
        total += np.asarray(lattice.resize((size, size), Image.Resampling.BICUBIC), np.float32) * 0.5**octave
    return total


def look_up(field: Field, x: Field, y: Field) -> Field:
    """The field's values at (x, y), bilinear and mirrored beyond [0, 1]; x and y have one shape, any."""
    size = field.shape[0]
    column, row = _mirrored(x * size - 0.5, size), _mirrored(y * size - 0.5, size)
    c0, r0 = column.astype(np.int32), row.astype(np.int32)
    c1, r1 = np.minimum(c0 + 1, size - 1), np.minimum(r0 + 1, size - 1)
    across, down = column - c0, row - r0
    if field.ndim == 3:
        across, down = across[..., None], down[..., None]
    top = field[r0, c0] * (1 - across) + field[r0, c1] * across
    low = field[r1, c0] * (1 - across) + field[r1, c1] * across
    return np.asarray(top * (1 - down) + low * down, np.float32)


def _mirrored(position: Field, size: int) -> Field:
    """Positions in pixels, mirrored into [0, size - 1]."""
    turned = np.abs(position) % (2 * (size - 1))
    return np.asarray(np.minimum(turned, 2 * (size - 1) - turned), np.float32)


def ramp(value: Field, colours: Field) -> Field:
    """Colours [..., 3] for values in [0, 1], interpolated along a palette [n, 3]; other values are clipped."""
    at = np.clip(value, 0, 1) * (len(colours) - 1)
    low = np.minimum(at.astype(np.int32), len(colours) - 2)
    share = (at - low)[..., None]
    return np.asarray(colours[low] * (1 - share) + colours[low + 1] * share, np.float32)


def mix(a: Field, b: Field, share: Field) -> Field:
    """Blend `a` and `b`, [N, N, 3]: `a` where `share`, [N, N], is 0, and `b` where it is 1."""
    return np.asarray(a + (b - a) * np.clip(share, 0, 1)[..., None], np.float32)


def step(value: Field, soft: float) -> Field:
    """A soft step: 0 where `value` is below -soft, 1 where it is above soft, linear between."""
    return np.asarray(np.clip(value / soft * 0.5 + 0.5, 0, 1), np.float32)


def relief(picture: Field, strength: float, size_ratio: float = 1 / 320) -> Field:
    """The picture, [N, N, 3], lit from the upper left with its brightness as height, like thick paint.

    `size_ratio` is the distance of the compared pixels, as a share of the side.
    """
    size = picture.shape[0]
    height = picture @ np.array([0.3, 0.6, 0.1], np.float32)
    reach = max(1, round(size * size_ratio))
    lit = height - np.roll(height, (reach, reach), (0, 1))
    lit[:reach], lit[:, :reach] = 0, 0
    return np.asarray(np.clip(picture + strength * np.tanh(lit * 3)[..., None] / 3, 0, 1), np.float32)


def grain(picture: Field, strength: float, rng: np.random.Generator, cells: tuple[int, int] | int = 256) -> Field:
    """The picture, [N, N, 3], with the grain of paper or canvas; `cells` as in `noise`."""
    tooth = noise(picture.shape[0], cells, rng)
    return np.asarray(np.clip(picture * (1 + strength * tooth[..., None]), 0, 1), np.float32)
