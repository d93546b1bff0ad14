"""The packets of a file that is whole, and of one that ends too soon."""

from __future__ import annotations

import io

import av
import pytest

from nst_core.film.packets import packets
from tests.nst_core.film import films

FRAMES = 20
INDEX_FIRST = {"options": {"crf": "1"}, "container_options": {"moov_size": "4000"}}
"""The index takes the first 4,000 of some 6,700 bytes, so that a shortened film can be opened."""


def count(film: bytes, kind: str = "video") -> int:
    """The packets of a stream that hold anything."""
    with av.open(io.BytesIO(film), "r") as container:
        if kind == "video":
            return sum(packet.size > 0 for packet in packets(container, container.streams.video[0]))
        return sum(packet.size > 0 for packet in packets(container, container.streams.audio[0]))


def test_a_whole_film_gives_all_of_either_stream() -> None:
    film = films.video(films.scene(FRAMES), tone=1.0)
    assert count(film) == FRAMES
    assert count(film, "audio") > 10


@pytest.mark.parametrize("share", [0.7, 0.9])
def test_a_film_that_ends_too_soon_gives_what_is_before(share: float) -> None:
    film = films.video(films.scene(FRAMES), **INDEX_FIRST)  # type: ignore[arg-type]
    assert 0 < count(film[: int(share * len(film))]) < count(film) == FRAMES
