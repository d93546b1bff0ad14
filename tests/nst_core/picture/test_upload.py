"""Every kind of uploaded file gives the right pixels or one clear PictureError."""

import subprocess
import sys
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.upload import Picture, UploadLimits, kept_on_disk, open_own, open_picture
from nst_core.system import mapped_files
from tests.nst_core.picture.files import blocks, saved


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
        (b"\0\0\0\x18ftypheic\0\0\0\0", "one that is damaged"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "got a video; save one of its frames"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "raw file; develop it"),
        (b"II*\0\x08\0\0\0", "got a TIFF, or a camera's raw file; open it in a photo program"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing; open it in a browser"),
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
        assert kept.alpha is None or (own.alpha is not None and np.array_equal(kept.alpha, own.alpha))
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


@pytest.mark.slow
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
