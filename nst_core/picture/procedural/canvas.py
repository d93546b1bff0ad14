"""An antialiased square canvas. Its units are shares of the side, so a composition is alike at every size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nst_core.picture.procedural.field import Field

Points = NDArray[np.floating]
"""[n, 2] of (x, y) in [0, 1], y downwards."""


def ink(colour: Field) -> tuple[int, int, int]:
    """Convert a colour [3] in [0, 1] to 0 to 255, for Pillow."""
    red, green, blue = (min(255, max(0, round(float(c) * 255))) for c in colour)
    return red, green, blue


class Canvas:
    """A square picture to draw on; coordinates, radii and widths are shares of its side.

    Args:
        size: side of the finished picture, in pixels.
        ground: background, a colour [3] or a picture [n, n, 3] in [0, 1].
        finer: supersampling factor; the canvas has `size * finer` px along each side while it is drawn on.
    """

    def __init__(self, size: int, ground: Field, finer: int = 2) -> None:
        self.size = size
        self.side = size * finer
        if ground.ndim == 1:
            self.image = Image.new("RGB", (self.side, self.side), ink(ground))
        else:
            picture = Image.fromarray((np.clip(ground, 0, 1) * 255 + 0.5).astype(np.uint8))
            self.image = picture.resize((self.side, self.side), Image.Resampling.BICUBIC)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Points, colour: Field) -> None:
        """A filled polygon."""
        self.draw.polygon((points * self.side).ravel().tolist(), fill=ink(colour))

    def line(self, points: Points, width: float, colour: Field) -> None:
        """An open line through the points, with round joints and ends."""
        thick = max(1, round(width * self.side))
        flat = (points * self.side).ravel().tolist()
        self.draw.line(flat, fill=ink(colour), width=thick, joint="curve" if thick > 3 else None)
        if thick > 3:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width / 2, colour)

    def disc(self, x: float, y: float, radius: float, colour: Field) -> None:
        """A filled circle; a radius below 0 counts as 0."""
        s, radius = self.side, max(radius, 0.0)
        box = ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s)
        self.draw.ellipse(box, fill=ink(colour))

    def ring(self, x: float, y: float, radius: float, width: float, colour: Field) -> None:
        """The outline of a circle; its `width` lies inside the radius."""
        s = self.side
        box = ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s)
        self.draw.ellipse(box, outline=ink(colour), width=max(1, round(width * s)))

    def sketch(self, side: int = 256) -> Field:
        """The picture so far, float32 [side, side, 3] in [0, 1]; the next strokes take their colours from it."""
        return np.asarray(self.image.resize((side, side), Image.Resampling.BOX), np.float32) / np.float32(255)

    def pixels(self) -> Field:
        """The finished picture, float32 [size, size, 3] in [0, 1]."""
        small = self.image.resize((self.size, self.size), Image.Resampling.BOX)
        return np.asarray(small, np.float32) / np.float32(255)


def blob(x: float, y: float, radius: float, rng: np.random.Generator, rough: float = 0.2) -> Points:
    """An irregular round polygon [9, 2]; `rough` is the greatest deviation of the radius, as a share."""
    angle = np.linspace(0, 2 * np.pi, 9, endpoint=False) + rng.uniform(0, 6)
    reach = radius * (1 + rng.uniform(-rough, rough, 9))
    return np.stack([x + np.cos(angle) * reach, y + np.sin(angle) * reach], axis=-1)


def circle(x: float, y: float, radius: float, sides: int = 48) -> Points:
    """A circle as a polygon [sides, 2]."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    return np.stack([x + np.cos(angle) * radius, y + np.sin(angle) * radius], axis=-1)
