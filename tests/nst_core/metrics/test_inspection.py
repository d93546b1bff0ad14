"""Feature maps and Gram matrices, compared with the real network and by their properties."""

from typing import Any

import numpy as np
import pytest

from nst_core.errors import RecipeError
from nst_core.metrics import inspection
from nst_core.models import vgg
from nst_core.models.vgg_layout import parameters, receptive_field_px, width
from nst_core.recipe import CONVOLUTIONS


def direct(picture: Any, layer: Any) -> Any:
    """Activations at a layer by the network itself, [h, w, C] in float64."""
    return vgg.features(vgg.load("vgg19"), picture, [layer])[layer].numpy()[0].astype(np.float64)


@pytest.mark.weights
@pytest.mark.parametrize("layer", ["block1_conv2", "block5_conv4"])
def test_the_maps_shown_are_the_most_active_ones(noise: Any, layer: str) -> None:
    picture = noise(inspection.EDGE_PX, 64)
    seen = direct(picture, layer)
    found = inspection.features(picture, layer, max_maps=9)
    means = seen.mean(axis=(0, 1))
    assert [m.channel for m in found.maps] == list(np.argsort(-means)[:9])
    assert [m.mean for m in found.maps] == pytest.approx(sorted(means)[::-1][:9], rel=1e-4)
    assert [m.maximum for m in found.maps] == pytest.approx([seen[:, :, m.channel].max() for m in found.maps], rel=1e-4)
    assert found.silent == np.count_nonzero(means == 0)
    assert (found.grid, found.channels) == ((seen.shape[1], seen.shape[0]), seen.shape[2])
    assert found.mosaic.max() == 255
    for shown in found.maps:
        x, y = shown.maximum_at
        at = seen[int(y * seen.shape[0]), int(x * seen.shape[1]), shown.channel]
        assert at == pytest.approx(shown.maximum, rel=1e-4)


@pytest.mark.weights
def test_gram_matrices_are_the_mean_of_products_and_so_is_their_distance(noise: Any) -> None:
    first, second = noise(inspection.EDGE_PX, 64, 1), 0.5 * noise(inspection.EDGE_PX, 64, 2)
    layer = "block2_conv1"
    found = inspection.grams(first, second, layer, max_channels=16)
    wholes = []
    for picture in (first, second):
        flat = direct(picture, layer).reshape(-1, width(layer))
        wholes.append(flat.T @ flat / len(flat))
    shown = [whole[np.ix_(found.channels, found.channels)] for whole in wholes]
    assert np.allclose(found.matrices, shown, rtol=1e-3, atol=1e-3 * np.max(shown))
    assert found.distance == pytest.approx(np.mean((wholes[0] - wholes[1]) ** 2), rel=1e-3)
    assert found.relative == pytest.approx(found.distance / np.mean(wholes[1] ** 2), rel=1e-3)
    assert len(set(found.channels)) == 16


@pytest.mark.weights
def test_a_picture_is_no_distance_from_itself(noise: Any) -> None:
    picture = noise(64, 64)
    assert inspection.grams(picture, picture, "block3_conv1").distance == 0


def test_a_layer_that_does_not_exist_is_refused(noise: Any) -> None:
    with pytest.raises(RecipeError, match="block3_conv4 of vgg16"):
        inspection.features(noise(64, 64), "block3_conv4", "vgg16")


@pytest.mark.parametrize("network", ["vgg19", "vgg16"])
def test_the_receptive_field_is_what_a_gradient_reaches(network: str) -> None:
    """One value of a layer of ones depends on just so many pixels: counted by widening an interval backwards."""
    for index, layer in enumerate(CONVOLUTIONS[network]):
        reach, after = 1, None
        for name in reversed(CONVOLUTIONS[network][: index + 1]):
            if after and after[5] != name[5]:
                reach *= 2
            reach, after = reach + 2, name
        assert receptive_field_px(network, layer) == reach


def test_parameters_are_those_of_the_kernels(random_kernels: Any) -> None:
    assert parameters("vgg19") == sum(kernel.size + bias.size for kernel, bias in random_kernels.values())
