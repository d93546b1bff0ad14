"""Fields on the unit square: coordinates, noise, and looking things up along a flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.floating]
"""[N, N], or [N, N, 3] for colours in [0, 1]; float32 in what a drawing returns."""


def grid(size: int) -> tuple[Field, Field]:
    """X and y in [0, 1] at the pixels' centres, [size, size] each; y grows downwards."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.meshgrid(line, line)
    return x, y


def palette(hexes: str) -> Field:
    """Colours [n, 3] in [0, 1] from "#0b1d51 #f2c14e"."""
    rows = [[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes.split()]
    return np.asarray(rows, np.float32) / np.float32(255)


def scaled(field: Field, size: int) -> Field:
    """A square field resampled to [size, size], antialiased; what makes noise independent of the resolution."""
    if field.ndim == 3:
        return np.stack([scaled(field[..., c], size) for c in range(field.shape[2])], axis=-1)
    image = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC), np.float32)


def noise(size: int, cells: tuple[int, int] | int, rng: np.random.Generator, octaves: int = 1) -> Field:
    """Smooth noise around 0, about [-1, 1], [size, size]; `cells` across (and down), halved in size each octave."""
    across, down = (cells, cells) if isinstance(cells, int) else cells
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        shape = (down << octave, across << octave)
        lattice = Image.fromarray(rng.uniform(-1, 1, shape).astype(np.float32))
        total += np.asarray(lattice.resize((size, size), Image.Resampling.BICUBIC), np.float32) * 0.5**octave
    return total


def look_up(field: Field, x: Field, y: Field) -> Field:
    """The field's values at (x, y), between its pixels, mirrored beyond [0, 1]; any shape of x and y."""
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
    turned = np.abs(position) % (2 * (size - 1))
    return np.asarray(np.minimum(turned, 2 * (size - 1) - turned), np.float32)


def ramp(value: Field, colours: Field) -> Field:
    """Colours [..., 3] along a palette [n, 3] for values in [0, 1]."""
    at = np.clip(value, 0, 1) * (len(colours) - 1)
    low = np.minimum(at.astype(np.int32), len(colours) - 2)
    share = (at - low)[..., None]
    return np.asarray(colours[low] * (1 - share) + colours[low + 1] * share, np.float32)


def mix(a: Field, b: Field, share: Field) -> Field:
    """`a` where share is 0, `b` where it is 1; [N, N, 3] and [N, N]."""
    return np.asarray(a + (b - a) * np.clip(share, 0, 1)[..., None], np.float32)


def step(value: Field, soft: float) -> Field:
    """0 below, 1 above zero, smooth over about `soft`."""
    return np.asarray(np.clip(value / soft * 0.5 + 0.5, 0, 1), np.float32)


def relief(picture: Field, strength: float, size_ratio: float = 1 / 320) -> Field:
    """Light from the upper left on the picture's own brightness, as on thick paint; [N, N, 3]."""
    size = picture.shape[0]
    height = picture @ np.array([0.3, 0.6, 0.1], np.float32)
    reach = max(1, round(size * size_ratio))
    lit = height - np.roll(height, (reach, reach), (0, 1))
    lit[:reach], lit[:, :reach] = 0, 0
    return np.asarray(np.clip(picture + strength * np.tanh(lit * 3)[..., None] / 3, 0, 1), np.float32)


def grain(picture: Field, strength: float, rng: np.random.Generator, cells: tuple[int, int] | int = 256) -> Field:
    """Paper or canvas tooth over a picture, [N, N, 3]."""
    tooth = noise(picture.shape[0], cells, rng)
    return np.asarray(np.clip(picture * (1 + strength * tooth[..., None]), 0, 1), np.float32)
