"""Every source of a picture leads to the same checked pixels, or to one sentence."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture import remote
from nst_core.studio import open_picture, sample, samples

PIXELS = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


FILE = png(Image.fromarray(PIXELS))


@pytest.mark.parametrize(
    "source",
    [
        FILE,
        Image.fromarray(PIXELS),
        PIXELS,
        PIXELS / 255.0,
        (PIXELS[None] / 255.0).astype(np.float32),
        open_picture(FILE),
    ],
    ids=["bytes", "pillow", "uint8", "float64", "engine", "picture"],
)
def test_every_source_has_the_same_pixels_and_hash(source: Any) -> None:
    opened = open_picture(source)
    assert np.array_equal(opened.pixels, PIXELS)
    assert opened.sha256 == open_picture(FILE).sha256


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_opened(tmp_path: Path, kind: Any) -> None:
    (tmp_path / "cat.png").write_bytes(FILE)
    assert np.array_equal(open_picture(kind(tmp_path / "cat.png")).pixels, PIXELS)


def test_an_address_is_fetched_by_the_guarded_door(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def open_link(url: str) -> Any:
        asked.append(url)
        return open_picture(FILE)

    monkeypatch.setattr(remote, "open_link", open_link)
    assert np.array_equal(open_picture("https://example.org/cat.png").pixels, PIXELS)
    assert asked == ["https://example.org/cat.png"]


def test_pillow_images_are_turned_upright_and_of_any_mode() -> None:
    turned = Image.fromarray(PIXELS)
    turned.getexif()[0x0112] = 6  # the camera was held upright: turn a quarter clockwise
    assert np.array_equal(open_picture(turned).pixels, np.rot90(PIXELS, -1))
    assert open_picture(Image.fromarray(PIXELS).convert("CMYK")).pixels.shape == PIXELS.shape
    seen = open_picture(Image.fromarray(np.dstack([PIXELS, np.full((40, 60), 7, np.uint8)])))
    assert seen.alpha is not None
    assert (seen.alpha == 7).all()


def test_a_bundled_picture_has_two_spellings_and_is_listed() -> None:
    assert sample("night_swirls", 64).sha256 == sample("night-swirls", 64).sha256
    assert open_picture("sample:chelsea").sha256 == sample("chelsea").sha256
    assert {"chelsea", "night-swirls"} <= samples().keys()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.png", "'nowhere.png' must be a file that can be read"),
        ("a\0b", "must be a file that can be read"),
        ("x" * 5000, "^.{3,90} must be a file that can be read"),
        ("~nobody-of-this-name/x.png", "must be a file that can be read"),
        (Image.new("RGB", (0, 0)), "a Pillow image must be one that can be stored"),
        (Image.new("La", (40, 40)), "a Pillow image must be one that can be stored"),
        (np.ones((40, 40), complex), "finite numbers, got complex128"),
        (b"text", "picture"),
        (12, "a picture must be a path.*got int"),
        (np.zeros((4, 4, 2), np.uint8), r"must be \[H, W\].*got \[4, 4, 2\]"),
        (np.zeros((0, 4, 3), np.uint8), r"got \[0, 4, 3\]"),
        (PIXELS.astype(float), r"numbers in \[0, 1\], got float64"),
        (np.full((40, 40), np.nan), "finite"),
        (np.full((40, 40), "a"), "finite"),
        ("sample:nothing", "a sample must be one of"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(source: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        open_picture(source)


def test_a_notebook_shows_a_picture_reduced() -> None:
    shown = Image.open(io.BytesIO(sample("chelsea")._repr_png_()))
    assert max(shown.size) == 384
    assert Image.open(io.BytesIO(open_picture(FILE)._repr_png_())).size == (60, 40)


def test_a_mask_may_be_an_array_of_truths() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:20] = True
    assert open_picture(mask).sha256 == open_picture(mask.astype(np.uint8) * 255).sha256


@pytest.mark.parametrize(("name", "size"), [(3, 64), ("chelsea", 0), ("brick", -5), ("brick", 10**6), ("brick", "big")])
def test_a_bundled_picture_has_a_key_and_a_size(name: Any, size: Any) -> None:
    with pytest.raises(PictureError, match=r"must be (named by its key|a whole number from 32 to 4096), "):
        sample(name, size)
