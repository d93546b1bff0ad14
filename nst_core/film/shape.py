"""The shape of a film's frames: rotation, pixel aspect, and the size in which they are read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MOST_ASPECT = 8
"""The greatest width of a pixel as a multiple of its height that is believed."""


@dataclass(frozen=True)
class Orientation:
    """How stored pixels are put upright: first their axes are exchanged, then they are mirrored.

    Attributes:
        swaps: whether rows become columns.
        mirrors_x: whether left and right are exchanged then.
        mirrors_y: whether top and bottom are exchanged then.
    """

    swaps: bool = False
    mirrors_x: bool = False
    mirrors_y: bool = False

    @classmethod
    def from_matrix(cls, matrix: bytes) -> Orientation:
        """The nearest of the eight orientations to a display matrix: nine 32-bit integers, as FFmpeg hands it over.

        The matrix takes a stored point (x, y) to the shown point (a x + c y, b x + d y); its rows are (a, b, .),
        (c, d, .) and a shift.
        """
        a, b, _, c, d = struct.unpack("=9i", matrix[:36])[:5]
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(True, c < 0, b < 0)
        return cls(False, a < 0, d < 0)

    def upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Stored pixels, [H, W, C], put upright: [H, W, C], or [W, H, C] if the axes are exchanged."""
        if self.swaps:
            pixels = pixels.swapaxes(0, 1)
        return pixels[:: -1 if self.mirrors_y else 1, :: -1 if self.mirrors_x else 1]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The upright (width, height) of a stored one, and the other way round."""
        return (height, width) if self.swaps else (width, height)


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The (width, height) of a stored picture with square pixels; no pixel is lost.

    Args:
        width: stored, in pixels; likewise `height`.
        aspect: the width of a pixel divided by its height; None or nonsense: square.
    """
    if not aspect or not Fraction(1, MOST_ASPECT) <= aspect <= MOST_ASPECT:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def read_size(width: int, height: int, edge_px: int | None) -> tuple[int, int]:
    """The (width, height) in which frames are read: within `edge_px`, never enlarged, even.

    Video stores colours at half the resolution, so that players and encoders want even sides.
    """
    shrink = min(1.0, (edge_px or max(width, height)) / max(width, height))
    if shrink == 1.0:
        return max(2, width & ~1), max(2, height & ~1)
    return max(2, 2 * round(width * shrink / 2)), max(2, 2 * round(height * shrink / 2))
