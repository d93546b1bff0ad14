"""A look inside the network: feature maps and Gram matrices of pictures and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nst_core.recipe import NetworkName
from nst_core.step import Pixels
from nst_core.studio import arguments
from nst_core.studio.pictures import PictureSource, open_picture
from nst_core.studio.quiet import load_tensorflow
from nst_core.studio.result import Result

if TYPE_CHECKING:
    from nst_core.metrics.inspection import GramPair, LayerFeatures


def feature_maps(
    picture: PictureSource | Result, layer: str, network: NetworkName = "vgg19", max_maps: int = 36
) -> LayerFeatures:
    """The feature maps of a layer that are most active on a picture; see `nst_core.metrics.inspection.features`.

    Args:
        picture: a result, or a picture as `open_picture` takes it; analysed with its longest edge at 256 px.
        layer: a convolution of the network, such as "block3_conv1".
        network: "vgg19" or "vgg16".
        max_maps: greatest number of maps.

    Raises:
        RecipeError: the network has no such layer, or `max_maps` is below 1.
        PictureError: the picture is not usable.
        WeightsError: no source gave the network.
    """
    load_tensorflow()
    from nst_core.metrics import inspection

    return inspection.features(_pixels(picture), layer, network, arguments.count("max_maps", max_maps))


def gram_matrices(
    first: PictureSource | Result,
    second: PictureSource | Result,
    layer: str,
    network: NetworkName = "vgg19",
    max_channels: int = 64,
) -> GramPair:
    """The Gram matrices of two pictures at a layer, and their distance; see `nst_core.metrics.inspection.grams`.

    Args:
        first: such as the photograph; analysed with its longest edge at 256 px.
        second: such as the style.
        layer: a convolution of the network, such as "block3_conv1".
        network: "vgg19" or "vgg16".
        max_channels: greatest number of channels shown.

    Raises:
        NSTError: see `feature_maps`.
    """
    load_tensorflow()
    from nst_core.metrics import inspection

    return inspection.grams(
        _pixels(first), _pixels(second), layer, network, arguments.count("max_channels", max_channels)
    )


def _pixels(picture: PictureSource | Result) -> Pixels:
    """[1, H, W, 3] in [0, 1]."""
    return picture.pixels if isinstance(picture, Result) else open_picture(picture).tensor()
