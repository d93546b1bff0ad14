"""HEIC and AVIF files come in like any other: upright, in sRGB, whole, within the limits, in the confined process."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.decoder_pool import DecoderLimits, DecoderPool
from nst_core.picture.gamut import stated_profile
from nst_core.picture.limits import UploadLimits
from nst_core.picture.reading import decode
from nst_core.picture.upload import open_picture
from tests.nst_core.picture.files import blocks, saved, wide

ORIENTATION = 0x0112
KINDS = ["HEIF", "AVIF"]


def options(kind: str) -> dict[str, Any]:
    if kind == "HEIF":
        return {"quality": 95, "chroma": 444, "enc_params": {"preset": "ultrafast"}}
    return {"quality": 95, "speed": 10, "subsampling": "4:4:4"}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_opened_by_the_confined_process(kind: str) -> None:
    picture = open_picture(saved(Image.fromarray(blocks()), kind, **options(kind)))
    assert np.abs(picture.pixels.astype(int) - blocks()).mean() < 3
    assert (picture.alpha, picture.notes) == (None, ())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_put_upright_like_a_jpeg(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(blocks())
    got = decode(saved(image, kind, exif=exif.tobytes(), **options(kind)), UploadLimits()).pixels
    expected = decode(saved(image, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0), UploadLimits()).pixels
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected).mean() < 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_one_is_reduced_and_tells_so(kind: str) -> None:
    decoded = decode(saved(Image.fromarray(blocks(480, 320)), kind, **options(kind)), UploadLimits(kept_pixels=50_000))
    height, width, _ = decoded.pixels.shape
    assert width * height <= 50_000 < (width + 2) * (height + 2)
    assert decoded.notes == (f"reduced from 480 x 320 px to {width} x {height} px",)


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_cut_off_is_refused(kind: str) -> None:
    data = saved(Image.fromarray(blocks()), kind, **options(kind))
    for cut in (len(data) - 1, len(data) // 2, 60):
        with pytest.raises(PictureError, match=r"are missing|damaged"):
            decode(data[:cut], UploadLimits())


@pytest.mark.parametrize("kind", KINDS)
def test_its_header_is_checked_before_a_process_reads_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nst_core.picture.upload.pool", lambda: pytest.fail("decoded"))
    data = saved(Image.fromarray(blocks()), kind, **options(kind))
    at = data.index(b"ispe") + 8
    with pytest.raises(PictureError, match="at most 64 megapixels, got 20000 x 20000 px"):
        open_picture(data[:at] + (20_000).to_bytes(4) * 2 + data[at + 8 :])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_one_that_takes_too_much_memory_is_refused_alone(kind: str, tmp_path: Path) -> None:
    data = saved(Image.new("RGB", (2400, 1600)), kind, **options(kind))
    pool = DecoderPool(DecoderLimits(megabytes=12))
    try:
        with (tmp_path / "p").open("w+b") as file, pytest.raises(PictureError):
            pool.decode(data, UploadLimits(), file)
        small = saved(Image.fromarray(blocks()), kind, **options(kind))
        with (tmp_path / "q").open("w+b") as file:
            assert pool.decode(small, UploadLimits(), file)[0].width == 96
    finally:
        pool.close()


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG"])
def test_display_p3_by_number_is_converted_to_srgb(kind: str) -> None:
    pixels = np.full((64, 64, 3), (180, 90, 60), np.uint8)
    got = decode(wide(kind, pixels), UploadLimits()).pixels.reshape(-1, 3).mean(axis=0)
    assert np.abs(got - (193, 83, 51)).max() < 4  # by the matrices of Display P3 and sRGB


@pytest.mark.parametrize("kind", KINDS)
def test_an_icc_profile_is_applied(kind: str) -> None:
    profile = stated_profile(wide("PNG", blocks()))
    image = Image.new("RGB", (64, 64), (180, 90, 60))
    got = decode(saved(image, kind, icc_profile=profile, **options(kind)), UploadLimits()).pixels
    assert np.abs(got.reshape(-1, 3).mean(axis=0) - (193, 83, 51)).max() < 4
