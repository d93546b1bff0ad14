"""The fast reduction of photographs, against Pillow's."""

import numpy as np
import pytest

from nst_core.picture.reduce import reduced
from nst_core.picture.upload import Picture


@pytest.mark.parametrize(
    ("size", "edge"), [((768, 1024), 384), ((57, 101), 40), ((333, 200), 332), ((64, 64), 64), ((16, 700), 512)]
)
def test_it_equals_the_exact_resampling(size: tuple[int, int], edge: int) -> None:
    picture = Picture.from_pixels(np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8))
    wanted = picture.tensor(edge)
    _, height, width, _ = wanted.shape
    np.testing.assert_allclose(reduced(picture.pixels, width, height), wanted, atol=1e-6)
