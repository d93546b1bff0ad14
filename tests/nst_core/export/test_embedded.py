"""A file's own description: it is read back, and the file computes as before."""

import numpy as np
import tensorflow as tf

from nst_core.export import check, embedded
from nst_core.export.manifest import Tensor

TENSOR = Tensor(name="x", shape=(1, 4), dtype="float32", range=(0.0, 1.0))


def test_a_description_is_read_back_and_changes_no_result() -> None:
    kernel = np.random.default_rng(1).random((4, 4), np.float32)
    module = tf.Module()
    module.f = tf.function(
        lambda x: {"y": tf.matmul(x, kernel)}, input_signature=[tf.TensorSpec((1, 4), tf.float32, "x")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.f.get_concrete_function()], module)
    plain = bytes(converter.convert())
    file = embedded.describe(plain, "A product", [TENSOR], [], {"licence": "Apache-2.0 – see ©"})
    told = {"title": "A product", "licence": "Apache-2.0 – see ©", "outputs": []}
    assert embedded.read(file) == told | {"inputs": [TENSOR.model_dump(mode="json")]}
    assert embedded.read(plain) == {}
    x = np.ones((1, 4), np.float32)
    answers = [check.interpreter(each, 1).get_signature_runner()(x=x)["y"] for each in (plain, file)]
    np.testing.assert_array_equal(*answers)
