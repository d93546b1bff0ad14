"""The PNG encoder, against Pillow's decoder and its encoder."""

import io
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.picture import png, samples
from nst_core.picture.chunks import png_chunks

RANDOM = np.random.default_rng(4)
VALUES: dict[str, Any] = {
    "noise": lambda shape: RANDOM.integers(0, 256, shape),
    "few values, whose differences tie": lambda shape: RANDOM.integers(0, 3, shape) * 127,
    "flat": lambda shape: np.full(shape, 200),
    "a ramp": lambda shape: np.arange(np.prod(shape)).reshape(shape) % 256,
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 4), (300, 1, 3), (7, 5, 4), (700, 400, 3)])
def test_every_pixel_comes_back(values: str, shape: tuple[int, int, int]) -> None:
    pixels = VALUES[values](shape).astype(np.uint8)
    with Image.open(io.BytesIO(png.encoded(pixels, ("key", "wörds")))) as image:
        assert image.info == {"key": "wörds"}
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_a_file_is_as_small_as_with_the_best_filter_of_each_row() -> None:
    ours = theirs = 0
    for sample in (*samples.contents()[:3], *samples.styles()[:3]):
        pixels, file = sample.load(256).pixels, io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
        ours, theirs = ours + len(png.encoded(pixels)), theirs + len(file.getvalue())
    assert ours < 1.01 * theirs


def test_the_chunks_are_those_of_the_standard() -> None:
    assert [kind for kind, *_ in png_chunks(png.encoded(np.zeros((2, 2, 3), np.uint8), ("a", "b")))] == [
        *(b"IHDR", b"iTXt", b"IDAT", b"IEND"),
    ]


def test_a_large_picture_takes_little_more_memory_than_its_file() -> None:
    pixels = RANDOM.integers(0, 256, (2000, 2000, 3), np.uint8)
    tracemalloc.start()
    file = png.encoded(pixels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(file)
