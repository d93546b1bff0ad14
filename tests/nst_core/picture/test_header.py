"""The header gives the same format and size as Pillow, and no bytes make the reading fail."""

import struct
from typing import Any

import pytest
from PIL import Image

from nst_core.picture.header import Header, read_header
from tests.nst_core.picture import files


def saved(kind: str, size: tuple[int, int], **options: Any) -> bytes:
    return files.saved(Image.new("RGB", size, (9, 80, 200)), kind, **options)


@pytest.mark.parametrize("size", [(1, 1), (300, 70), (4097, 33)])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + bytes(500), "comment": b"\xff\xc0 is no size"}),
        ("GIF", {}),
        ("BMP", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0" + bytes(20)}),
        ("AVIF", {"speed": 10}),
    ],
)
def test_the_size_is_the_one_that_pillow_finds(kind: str, options: Any, size: tuple[int, int]) -> None:
    assert read_header(saved(kind, size, **options)) == Header(kind, *size)


def test_a_bmp_that_begins_at_the_top_has_a_height() -> None:
    data = bytearray(saved("BMP", (40, 33)))
    data[22:26] = struct.pack("<i", -33)
    assert read_header(bytes(data)) == Header("BMP", 40, 33)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "HEIF", "AVIF"])
def test_a_file_that_ends_within_its_header_states_no_size(kind: str) -> None:
    data = saved(kind, (300, 70))
    for cut in range(len(data[:400])):
        assert read_header(data[:cut]) in (None, Header(kind), Header(kind, 300, 70))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"hello", bytes(1000), b"\xff" * 1000])
def test_other_files_have_none(data: bytes) -> None:
    assert read_header(data) is None


@pytest.mark.parametrize(("brands", "kind"), [(b"mif1avif", "AVIF"), (b"mif1heic", "HEIF"), (b"isommp42", "")])
def test_the_brands_of_a_container_say_what_is_inside(brands: bytes, kind: str) -> None:
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", brands[:4], 0, brands[4:])
    assert read_header(data) == (Header(kind) if kind else None)


def test_a_heic_states_at_least_the_size_of_its_picture() -> None:
    """Its coder works in blocks of 64 px or 8 px, and the picture may be a part of them."""
    assert read_header(saved("HEIF", (640, 320))) == Header("HEIF", 640, 320)
    padded = read_header(saved("HEIF", (300, 33)))
    assert padded is not None
    assert 300 <= padded.width <= 304
    assert 33 <= padded.height <= 64
