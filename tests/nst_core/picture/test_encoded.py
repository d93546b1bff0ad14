"""Our own encoded pictures, read again."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nst_core.picture.encoded import aspect_ratio, read_alpha, read_pixels, thumbnail


def encoded(mode: str, kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, (40, 90, 160, 128)[: len(mode)]).save(file, kind)
    return file.getvalue()


def test_pixels_are_in_range_and_reduced_only_if_larger() -> None:
    pixels = read_pixels(encoded("RGB", "PNG"))
    assert pixels.shape == (1, 48, 64, 3)
    assert np.allclose(pixels[0, 0, 0] * 255, (40, 90, 160), atol=1e-4)
    assert read_pixels(encoded("RGB", "PNG"), 32).shape == (1, 24, 32, 3)
    assert read_pixels(encoded("RGB", "PNG"), 640).shape == (1, 48, 64, 3)


def test_alpha_is_read_where_there_is_one() -> None:
    alpha = read_alpha(encoded("RGBA", "PNG"))
    assert alpha is not None
    assert (alpha == 128).all()
    assert alpha.shape == (48, 64)
    assert read_alpha(encoded("RGB", "JPEG")) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_aspect_ratio_and_thumbnail_of_every_format(kind: str) -> None:
    picture = encoded("RGB", kind, (640, 480))
    assert aspect_ratio(picture) == 640 / 480
    with Image.open(io.BytesIO(thumbnail(picture, 100))) as small:
        assert (small.format, small.size) == ("WEBP", (100, 75))
