"""Each moment has the picture that a player shows then."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.film.pace import TimedPicture, paced


def shown(times: list[float], start: float, rate: float, count: int, early: float) -> list[int]:
    """The numbers of the pictures at each moment."""
    pictures = [TimedPicture(at, lambda: np.zeros((2, 2, 3), np.uint8)) for at in times]
    moments = list(paced(pictures, start, rate, count, early))
    assert [number for number, _ in moments] == list(range(len(moments)))
    return [pictures.index(picture) for _, picture in moments]


@pytest.mark.parametrize("seed", range(5))
def test_each_moment_has_the_last_picture_before_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    times = sorted(random.uniform(0, 2, 20).tolist())
    start, rate, early = random.uniform(0, 1), random.uniform(5, 40), 0.01
    moments = start + np.arange(30) / rate
    naive = [max(0, sum(at <= moment + early for at in times) - 1) for moment in moments]
    assert shown(times, start, rate, 30, early) == naive


def test_rounded_times_neither_drop_nor_repeat_a_picture() -> None:
    times = [round(n / 29.97, 3) for n in range(300)]
    assert shown(times, 0.0, 29.97, 300, 0.5 / 29.97) == list(range(300))


def test_no_picture_is_read_beyond_the_last_moment() -> None:
    def pictures() -> object:
        yield from (TimedPicture(n / 10, lambda: np.zeros((2, 2, 3), np.uint8)) for n in range(4))
        raise AssertionError("one picture too many was read")

    assert len(list(paced(pictures(), 0.0, 10.0, 3, 0.05))) == 3  # type: ignore[arg-type]


def test_a_picture_that_goes_back_in_time_is_left_out_and_none_is_nothing() -> None:
    assert shown([0.0, 0.2, 0.1, 0.3], 0.0, 10.0, 4, 0.01) == [0, 0, 1, 3]
    assert shown([], 0.0, 10.0, 4, 0.01) == []
