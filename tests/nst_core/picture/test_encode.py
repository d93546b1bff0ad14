"""Encoded files contain the right pixels, the recipe, and nothing else."""

import functools
import io
import struct
import zlib
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from nst_core import recipe
from nst_core.picture.encode import MAX_RECIPE_BYTES, read_recipe, to_jpeg, to_png, to_webp
from nst_core.picture.upload import open_picture


@pytest.fixture
def pixels() -> Any:
    whole = np.random.default_rng(2).integers(0, 256, (1, 48, 64, 3))
    return (whole / 255).astype(np.float32)


to_quick_png = functools.partial(to_png, is_one_of_many=True)
by_both_encoders = pytest.mark.parametrize("png", [to_png, to_quick_png], ids=["Pillow", "OpenCV"])


@by_both_encoders
def test_png_is_exact_at_8_bits(png: Any, pixels: Any) -> None:
    assert np.array_equal(open_picture(png(pixels)).tensor(), pixels)


def test_the_quick_encoder_packs_as_well() -> None:
    x = np.linspace(0, 1, 96, dtype=np.float32)
    soft = np.stack(np.broadcast_arrays(x[None, :], x[:64, None], np.float32(0.4)), axis=-1)
    grainy = (soft + np.random.default_rng(0).normal(0, 0.03, soft.shape).astype(np.float32))[None]
    assert len(to_quick_png(grainy)) < 1.05 * len(to_png(grainy))


@pytest.mark.parametrize("encode", [to_jpeg, to_webp])
def test_lossy_formats_are_close_and_quality_counts(encode: Any) -> None:
    x = np.linspace(0, 1, 64, dtype=np.float32)
    smooth = np.stack(np.broadcast_arrays(x[None, :], x[:48, None], np.float32(0.4)), axis=-1)[None]
    best, worst = encode(smooth, 95), encode(smooth, 5)
    assert np.abs(open_picture(best).tensor() - smooth).mean() < 0.02
    assert len(worst) < len(best)


def test_noise_which_needs_the_most_bytes_becomes_a_jpeg_too() -> None:
    noise = np.random.default_rng(0).random((1, 256, 256, 3), np.float32)
    for quality in (85, 95):
        assert np.abs(open_picture(to_jpeg(noise, quality)).tensor() - noise).mean() < 0.05


def bands(data: Any) -> Any:
    """Red, green and blue, [H, W, 3], and alpha, [H, W], as stored in a file."""
    image = Image.open(io.BytesIO(data))
    assert image.mode == "RGBA"
    values = np.asarray(image)
    return values[..., :3], values[..., 3]


@by_both_encoders
def test_alpha_of_the_pictures_size_is_exact_and_hides_nothing(png: Any, pixels: Any) -> None:
    alpha = np.random.default_rng(3).integers(0, 256, (48, 64), np.uint8)
    data = png(pixels, '{"a": 1}', alpha)
    painted, kept = bands(data)
    assert np.array_equal(kept, alpha)
    assert np.array_equal(painted, np.asarray(Image.open(io.BytesIO(png(pixels)))))
    assert np.array_equal(open_picture(data).alpha, alpha)
    assert read_recipe(data) == '{"a": 1}'


@pytest.mark.parametrize("encode", [to_png, to_webp])
@pytest.mark.parametrize("size", [(24, 32), (480, 640), (31, 97)])
def test_alpha_of_another_size_is_resized_without_ringing(encode: Any, size: Any) -> None:
    """A clear left half stays clear, an opaque right half opaque, but for a pixel or two where they meet."""
    alpha = np.zeros(size, np.uint8)
    alpha[:, size[1] // 2 :] = 255
    _, kept = bands(encode(np.full((1, 48, 64, 3), 0.5, np.float32), alpha=alpha))
    assert kept.shape == (48, 64)
    assert (kept[:, :28] == 0).all()
    assert (kept[:, 36:] == 255).all()


def test_webp_keeps_alpha_without_loss_and_paint_below_it_about() -> None:
    x = np.linspace(0, 1, 64, dtype=np.float32)
    smooth = np.stack(np.broadcast_arrays(x[None, :], x[:48, None], np.float32(0.4)), axis=-1)[None]
    alpha = np.tri(48, 64, dtype=np.uint8) * 200
    painted, kept = bands(to_webp(smooth, 95, alpha))
    assert np.array_equal(kept, alpha)
    assert np.abs(painted / 255 - smooth[0]).mean() < 0.02


@pytest.mark.parametrize("encode", [to_png, to_quick_png, to_webp])
def test_without_alpha_there_is_no_channel_for_it(encode: Any, pixels: Any) -> None:
    assert Image.open(io.BytesIO(encode(pixels))).mode == "RGB"


@by_both_encoders
def test_values_outside_the_range_are_clipped(png: Any) -> None:
    wild = np.stack([np.full((1, 40, 40), v, np.float32) for v in (-3.0, 0.5, 7.0)], axis=-1)
    assert open_picture(png(wild)).pixels[0, 0].tolist() == [0, 128, 255]


@by_both_encoders
def test_the_recipe_travels_inside_the_png(png: Any, pixels: Any) -> None:
    text = recipe.make("tutorial", {"seed": 7}).to_json()
    data = png(pixels, text)
    assert read_recipe(data) == text
    assert recipe.recipe_from_json(read_recipe(data)).seed == 7
    assert read_recipe(png(pixels, '{"title": "Zürich 日本"}')) == '{"title": "Zürich 日本"}'


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"title": "Zürich 日本 <b>&amp;</b> \\\\ \'"}', "{}"], ids=["plain", "awkward", "empty"]
)
def test_the_recipe_travels_inside_the_webp_through_the_door(pixels: Any, text: str) -> None:
    data = to_webp(pixels, recipe_json=text)
    assert read_recipe(data) == text
    assert open_picture(data).pixels.shape == (48, 64, 3)
    ElementTree.fromstring(Image.open(io.BytesIO(data)).info["xmp"])  # other programs can read the format
    assert np.abs(open_picture(data).tensor() - open_picture(to_webp(pixels)).tensor()).max() == 0


def test_a_webp_with_other_or_cut_off_metadata_gives_none(pixels: Any) -> None:
    assert read_recipe(to_webp(pixels)) is None
    whole = to_webp(pixels, recipe_json='{"a": 1}')
    start = whole.index(b"XMP ")
    for cut in range(start, len(whole), 7):
        assert read_recipe(whole[:cut]) is None
    for body in (b"", b"<n:nst-recipe ", b"<n:nst-recipe>{}", b"\xff\xfe<n:nst-recipe x>{}</n:nst-recipe>"):
        assert read_recipe(whole[:start] + b"XMP " + struct.pack("<I", len(body)) + body) is None


def test_a_recipe_too_long_for_a_webp_is_not_read(pixels: Any) -> None:
    assert read_recipe(to_webp(pixels, recipe_json="x" * MAX_RECIPE_BYTES)) is None


def test_nothing_but_the_recipe_is_inside(pixels: Any) -> None:
    alpha = np.eye(48, 64, dtype=np.uint8)
    whole = [to_png(pixels, "{}"), to_png(pixels), to_quick_png(pixels, "{}"), to_jpeg(pixels), to_webp(pixels)]
    for data in (*whole, to_png(pixels, "{}", alpha), to_webp(pixels, alpha=alpha)):
        image = Image.open(io.BytesIO(data))
        assert not image.getexif()
        harmless = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
        assert set(image.info) <= {"nst-recipe", *harmless}
    for data in whole[:3]:
        assert [c for c in (b"tEXt", b"zTXt", b"eXIf", b"iCCP", b"tIME", b"pHYs") if c in data] == []


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt"])
def test_no_recipe_is_none(data: bytes) -> None:
    assert read_recipe(data) is None


def test_a_png_without_or_cut_before_its_recipe_gives_none(pixels: Any) -> None:
    assert read_recipe(to_png(pixels)) is None
    data = to_png(pixels, '{"a": 1}')
    for cut in range(0, data.index(b"iTXt") + 20):
        assert read_recipe(data[:cut]) is None


def test_a_text_bomb_is_not_inflated(pixels: Any) -> None:
    for size in (MAX_RECIPE_BYTES + 1, 50_000_000):
        packed = zlib.compress(b"x" * size)
        body = b"nst-recipe\0\1\0\0\0" + packed
        chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
        plain = to_png(pixels)
        assert read_recipe(plain[:33] + chunk + plain[33:]) is None


def test_a_compressed_recipe_of_fair_size_is_read(pixels: Any) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("nst-recipe", '{"a": 2}', zip=True)
    file = io.BytesIO()
    Image.new("RGB", (40, 40)).save(file, "PNG", pnginfo=info)
    assert read_recipe(file.getvalue()) == '{"a": 2}'
