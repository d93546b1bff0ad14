"""The frame of a picture."""

from __future__ import annotations

import pytest

from nst_core.picture.frame import WHOLE, Frame
from nst_core.recipe import StylePicture


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.25, 0.5), (0.4, 0.4), (1.0, 1.0), (0.0, 0.0)])
def test_ranges_make_a_frame_that_a_recipe_allows(low: float, high: float) -> None:
    frame = Frame.from_ranges((low, high), (0.0, 1.0), 30.0)
    left, top, right, bottom = frame.crop
    StylePicture(sha256="0" * 64, crop=(left, top, right, bottom), rotation_deg=frame.rotation_deg)
    if high - low > 0.1:
        assert (left, right) == (low, high)


def test_a_frame_is_whole_only_without_crop_and_rotation() -> None:
    assert Frame().is_whole
    assert not Frame(WHOLE, 5.0).is_whole
    assert not Frame((0.0, 0.0, 0.5, 1.0)).is_whole
