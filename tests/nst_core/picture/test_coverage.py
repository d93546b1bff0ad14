"""Transparency: what lies below clear pixels changes nothing, and no filter mixes it with what can be seen."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture import coverage
from nst_core.picture.crop import crop_picture, crop_style
from nst_core.picture.encode import to_jpeg, to_snapshot
from nst_core.picture.limits import UploadLimits
from nst_core.picture.reading import decode, pixel_hash
from nst_core.picture.resize import fit, resize
from nst_core.picture.upload import Picture, open_own
from tests.nst_core.picture.files import saved

DARK = 20
SMALL = UploadLimits(kept_pixels=64 * 64)


def disc(size: int = 96, hidden: Any = (255, 255, 255), alpha: int = 255) -> np.ndarray:
    """A dark disc on a clear ground that hides a colour, uint8 [size, size, 4]."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    inside = x * x + y * y < (size / 3) ** 2
    rgba = np.full((size, size, 4), (*np.broadcast_to(hidden, 3), 0), np.uint8)
    rgba[inside] = (DARK, DARK, DARK, alpha)
    return rgba


def noisy(seed: int) -> np.ndarray:
    """The disc with noise hidden below its clear pixels."""
    rgba = disc()
    clear = rgba[..., 3] == 0
    rgba[clear, :3] = np.random.default_rng(seed).integers(0, 256, (int(clear.sum()), 3))
    return rgba


@pytest.mark.parametrize("limits", [UploadLimits(), SMALL])
def test_hidden_colours_change_nothing_not_even_the_hash(limits: UploadLimits) -> None:
    first, second = (decode(saved(Image.fromarray(noisy(seed))), limits) for seed in (1, 2))
    assert np.array_equal(first.pixels, second.pixels)
    assert pixel_hash(first.pixels, first.alpha) == pixel_hash(second.pixels, second.alpha)
    assert len(first.pixels) == (96 if limits.kept_pixels > 96 * 96 else 64)


@pytest.mark.parametrize("limits", [UploadLimits(), SMALL])
@pytest.mark.parametrize("edge_px", [32, 200])
def test_a_dark_disc_gets_no_light_ring_when_shrunk_or_enlarged(limits: UploadLimits, edge_px: int) -> None:
    picture = open_own(saved(Image.fromarray(disc())), limits=limits)
    for resampled in (picture.covered(edge_px), fit(picture.covered(), edge_px)):
        seen = resampled[0][resampled[0, ..., 3] > 0.01]
        assert seen[:, :3].max() < (DARK + 2) / 255
        assert 0.2 < resampled[..., 3].mean() < 0.5


def test_black_glass_stays_black_glass() -> None:
    glass = np.zeros((64, 64, 4), np.uint8)
    glass[..., 3] = 128
    picture = open_own(saved(Image.fromarray(glass)))
    assert (picture.pixels == 0).all()
    assert (picture.alpha == 128).all()  # type: ignore[union-attr]


def test_a_partly_clear_pixel_counts_in_part_when_resampled() -> None:
    columns = np.tile(np.array([[1, 0, 0, 1], [0, 0, 1, 0.25]], np.float32), (64, 32, 1))[None]
    small = resize(columns, 16, 16)[0, 4:-4, 4:-4]
    assert small[..., 0].mean() == pytest.approx(0.8, abs=0.01)  # 1 of 1.25
    assert small[..., 2].mean() == pytest.approx(0.2, abs=0.01)
    assert small[..., 3].mean() == pytest.approx(0.625, abs=0.01)


def test_clear_pixels_take_the_colours_around_them_and_others_keep_theirs() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :20], pixels[:, 40:] = (200, 0, 0), (0, 0, 100)
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:, 20:40] = 0
    filled = coverage.bleed(pixels.copy(), alpha)
    assert np.array_equal(filled[alpha > 0], pixels[alpha > 0])
    assert np.abs(filled[:, 20].astype(int) - (200, 0, 0)).max() < 40
    assert np.abs(filled[:, 39].astype(int) - (0, 0, 100)).max() < 40
    assert (np.abs(np.diff(filled[20, 19:41, 0].astype(int))) < 100).all()  # a gradual change
    assert (filled[..., 1] == 0).all()


def test_grey_pictures_stay_grey_below_their_clear_parts() -> None:
    rgba = noisy(3)
    rgba[..., :3][rgba[..., 3] > 0] = np.random.default_rng(4).integers(0, 256, (int((rgba[..., 3] > 0).sum()), 1))
    assert np.ptp(open_own(saved(Image.fromarray(rgba))).pixels, axis=-1).max() == 0


def test_the_hash_tells_a_picture_from_its_flattened_twin() -> None:
    pixels = np.full((64, 64, 3), 7, np.uint8)
    alpha = np.full((64, 64), 9, np.uint8)
    hashes = {Picture.from_pixels(pixels, clear).sha256 for clear in (None, alpha, alpha + 1)}
    assert len(hashes) == 3


def test_a_part_that_is_clear_everywhere_is_refused() -> None:
    picture = open_own(saved(Image.fromarray(disc(400))))
    with pytest.raises(PictureError, match="clear everywhere"):
        crop_picture(picture, (0, 0, 0.2, 0.2))
    assert crop_style(picture.covered(), (0.2, 0.2, 0.8, 0.8), 30).shape[-1] == 4


def test_a_jpeg_is_on_white_and_a_snapshot_keeps_transparency() -> None:
    picture = open_own(saved(Image.fromarray(disc())))
    flat = np.asarray(Image.open(BytesIO(to_jpeg(picture.tensor(), alpha=picture.alpha))))
    assert flat[0, 0].min() > 250
    assert flat[48, 48].max() < DARK + 5
    shown = Image.open(BytesIO(to_snapshot(picture.covered(), 85)))
    assert np.array_equal(np.asarray(shown.getchannel("A")), picture.covered()[0, :, :, 3] * 255)
    assert to_snapshot(picture.tensor(), 85).startswith(b"\xff\xd8")
