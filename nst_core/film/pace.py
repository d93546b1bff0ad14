"""A constant rate from pictures at any times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TimedPicture:
    """One picture of a film's file.

    Attributes:
        seconds: when it appears, from the film's start.
        pixels: makes uint8 [H, W, 3] of it, upright, sRGB; or [H, W, 4] if parts of it are transparent.
    """

    seconds: float
    pixels: Callable[[], NDArray[np.uint8]]


def paced(
    pictures: Iterable[TimedPicture], start_seconds: float, rate: float, count: int, early_seconds: float
) -> Iterator[tuple[int, TimedPicture]]:
    """The numbers of `count` moments at a constant rate, each with the picture that is shown then.

    That is the last picture that appears at most `early_seconds` after the moment: times in films are rounded, and a
    picture that comes a millisecond late is not missed. Over a gap the picture before it stays, as in a player; the
    first one is also shown before its time, and the last one for ever.

    Args:
        pictures: in the order of their times; one that goes back in time is left out.
        start_seconds: the first moment.
        rate: moments per second.
        count: how many.
        early_seconds: how much too early a picture may be shown: half of what lies between two moments or pictures.
    """
    number, shown = 0, None
    for picture in pictures:
        if shown and picture.seconds < shown.seconds:
            continue
        while shown and number < count and picture.seconds > start_seconds + number / rate + early_seconds:
            yield number, shown
            number += 1
        if number >= count:
            return
        shown = picture
    while shown and number < count:
        yield number, shown
        number += 1
