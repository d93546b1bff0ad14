"""The weights file and the graphs joined to it, run by LiteRT, against the engine."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.export import slow_files, slow_weights
from nst_core.export.slow_layout import LAYERS
from nst_core.export.slow_template import path
from nst_core.models import vgg
from nst_core.picture import samples
from tests.nst_core.export.objectives import answers, bound, graph_inputs, pictures, same_gradient


def halved(kernels: Any) -> dict[str, Any]:
    """The kernels as float16 stores them."""
    return {name: (kernel.astype("<f2").astype("<f4"), bias) for name, (kernel, bias) in kernels.items()}


@pytest.fixture(scope="module")
def packed(random_kernels: Any) -> bytes:
    layers = slow_weights.rounded((name, random_kernels[name]) for name in LAYERS)
    return slow_weights.pack(layers, {"content/block4_conv2": 2.5})


@pytest.mark.slow
def test_a_joined_graph_computes_the_engines_terms_and_gradient(packed: bytes, random_kernels: Any) -> None:
    """Kernels rounded to float16 on both sides: what remains is LiteRT's own rounding."""
    network = vgg.build("vgg19", halved(random_kernels).items(), "float32")
    content, style, picture = pictures(64, 64)
    objective = bound(network, content, style)
    found = answers(slow_weights.join(path(64, 64).read_bytes(), packed), graph_inputs(objective, picture))
    terms, gradient = objective(tf.constant(picture))
    np.testing.assert_allclose(found["terms"], terms, rtol=1e-4)
    same_gradient(found["gradient"], gradient.numpy())


def test_each_kernel_is_stored_once_and_its_place_is_told(packed: bytes, random_kernels: Any) -> None:
    header = slow_weights.header(packed)
    assert header["units"] == {"content/block4_conv2": 2.5}
    assert [layer["name"] for layer in header["layers"]] == list(LAYERS)
    values = sum(random_kernels[name][0].size for name in LAYERS)
    assert 2 * values < len(packed) < 2 * values + 40_000
    assert all(layer["kernel"] % 16 == layer["bias"] % 16 == 0 for layer in header["layers"])


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 128])
def test_the_real_network_on_a_photograph(size: int) -> None:
    """A codebook passes through without rounding; float16 kernels change each term by less than 0.5 %."""
    network = vgg.load("vgg19")
    content = samples.find("chelsea").load(256).tensor()[:, :size, 40 : 40 + size]
    style = samples.find("night-swirls").load(256).tensor()[:, :size, :size]
    picture = np.clip(0.7 * content + 0.3 * style, 0, 1)
    objective = bound(network, content, style)
    packed = slow_weights.pack(slow_weights.encoded(network.found), slow_files.units())
    found = answers(slow_weights.join(path(size, size).read_bytes(), packed), graph_inputs(objective, picture))
    terms, gradient = objective(tf.constant(picture))
    exact = network.found.format == "codebook"
    np.testing.assert_allclose(found["terms"], terms, rtol=1e-4 if exact else 5e-3)
    if exact:
        same_gradient(found["gradient"], gradient.numpy())
        assert 12_900_000 < len(packed) < 13_100_000
