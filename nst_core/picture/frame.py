"""The crop and rotation of a picture, as plain values. The module `crop` applies them; this one loads no NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.recipe.schema import LEAST_CROP

WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The crop that keeps the full picture."""
_MIN_SHARE = LEAST_CROP + 0.01


@dataclass(frozen=True)
class Frame:
    """The part of a picture that is used.

    Attributes:
        crop: left, top, right, bottom as shares of the picture's width and height.
        rotation_deg: the clockwise rotation after the crop, in degrees.
    """

    crop: tuple[float, ...] = WHOLE
    rotation_deg: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cropped or rotated."""
        return self.crop == WHOLE and not self.rotation_deg

    @classmethod
    def from_ranges(cls, across: tuple[float, float], down: tuple[float, float], rotation_deg: float) -> Frame:
        """A frame from two ranges of shares; a range narrower than a recipe allows is widened."""
        (left, right), (top, bottom) = _widened(across), _widened(down)
        return cls((left, top, right, bottom), rotation_deg)


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    first = min(low, 1 - _MIN_SHARE)
    return first, max(high, first + _MIN_SHARE)
