"""The transformer in LiteRT's fast operations; `test_making.py` compares its files with the network."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.export import calibration, fast_pair, plain_transformer
from nst_core.export.plain_transformer import Mirror, pad
from nst_core.models import weights

GREATEST_FLOAT16 = 65_504


@pytest.mark.parametrize("mirror", ["REFLECT", "SYMMETRIC"])
@pytest.mark.parametrize("pixels", [1, 4])
def test_padding_is_that_of_tensorflow(pixels: int, mirror: Mirror) -> None:
    x = tf.constant(np.random.default_rng(3).random((1, 8, 12, 3), np.float32))
    expected = tf.pad(x, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]], mirror)
    np.testing.assert_array_equal(pad(x, pixels, mirror), expected)


@pytest.mark.weights
@pytest.mark.slow
def test_float16_holds_every_square_with_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU computes in float16; instance norm squares what a convolution gives. So no kernel needs to be scaled."""
    squares = []
    norm = plain_transformer._instance_norm

    def observed(x: tf.Tensor, style: Any) -> tf.Tensor:
        mean = tf.reduce_mean(x, (1, 2), keepdims=True)
        squares.append(float(tf.reduce_max(tf.math.squared_difference(x, mean))))
        return norm(x, style)

    monkeypatch.setattr(plain_transformer, "_instance_norm", observed)
    module = fast_pair.load(weights.find("magenta"))
    for content, style in calibration.HELD_OUT:
        vector = tf.constant(calibration.vector(module, calibration.square(style, 256)))
        plain_transformer.stylise(module.transformer, tf.constant(calibration.square(content, 128)), vector)
    assert len(squares) == 13 * len(calibration.HELD_OUT)
    assert 1 < max(squares) < GREATEST_FLOAT16 / 50
