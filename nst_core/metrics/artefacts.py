"""Fine faults of a result that no style asks for: a mesh, chroma noise, colour fringes and specks. Without a network.

All measures rise with the fault and are low in a photograph. A style may have some of them itself, for example dots:
compare results of one pair only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nst_core.picture.colour import rgb_to_lab
from nst_core.picture.resize import resize
from nst_core.step import Pixels

PERIODS_PX = (2, 4, 8, 16)
"""Periods of the networks' grids: the strides of their layers."""
LEAST_SIDE_PX = 64
"""Shortest side at which the grid's frequencies lie far enough apart to be compared with those between."""
FLAT_SHARE = 0.25
"""Share of the photograph that counts as flat: where lightness varies least."""
SPECK = 10.0
"""Least difference of a speck from what is around it, in units of L*, a* or b*."""

Plane = NDArray[np.float32]
"""Values of the pixels, [H, W]."""

_ROUNDING = 1 / 255**2 / 12
"""Variance of rounding to 8 bits: the power that any picture has."""
_AROUND = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
_LOBE = [offset for offset in _AROUND if max(map(abs, offset)) < 2]
"""Offsets, in frequencies of the transform, to which the window spreads a single frequency."""
_BESIDE = {
    "between": [offset for offset in _AROUND if max(map(abs, offset)) == 2],
    "vertical": [(down, right) for down in (-2, 2) for right in (-1, 0, 1)],
    "horizontal": [(down, right) for down in (-1, 0, 1) for right in (-2, 2)],
}
"""Offsets to the frequencies that those of the grid are compared with. Pictures have more power at vertical and
horizontal frequencies than beside them, so these are compared along their line."""
_LINES = ((0, 1), (1, 0), (1, 1), (1, -1))
"""(rows down, columns right) of the neighbours along a line."""


def artefacts(output: Pixels, content: Pixels, styles: Sequence[Pixels]) -> dict[str, float]:
    """All measures of a result: `mesh` (of the period where it is strongest), `chroma_noise`, `fringes` and `specks`.

    Args:
        output: the result, [1, H, W, 3] in [0, 1].
        content: the photograph, [1, h, w, 3] in [0, 1], of any size.
        styles: the styles, each likewise.
    """
    return {
        "mesh": max(mesh(output).values()),
        "chroma_noise": chroma_noise(output, content),
        "fringes": fringes(output, content, styles),
        "specks": specks(output),
    }


def mesh(output: Pixels) -> dict[int, float]:
    """For each of `PERIODS_PX`, the power at its frequencies in units of that beside them; about 1 without a mesh.

    Args:
        output: [1, H, W, 3] in [0, 1], at least `LEAST_SIDE_PX` high and wide.

    A regular grid of period p has all its power at the frequencies (m / p, n / p), while what is painted spreads over
    all of them. The mean over these frequencies, without those of half the period, and over red, green and blue.

    Raises:
        ValueError: the picture is too small.
    """
    _, height, width, _ = output.shape
    if min(height, width) < LEAST_SIDE_PX:
        raise ValueError(f"a mesh needs a picture of {LEAST_SIDE_PX} x {LEAST_SIDE_PX} px, got {width} x {height}")
    longest = PERIODS_PX[-1]
    rows, columns = height // longest * longest, width // longest * longest
    power = _power(output[0, :rows, :columns].astype(np.float64))
    own = _sum_of(power, _LOBE) / len(_LOBE)
    excess = {name: own / (_sum_of(power, offsets) / len(offsets)) for name, offsets in _BESIDE.items()}
    return {period: _at_period(excess, period) for period in PERIODS_PX}


def chroma_noise(output: Pixels, content: Pixels) -> float:
    """Root mean square of fine variations of a* and b* where the photograph is flat, in units of CIELAB.

    Args:
        output: [1, H, W, 3] in [0, 1].
        content: the photograph, [1, h, w, 3] in [0, 1], of any size.
    """
    _, height, width, _ = output.shape
    lightness = rgb_to_lab(resize(content, width, height)[0])[..., 0]
    variance = _box(np.square(lightness)) - np.square(_box(lightness))
    flat = variance <= np.quantile(variance, FLAT_SHARE)
    chroma = rgb_to_lab(output[0])[..., 1:]
    fine = chroma - np.stack([_box(chroma[..., channel]) for channel in range(2)], axis=-1)
    return float(np.sqrt(np.square(fine[flat]).sum(axis=-1).mean()))


def fringes(output: Pixels, content: Pixels, styles: Sequence[Pixels]) -> float:
    """Chroma that no picture of the pair has: how much the most colourful 1 % exceed theirs, in units of CIELAB.

    Args:
        output, content, styles: each [1, h, w, 3] in [0, 1], of any size.

    In a pair of black and white pictures it is the chroma of the result; in a colourful one it is 0.
    """
    return max(0.0, _high_chroma(output) - max(map(_high_chroma, (content, *styles))))


def specks(output: Pixels) -> float:
    """Pixels of isolated specks, up to 2 px wide, in a thousand; lines, however thin, are none.

    Args:
        output: [1, H, W, 3] in [0, 1].

    A speck is what disappears from L*, a* or b* by opening or closing along a line of 3 px, whatever the line's
    direction (a top-hat transform; Soille 2003, "Morphological Image Analysis", section 4.6).
    """
    lab = rgb_to_lab(output[0])
    found = np.zeros(lab.shape[:2], bool)
    for channel, sign in itertools.product(range(3), (1, -1)):
        values = sign * lab[..., channel]
        found |= values - np.max([_opened(values, line) for line in _LINES], axis=0) > SPECK
    return float(1000 * found.mean())


def _power(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power spectrum of [H, W, 3], summed over channels, [H, W], under a Hann window."""
    rows, columns = values.shape[:2]
    window = np.outer(*(np.sin(np.pi * np.arange(side) / side) ** 2 for side in (rows, columns)))[..., None]
    level = (values * window).sum(axis=(0, 1)) / window.sum()
    transformed = np.fft.fft2((values - level) * window, axes=(0, 1))
    return np.asarray((np.abs(transformed) ** 2).sum(axis=-1) + 3 * _ROUNDING * np.square(window).sum())


def _sum_of(power: NDArray[np.float64], offsets: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """At each frequency the sum of the power at these offsets from it."""
    return np.asarray(np.sum([np.roll(power, (-down, -right), (0, 1)) for down, right in offsets], axis=0))


def _at_period(excess: dict[str, NDArray[np.float64]], period: int) -> float:
    """The mean excess at the frequencies of a period that half of it does not have."""
    rows, columns = excess["between"].shape
    found = []
    for down, right in itertools.product(range(period), repeat=2):
        if down % 2 == 0 == right % 2:
            continue
        line = "horizontal" if down == 0 else "vertical" if right == 0 else "between"
        found.append(excess[line][down * rows // period, right * columns // period])
    return float(np.mean(found))


def _high_chroma(picture: Pixels) -> float:
    return float(np.quantile(np.hypot(*np.moveaxis(rgb_to_lab(picture[0])[..., 1:], -1, 0)), 0.99))


def _box(values: Plane) -> Plane:
    """The mean of 5 x 5 pixels around each; the edge is replicated."""
    for axis in (0, 1):
        padded = np.pad(values, [(2, 2) if axis == a else (0, 0) for a in (0, 1)], "edge")
        size = values.shape[axis]
        values = np.mean([np.take(padded, range(n, n + size), axis) for n in range(5)], axis=0, dtype=np.float32)
    return values


def _opened(values: Plane, line: tuple[int, int]) -> Plane:
    """Opening along a line of 3 px: nothing brighter and shorter is left."""
    return _extreme(_extreme(values, line, np.minimum), line, np.maximum)


def _extreme(values: Plane, line: tuple[int, int], of: np.ufunc) -> Plane:
    """The least or greatest of each pixel and its two neighbours along a line; the edge is replicated."""
    (height, width), (down, right) = values.shape, line
    padded = np.pad(values, 1, "edge")
    behind, ahead = (
        padded[1 + sign * down : 1 + sign * down + height, 1 + sign * right : 1 + sign * right + width]
        for sign in (-1, 1)
    )
    return np.asarray(of(of(behind, values), ahead))
