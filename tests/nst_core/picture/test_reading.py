"""A large picture is reduced while it is decoded: to the limit, evenly, and by the same rules as a small one."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture import reading
from nst_core.picture.limits import LARGEST_RESULT_PX, UploadLimits
from nst_core.picture.reading import decode
from nst_core.recipe import bounds
from tests.nst_core.picture.files import saved

LIMITS = UploadLimits(kept_pixels=50_000)
ORIENTATION = 0x0112


def smooth(mode: str) -> Image.Image:
    """600 x 400 px: a slope across, another one down, and a third of the coverage."""
    x, y = np.meshgrid(np.linspace(20, 230, 600), np.linspace(20, 230, 400))
    rgba = np.stack([x, y, 255 - x, np.where(y < 90, 0, 255)], axis=-1).astype(np.uint8)
    return Image.fromarray(rgba).convert(mode)


def lanczos(pixels: Any, alpha: Any, size: tuple[int, int]) -> Any:
    """Pixels resampled, of a picture with alpha in float and weighted by it."""
    if alpha is None:
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), np.float32)
    weights = alpha / 255
    planes = [*(pixels[..., c] * weights for c in range(3)), weights]
    small = [
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.LANCZOS)) for plane in planes
    ]
    return np.clip(np.stack(small[:3], axis=-1) / np.maximum(small[3], 1e-3)[..., None], 0, 255)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "1", {}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
    ],
)
def test_a_reduced_picture_is_the_full_one_resampled(
    monkeypatch: pytest.MonkeyPatch, kind: str, mode: str, options: Any
) -> None:
    monkeypatch.setattr("nst_core.picture.decode._STRIP_ROWS", 37)  # several strips: a seam would show
    data = saved(smooth(mode), kind, **options)
    full, reduced = decode(data, UploadLimits()), decode(data, LIMITS)
    height, width, _ = reduced.pixels.shape
    assert width * height <= LIMITS.kept_pixels < (width + 2) * (height + 2)
    seen = np.full((height, width), fill_value=True) if reduced.alpha is None else reduced.alpha > 24
    expected = lanczos(full.pixels, full.alpha, (width, height))
    assert np.abs(reduced.pixels - expected)[seen].max() <= 1.5
    assert reduced.notes[0] == f"reduced from 600 x 400 px to {width} x {height} px"
    assert (reduced.alpha is None) == (full.alpha is None)
    if full.alpha is not None and reduced.alpha is not None:
        covered = np.asarray(Image.fromarray(full.alpha).resize((width, height), Image.Resampling.LANCZOS))
        assert np.abs(reduced.alpha.astype(int) - covered).max() <= 1


def test_sixteen_bits_are_reduced_too() -> None:
    ramp = np.tile(np.linspace(0, 65535, 600).astype(np.uint16), (400, 1))
    reduced = decode(saved(Image.fromarray(ramp), "PNG"), LIMITS).pixels
    assert np.abs(reduced[100, :, 0].astype(int) - np.linspace(0, 255, reduced.shape[1])).max() < 3


def test_a_picture_within_the_limit_keeps_its_pixels() -> None:
    data = saved(smooth("RGB"), "PNG")
    decoded = decode(data, UploadLimits(kept_pixels=240_000))
    assert np.array_equal(decoded.pixels, np.asarray(smooth("RGB")))
    assert decoded.notes == ()


def test_the_note_states_the_upright_size() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    decoded = decode(saved(smooth("RGB"), "JPEG", exif=exif), LIMITS)
    height, width, _ = decoded.pixels.shape
    assert height > width
    assert decoded.notes == (f"reduced from 400 x 600 px to {width} x {height} px",)


def test_a_jpeg_is_decoded_smaller_if_the_largest_result_needs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bounds("longest_edge_px")[1] == LARGEST_RESULT_PX
    monkeypatch.setattr(reading, "LARGEST_RESULT_PX", 150)
    decoded = decode(saved(smooth("RGB"), "JPEG"), LIMITS)
    assert decoded.pixels.shape == (100, 150, 3)  # a quarter, although a third would be allowed
    monkeypatch.setattr(reading, "LARGEST_RESULT_PX", 301)
    assert decode(saved(smooth("RGB"), "JPEG"), LIMITS).pixels.shape[1] == 273


def test_what_does_not_fit_into_memory_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading, "to_srgb", exhausted)
    with pytest.raises(MemoryError):
        decode(saved(smooth("RGB"), "PNG"), UploadLimits())
    from nst_core.picture.upload import open_own

    with pytest.raises(PictureError, match="must fit into memory"):
        open_own(saved(smooth("RGB"), "PNG"))
