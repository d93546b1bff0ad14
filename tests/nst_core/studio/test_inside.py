"""Inspections take any picture or result, and equal those of `nst_core.metrics.inspection`."""

from typing import Any

import numpy as np
import pytest

from nst_core.errors import RecipeError
from nst_core.metrics import inspection
from nst_core.picture.upload import Picture
from nst_core.studio import feature_maps, gram_matrices


@pytest.mark.usefixtures("unlearned")
def test_the_looks_are_those_of_the_inspection(photo: Picture, painting: Picture) -> None:
    maps = feature_maps(photo, "block1_conv1", max_maps=4)
    direct = inspection.features(photo.tensor(), "block1_conv1", max_maps=4)
    assert len(maps.maps) == 4
    assert np.array_equal(maps.mosaic, direct.mosaic)
    pair = gram_matrices(photo, np.asarray(painting.pixels), "block1_conv1", max_channels=8)
    assert pair.matrices.shape == (2, 8, 8)
    assert pair.distance == inspection.grams(photo.tensor(), painting.tensor(), "block1_conv1").distance


def test_a_layer_that_does_not_exist_is_refused(photo: Picture, unlearned: Any) -> None:
    with pytest.raises(RecipeError, match="layer must be"):
        feature_maps(photo, "block9_conv1")


@pytest.mark.parametrize("number", [0, -1, "many", 2.5])
def test_there_is_at_least_one_map(photo: Picture, number: Any) -> None:
    with pytest.raises(RecipeError, match="max_maps must be a whole number from 1 on"):
        feature_maps(photo, "block1_conv1", max_maps=number)
    with pytest.raises(RecipeError, match="max_channels must be a whole number from 1 on"):
        gram_matrices(photo, photo, "block1_conv1", max_channels=number)
