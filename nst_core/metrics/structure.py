"""How much of a photograph's structure is left in a result: which parts look alike, whatever they look like.

Distances of pixels or activations reward copying: a result that takes over colours and texture of the photograph is
nearer to it although it is painted less. This measure asks only whether parts of the picture that resemble each other
in the photograph do so in the result, as representational similarity analysis does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models import vgg as networks
from nst_core.models.device import device
from nst_core.picture.resize import resize
from nst_core.step import Pixels

LAYER = "block4_conv2"
"""Layer of VGG-19 whose activations are compared: parts of objects, 1/8 of the picture's size."""
GRID = 20
"""Most parts along the longest edge: about the size of an eye in a portrait."""
EDGE_PX = 256
"""Longest edge at which pictures are compared, so that results of all sizes are measured alike."""
_MIN_SIDE_PX = 16


def structure(output: Pixels, content: Pixels) -> float:
    """The share of the photograph's structure that a result has, from about 0 (none of it) to 1 (all).

    Args:
        output: the result, [1, H, W, 3] in [0, 1].
        content: the photograph, [1, h, w, 3] in [0, 1]; it is resized to the output's shape.

    The correlation, over all pairs of parts, of the cosine similarities of their activations in both pictures. In any
    picture near parts are more similar than distant ones, so that a mean for each distance is subtracted before. The
    photograph itself has 1. Another picture has about 0.
    """
    height, width = output.shape[1:3]
    scale = EDGE_PX / max(height, width)
    size = (max(_MIN_SIDE_PX, round(width * scale)), max(_MIN_SIDE_PX, round(height * scale)))
    ours, theirs = (_similarities(resize(picture, *size)) for picture in (output, content))
    return correlation(ours, theirs)


def correlation(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Pearson's correlation of two arrays of equal shape; 0 if one of them is constant."""
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    scale = float(np.sqrt((ours**2).sum() * (theirs**2).sum()))
    return float((ours * theirs).sum()) / scale if scale > 0 else 0.0


def excess_similarities(parts: np.ndarray) -> np.ndarray:
    """The cosine similarity of each pair of parts, less the mean of all pairs as far from each other.

    Args:
        parts: a vector for each part, [rows, columns, C].

    Returns:
        One value for each pair, [rows * columns * (rows * columns - 1) / 2].
    """
    rows, columns, channels = parts.shape
    vectors = parts.reshape(-1, channels).astype(np.float64)
    vectors -= vectors.mean(axis=0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1.0)
    places = np.indices((rows, columns)).reshape(2, -1).T
    first, second = np.triu_indices(len(vectors), k=1)
    similar = (vectors @ vectors.T)[first, second]
    distance = np.linalg.norm(places[first] - places[second], axis=1).round().astype(int)
    count, total = np.bincount(distance), np.bincount(distance, similar)
    return np.asarray(similar - (total / np.maximum(count, 1))[distance])


def _similarities(picture: Pixels) -> np.ndarray:
    with tf.device(device().name):
        features = _feature_extractor()(tf.constant(picture))
        height, width = features.shape[1:3]
        scale = min(1.0, GRID / max(height, width))
        grid = (max(1, round(height * scale)), max(1, round(width * scale)))
        parts = tf.image.resize(features, grid, method="area")
    return excess_similarities(parts.numpy()[0])


@lru_cache(maxsize=1)
def _feature_extractor() -> Any:
    """A function of a picture [1, H, W, 3] that returns VGG-19's activations [1, h, w, C] at `LAYER`."""
    network = networks.load("vgg19", "float32")

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])  # type: ignore[untyped-decorator]
    def extract(picture: tf.Tensor) -> tf.Tensor:
        return networks.features(network, picture, (LAYER,))[LAYER]

    return extract
