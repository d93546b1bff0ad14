"""The list of operations: what the converter makes of small graphs passes or is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import ExportError
from nst_core.export import operations, slow_template
from nst_core.export.slow_layout import SHAPES

KERNEL = tf.constant(np.random.default_rng(1).random((3, 3, 3, 4), np.float32))
SLOW = {"ABS", "AVERAGE_POOL_2D", "BATCH_MATMUL", "DIV", "FULLY_CONNECTED", "MAX_POOL_2D", "MINIMUM", "PAD", "SUM"}
"""What the slow method's graphs have besides, all of the GPU delegate's table."""


def converted(compute: Any, shape: Any = (1, 8, 8, 3)) -> bytes:
    function = tf.function(compute, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    return bytes(converter.convert())


def test_operations_are_counted_by_name() -> None:
    file = converted(lambda x: tf.sigmoid(tf.nn.conv2d(x, KERNEL, 1, "VALID")))
    assert operations.of(file) == {"CONV_2D": 1, "LOGISTIC": 1}
    operations.require_on_gpu(file, "float32")


def test_an_operation_that_a_delegate_leaves_is_named() -> None:
    file = converted(lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"))
    with pytest.raises(ExportError, match=r"got MIRROR_PAD$"):
        operations.require_on_gpu(file, "float32")


def test_a_size_that_is_known_only_later_is_refused() -> None:
    file = converted(lambda x: tf.nn.conv2d(x, KERNEL, 1, "VALID"), (1, None, None, 3))
    with pytest.raises(ExportError, match="fixed"):
        operations.require_on_gpu(file, "float32")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_slow_graphs_run_on_a_gpu_but_for_a_sign(shape: Any) -> None:
    """SIGN, of the variation's gradient, is not in the GPU delegate's table."""
    file = Path(slow_template.path(*shape)).read_bytes()
    assert set(operations.of(file)) - operations.ON_GPU - SLOW == {"SIGN"}
    assert operations.has_fixed_shapes(file)
