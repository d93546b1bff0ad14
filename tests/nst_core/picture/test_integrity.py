"""Damaged, cut off and hostile files give a correct picture or one clear PictureError, at little cost."""

import io
import random
import struct
import time
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from nst_core.errors import PictureError
from nst_core.picture.upload import open_picture
from tests.nst_core.picture.files import FORMATS, blocks, png, png_chunk, saved


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), FORMATS)
def test_every_truncation_is_refused_or_right(kind: Any, options: Any) -> None:
    data = saved(Image.fromarray(blocks()), kind, **options)
    whole = open_picture(data).pixels
    cuts = sorted({*range(0, len(data), max(1, len(data) // 120)), *range(len(data) - 20, len(data))})
    refused = 0
    for cut in cuts:
        try:
            assert np.array_equal(open_picture(data[:cut]).pixels, whole), cut
        except PictureError:
            refused += 1
    assert refused >= len(cuts) - 2


def test_a_large_truncated_file_is_refused_quickly() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1800, 1800, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "JPEG", progressive=True, quality=80)
    began = time.thread_time()
    with pytest.raises(PictureError, match="must be whole"):
        open_picture(data[: len(data) // 2])
    assert time.thread_time() - began < 1


def test_a_png_whose_data_ends_early_is_refused() -> None:
    rows = (b"\0" + b"\xc8" * 96 * 3) * 20
    data = png(96, 64, rows)
    Image.open(io.BytesIO(data)).load()  # Pillow: black below, no error
    with pytest.raises(PictureError, match="of its pixels are missing"):
        open_picture(data)


def test_a_png_with_a_flipped_bit_in_its_data_is_refused() -> None:
    data = bytearray(saved(Image.fromarray(blocks())))
    data[data.index(b"IDAT") + 60] ^= 1
    with pytest.raises(PictureError):
        open_picture(bytes(data))


def test_an_interlaced_png_is_counted_right() -> None:
    # The smallest Adam7 file with every pass: 33 x 33 grey, all rows 200.
    raw = bytearray()
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    for x, y, dx, dy in passes:
        for _ in range(y, 33, dy):
            raw += b"\0" + b"\xc8" * len(range(x, 33, dx))
    header = struct.pack(">IIBBBBB", 33, 33, 8, 0, 0, 0, 1)
    for body, good in ((bytes(raw), True), (bytes(raw[:-1]), False)):
        data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(body))
        data += png_chunk(b"IEND", b"")
        if good:
            assert (open_picture(data).pixels == 200).all()
        else:
            with pytest.raises(PictureError, match="1 bytes of its pixels are missing"):
                open_picture(data)


@pytest.mark.parametrize(("kind", "options"), FORMATS)
def test_seeded_mutations_give_a_picture_or_a_picture_error(kind: Any, options: Any) -> None:
    data = saved(Image.fromarray(blocks()), kind, **options)
    chance = random.Random(7)
    refused = []
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(chance.choice((1, 2, 8, 30))):
            reach = chance.choice((60, len(mutant)))  # headers are where damage is dangerous
            mutant[chance.randrange(reach)] = chance.randrange(256)
        if chance.random() < 0.2:
            at = chance.randrange(len(mutant))
            mutant[at:at] = chance.randbytes(chance.randrange(1, 40))
        try:
            picture = open_picture(bytes(mutant))
            assert picture.pixels.shape == (picture.height, picture.width, 3)
            assert picture.pixels.dtype == np.uint8
        except PictureError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert all(20 < len(message) < 400 for message in refused)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(9)))
    for data in (bomb + png_chunk(b"IEND", b""), saved(Image.new("1", (12000, 12000)))):
        began = time.thread_time()
        with pytest.raises(PictureError, match=r"at most 64 megapixels"):
            open_picture(data)
        assert time.thread_time() - began < 0.5


def test_a_png_whose_data_inflates_beyond_its_size_costs_nothing() -> None:
    raw = (b"\0" + b"\xc8" * 96 * 3) * 64
    picture = open_picture(png(96, 64, raw + bytes(50_000_000)))
    assert (picture.pixels == 200).all()


@pytest.mark.slow
def test_text_bombs_in_png_are_refused_or_harmless() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "x" * 80_000_000, zip=True)
    began = time.thread_time()
    data = saved(Image.fromarray(blocks()), pnginfo=info)
    built, began = time.thread_time() - began, time.thread_time()
    with pytest.raises(PictureError):
        open_picture(data)
    assert time.thread_time() - began < 1, built


def test_a_jpeg_of_many_scans_is_refused() -> None:
    data = saved(Image.fromarray(blocks()), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    many = data[:-2] + data[scan:-2] * 200 + data[-2:]
    with pytest.raises(PictureError, match="few scans"):
        open_picture(many)
    with pytest.raises(PictureError, match="few scans"):  # few scans, but of a very large picture
        _scans_of_a_large_picture()


def _scans_of_a_large_picture() -> None:
    data = saved(Image.new("L", (4000, 4000), 90), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    open_picture(data[:-2] + data[scan:-2] * 60 + data[-2:])
