"""Any file's colours as a screen shows them: orientation, depth, colour space, profile, palette, transparency."""

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from nst_core.errors import PictureError
from nst_core.picture.reading import TRANSPARENT
from nst_core.picture.upload import open_picture
from tests.nst_core.picture.files import blocks, png, png_chunk, saved

ORIENTATION = 0x0112


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_exif_orientation_puts_the_picture_upright(kind: str, orientation: Any) -> None:
    upright = blocks(96, 64)
    # The stored form, as from a camera: the inverse of the viewer's transposition.
    store: Any = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options: Any = {"PNG": {}, "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}[kind]
    data = saved(Image.fromarray(np.ascontiguousarray(store(upright))), kind, exif=exif, **options)
    got = open_picture(data).pixels
    assert got.shape == upright.shape
    assert np.abs(got.astype(int) - upright).mean() < 2


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_garbage_exif_is_ignored(exif: bytes) -> None:
    picture = open_picture(saved(Image.fromarray(blocks()), "JPEG", exif=b"Exif\0\0" + exif))
    assert (picture.width, picture.height) == (96, 64)


@pytest.mark.parametrize("value", [0, 9, 4000])
def test_an_orientation_out_of_range_is_ignored(value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    assert open_picture(saved(Image.fromarray(blocks()), "JPEG", exif=exif)).width == 96


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    picture = open_picture(saved(Image.fromarray(ramp)))
    expected = np.round(ramp / 257.0)
    assert np.abs(picture.pixels[..., 0] - expected).max() <= 1
    assert picture.pixels[:, 64].max() < 80


def test_sixteen_bit_grey_keeps_its_transparent_value() -> None:
    wide = np.full((64, 64), 30000, ">u2")
    wide[:32] = 1000
    raw = b"".join(b"\0" + row.tobytes() for row in wide)
    picture = open_picture(png(64, 64, raw, depth=16, colour=0, extra=png_chunk(b"tRNS", struct.pack(">H", 1000))))
    assert picture.alpha is not None
    assert (picture.alpha[:32] == 0).all()
    assert (picture.alpha[32:] == 255).all()
    assert (picture.pixels[:32] == picture.pixels[32]).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "RGB"])
def test_modes_give_the_colours_that_a_screen_shows(mode: str) -> None:
    image = Image.fromarray(blocks()).convert(mode)
    assert np.array_equal(open_picture(saved(image)).pixels, np.asarray(image.convert("RGB")))


def test_cmyk_is_converted_and_adobe_inversion_is_undone() -> None:
    red = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    pixels = open_picture(saved(red, "JPEG", quality=95)).pixels.reshape(-1, 3).mean(axis=0)
    assert pixels[0] > 230
    assert pixels[1:].max() < 25


def test_colours_are_straight_and_hidden_ones_are_replaced_by_those_beside_them() -> None:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:32] = (255, 0, 0, 0)
    rgba[32:] = (0, 0, 200, 128)
    picture = open_picture(saved(Image.fromarray(rgba)))
    assert (picture.pixels == (0, 0, 200)).all()
    assert picture.alpha is not None
    assert (picture.alpha[:32] == 0).all()
    assert (picture.alpha[32:] == 128).all()
    assert picture.notes == (TRANSPARENT,)


def test_a_palette_has_transparency_too() -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    image.paste(0, (0, 0, 64, 32))
    picture = open_picture(saved(image, transparency=bytes([0, 255])))
    assert (picture.pixels == (10, 200, 30)).all()
    assert picture.alpha is not None
    assert (picture.alpha[:32] == 0).all()


def test_a_fully_transparent_picture_is_refused_in_a_sentence() -> None:
    with pytest.raises(PictureError, match="clear everywhere; choose another"):
        open_picture(saved(Image.new("RGBA", (64, 64), (1, 2, 3, 0))))


def test_a_colour_profile_is_applied() -> None:
    pixels = Image.fromarray(blocks())
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile whose red and blue are exchanged: swap the tags' names in the table.
    swapped = srgb.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp!", b"bXYZ", 1)
    plain = open_picture(saved(pixels, icc_profile=srgb)).pixels.astype(int)
    turned = open_picture(saved(pixels, icc_profile=swapped)).pixels.astype(int)
    assert np.abs(plain - blocks()).max() <= 1
    assert np.abs(turned - plain[..., ::-1]).mean() < 3
    for bad in (b"no profile at all", srgb[:200], lab):
        assert np.array_equal(open_picture(saved(pixels, icc_profile=bad)).pixels, blocks())
