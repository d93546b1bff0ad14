"""The transformer in LiteRT's fast operations; `test_making.py` compares its files with the network."""

import numpy as np
import pytest
import tensorflow as tf

from nst_core.export.plain_transformer import Mirror, pad


@pytest.mark.parametrize("mirror", ["REFLECT", "SYMMETRIC"])
@pytest.mark.parametrize("pixels", [1, 4])
def test_padding_is_that_of_tensorflow(pixels: int, mirror: Mirror) -> None:
    x = tf.constant(np.random.default_rng(3).random((1, 8, 12, 3), np.float32))
    expected = tf.pad(x, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]], mirror)
    np.testing.assert_array_equal(pad(x, pixels, mirror), expected)
