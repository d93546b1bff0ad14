"""Every kind of file at the door: right pixels or one clear PictureError, nothing else."""

import io
import random
import struct
import subprocess
import sys
import time
import zlib
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from nst_core.errors import PictureError
from nst_core.picture.upload import Picture, UploadLimits, kept_on_disk, open_own, open_picture
from nst_core.system import mapped_files

FORMATS = [
    ("PNG", {}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("GIF", {}),
    ("BMP", {}),
]
ORIENTATION = 0x0112


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def blocks(width: int = 96, height: int = 64) -> np.ndarray:
    """A bright picture of 16 px blocks: no part of it is black."""
    small = np.random.default_rng(3).integers(60, 250, (height // 16, width // 16, 3))
    return np.kron(small, np.ones((16, 16, 1))).astype(np.uint8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, raw: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + body + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "WEBP"])
def test_lossless_formats_come_back_exactly(kind: str) -> None:
    pixels = blocks()
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = open_picture(saved(Image.fromarray(pixels), kind, **options))
    assert np.array_equal(picture.pixels, pixels)
    assert (picture.width, picture.height, picture.alpha, picture.notes) == (96, 64, None, ())


def test_jpeg_comes_back_closely() -> None:
    pixels = blocks()
    got = open_picture(saved(Image.fromarray(pixels), "JPEG", quality=95, subsampling=0)).pixels
    assert np.abs(got.astype(int) - pixels).mean() < 2


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
            reach = chance.choice((60, len(mutant)))  # headers are where harm is done
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


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_exif_orientation_puts_the_picture_upright(kind: str, orientation: Any) -> None:
    upright = blocks(96, 64)
    # How a camera stores it: the inverse of what a viewer must do.
    store = {
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
    options = {"PNG": {}, "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}[kind]
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
    assert (picture.alpha[:32] == 0).all()
    assert (picture.alpha[32:] == 255).all()
    assert (picture.pixels[:32] == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "RGB"])
def test_modes_give_the_colours_that_a_screen_shows(mode: str) -> None:
    image = Image.fromarray(blocks()).convert(mode)
    assert np.array_equal(open_picture(saved(image)).pixels, np.asarray(image.convert("RGB")))


def test_cmyk_is_converted_and_adobe_inversion_is_undone() -> None:
    red = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    pixels = open_picture(saved(red, "JPEG", quality=95)).pixels.reshape(-1, 3).mean(axis=0)
    assert pixels[0] > 230
    assert pixels[1:].max() < 25


def test_hidden_colours_under_alpha_are_shown_as_white_and_alpha_is_kept() -> None:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:32] = (255, 0, 0, 0)
    rgba[32:] = (0, 0, 200, 128)
    picture = open_picture(saved(Image.fromarray(rgba)))
    assert (picture.pixels[:32] == 255).all()
    assert np.abs(picture.pixels[40, 0].astype(int) - (127, 127, 227)).max() <= 1
    assert (picture.alpha[:32] == 0).all()
    assert (picture.alpha[32:] == 128).all()
    assert picture.notes == ("transparent parts are shown on white",)


def test_a_palette_with_transparency_is_composited() -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    image.paste(0, (0, 0, 64, 32))
    picture = open_picture(saved(image, transparency=bytes([0, 255])))
    assert (picture.pixels[:32] == 255).all()
    assert (picture.pixels[32:] == (10, 200, 30)).all()
    assert (picture.alpha[:32] == 0).all()


def test_a_fully_transparent_picture_is_white() -> None:
    picture = open_picture(saved(Image.new("RGBA", (64, 64), (1, 2, 3, 0))))
    assert (picture.pixels == 255).all()
    assert np.isfinite(picture.tensor(48)).all()


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


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame_and_a_note(kind: str) -> None:
    frames = [Image.new("RGB", (64, 64), (200, 20 * i, 30)) for i in range(5)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True)
    picture = open_picture(data)
    assert np.abs(picture.pixels.astype(int) - (200, 0, 30)).max() <= 2
    assert picture.notes == ("only the first of 5 frames is used",)


def test_a_phone_photo_of_two_pictures_is_its_first() -> None:
    first, second = Image.fromarray(blocks()), Image.new("RGB", (64, 64))
    data = saved(first, "MPO", save_all=True, append_images=[second])
    picture = open_picture(data)
    assert (picture.width, picture.notes) == (96, ())
    assert picture.pixels.mean() > 100


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
    with pytest.raises(PictureError, match="few scans"):  # few, but of a very large picture
        _scans_of_a_large_picture()


def _scans_of_a_large_picture() -> None:
    data = saved(Image.new("L", (4000, 4000), 90), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    open_picture(data[:-2] + data[scan:-2] * 60 + data[-2:])


@pytest.mark.parametrize("size", [(1, 10000), (10000, 1), (31, 200), (40, 400), (9000, 8000)])
def test_sizes_that_no_run_could_use_are_refused(size: Any) -> None:
    with pytest.raises(PictureError, match=f"{size[0]} x {size[1]} px") as refusal:
        open_picture(saved(Image.new("1", size)))
    assert "; " in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "got 0 bytes"),
        (bytes(31 * 1024 * 1024), "at most 30 MB, got 31.0 MB"),
        (b"%PDF-1.7 ...", "got a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"  <!DOCTYPE html><html>", "a web page"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo"),
        (b"hello", "something else"),
        (b"\x89PNG\r\n\x1a\n", "one that is damaged|something else"),
    ],
)
def test_what_is_no_picture_is_named(data: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        open_picture(data)


def test_limits_are_settings() -> None:
    data = saved(Image.fromarray(blocks()))
    with pytest.raises(PictureError, match="at least 80 px"):
        open_picture(data, limits=UploadLimits(least_side_px=80))


def test_the_hash_is_over_shape_and_pixels_alone() -> None:
    pixels = blocks()
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x010E] = "a title"
    one, two = open_picture(saved(image)), open_picture(saved(image, "WEBP", lossless=True, exif=exif))
    assert one.sha256 == two.sha256 == Picture.from_pixels(pixels.copy()).sha256
    assert one == two
    assert Picture.from_pixels(pixels.reshape(96, 64, 3).copy()).sha256 != one.sha256
    changed = pixels.copy()
    changed[0, 0, 0] ^= 1
    assert Picture.from_pixels(changed).sha256 != one.sha256


def test_pixels_cannot_be_written_to() -> None:
    picture = open_picture(saved(Image.fromarray(blocks())))
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


def test_a_tensor_has_exactly_the_longest_edge() -> None:
    picture = Picture.from_pixels(blocks())
    assert picture.tensor().shape == (1, 64, 96, 3)
    for edge in (48, 96, 150):
        tensor = picture.tensor(edge)
        assert tensor.shape == (1, round(edge * 64 / 96), edge, 3)
        assert tensor.dtype == np.float32
        assert tensor.min() >= 0
        assert tensor.max() <= 1
        assert abs(float(tensor.mean()) - picture.pixels.mean() / 255) < 0.01


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_large_picture_is_on_disk_and_the_same_as_one_in_memory(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    image = Image.fromarray(blocks(800, 640)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    before, data = mapped_files.mapped_bytes(), saved(image)
    picture, own = open_picture(data), open_own(data)
    assert mapped_files.mapped_bytes() - before == 800 * 640 * len(mode)
    for kept in (picture, kept_on_disk(own)):
        assert kept == own
        assert np.array_equal(kept.pixels, own.pixels)
        assert (kept.alpha is None) == (mode == "RGB")
        assert kept.alpha is None or np.array_equal(kept.alpha, own.alpha)
        assert not kept.pixels.flags.writeable
    monkeypatch.setenv("NST_PICTURES_DISK_MB", "100")
    monkeypatch.setattr(mapped_files, "mapped_bytes", lambda: 101 << 20)
    with pytest.raises(PictureError, match="together may take 100 MB"):
        open_picture(data)


def test_without_room_on_any_disk_a_picture_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mapped_files, "new_file", full)
    with pytest.raises(PictureError, match="room on the server's disk, got: No space left on device"):
        open_picture(saved(Image.fromarray(blocks())))
    own = open_own(saved(Image.fromarray(blocks(800, 640))))
    assert kept_on_disk(own) is own  # it is there already


def test_a_photograph_of_24_megapixels_is_reduced_and_costs_this_process_nothing() -> None:
    data = saved(Image.new("RGB", (6000, 4000), (90, 120, 30)), "JPEG")
    before = psutil.Process().memory_info().rss
    picture = open_picture(data)
    assert (picture.width, picture.height) == (5019, 3346)
    assert picture.notes == ("reduced from 6000 x 4000 px to 5019 x 3346 px",)
    small = picture.preview(640)
    assert small.shape == (1, 427, 640, 3)
    assert np.abs(small - np.array([90, 120, 30]) / 255).max() < 0.02
    assert psutil.Process().memory_info().rss - before < 50 << 20


@pytest.mark.parametrize("edge", [40, 100, 320, 700, 2000])
def test_a_preview_is_nearly_the_exact_resampling(edge: int) -> None:
    rng = np.random.default_rng(1)
    soft = Image.fromarray(rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)).resize((800, 600))
    picture = Picture.from_pixels(np.asarray(soft).copy())
    exact = picture.tensor(min(edge, 800))
    assert picture.preview(edge).shape == exact.shape
    assert np.abs(picture.preview(edge) - exact).mean() < 0.02


def test_importing_the_door_is_light() -> None:
    code = (
        "import sys, nst_core.picture.upload, nst_core.picture.samples, nst_core.picture.catalogue\n"
        "heavy = {'scipy', 'skimage', 'tensorflow', 'streamlit', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
