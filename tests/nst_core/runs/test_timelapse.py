"""Films are decoded again: their pictures, sizes and times."""

from __future__ import annotations

import io
from typing import get_args

import av
import numpy as np
import pytest
from PIL import Image

from nst_core.runs.timelapse import FRAMES_PER_SECOND, LAST_SECONDS, MAX_PICTURES, FilmFormat, time_lapse


def encoded(grey: int, size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (grey, grey, grey)).save(file, "JPEG")
    return file.getvalue()


def frames_of(film: bytes, kind: FilmFormat) -> tuple[list[np.ndarray], float]:
    """Each picture of a film, and how many seconds it lasts."""
    if kind == "mp4":
        with av.open(io.BytesIO(film)) as file:
            pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        return pictures, len(pictures) / FRAMES_PER_SECOND
    pictures, lasts = [], 0.0
    with Image.open(io.BytesIO(film)) as image:
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            pictures.append(np.asarray(image.convert("RGB")))
            lasts += image.info.get("duration", 0) / 1000
    return pictures, lasts


@pytest.mark.parametrize("kind", get_args(FilmFormat))
def test_a_film_shows_its_pictures_in_order_and_stays_on_the_last(kind: FilmFormat) -> None:
    greys = [20, 90, 160, 230]
    pictures, lasts = frames_of(time_lapse([encoded(g) for g in greys], kind, seconds=1.2), kind)
    means = [picture.mean() for picture in pictures]
    assert means == pytest.approx(sorted(means), abs=3)
    seen = [greys[int(np.argmin([abs(mean - grey) for grey in greys]))] for mean in means]
    assert sorted(set(seen)) == greys
    assert means[-1] == pytest.approx(230, abs=6)
    assert lasts == pytest.approx(1.2 + LAST_SECONDS, abs=0.1)


@pytest.mark.parametrize("kind", get_args(FilmFormat))
def test_pictures_of_all_sizes_are_shown_at_the_last_ones(kind: FilmFormat) -> None:
    film = time_lapse([encoded(50, (17, 31)), encoded(100, (400, 90)), encoded(200, (101, 75))], kind, seconds=0.4)
    pictures, _ = frames_of(film, kind)
    assert {picture.shape for picture in pictures} == {(76, 100, 3)}


@pytest.mark.parametrize(("kind", "longest"), [("mp4", 768), ("gif", 360), ("webp", 768)])
def test_a_film_is_no_larger_than_its_format_bears(kind: FilmFormat, longest: int) -> None:
    pictures, _ = frames_of(time_lapse([encoded(9, (1600, 400)), encoded(80, (1600, 400))], kind, seconds=0.2), kind)
    assert max(pictures[0].shape) == longest


def test_a_long_run_is_thinned_and_keeps_its_ends() -> None:
    greys = np.linspace(10, 245, 3 * MAX_PICTURES).astype(int)
    pictures, _ = frames_of(time_lapse([encoded(int(g), (16, 16)) for g in greys], "webp", seconds=2.4), "webp")
    assert len(pictures) <= MAX_PICTURES
    assert pictures[0].mean() == pytest.approx(10, abs=4)
    assert pictures[-1].mean() == pytest.approx(245, abs=4)


@pytest.mark.parametrize("kind", get_args(FilmFormat))
def test_one_picture_is_a_film_too(kind: FilmFormat) -> None:
    pictures, _ = frames_of(time_lapse([encoded(120)], kind), kind)
    assert pictures[0].mean() == pytest.approx(120, abs=4)


def test_no_picture_is_no_film() -> None:
    with pytest.raises(ValueError, match="at least one"):
        time_lapse([], "mp4")
