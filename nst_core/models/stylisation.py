"""Magenta's arbitrary stylisation: a style prediction network and a transformer, rebuilt at any size.

Source: Ghiasi et al. 2017, arXiv:1705.06830, in Magenta's mobile form. TF-Hub's module and the rebuilt pair are
loaded by the same `hub.load` and called with the same signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.models import weights
from nst_core.models.device import device

STYLE_EDGE_PX = 256
"""The size that the style prediction network was trained at."""
_BUILD = "2"
"""Version of the rebuilt graph; a new one is built when this changes."""
_EPSILON = 1e-5

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Stylisation:
    """The loaded module: `call(content [1, H, W, 3], style [1, h, w, 3]) -> [1, H', W', 3]`, all in [0, 1]."""

    call: Any
    found: weights.Found


@lru_cache(maxsize=1)
def load() -> Stylisation:
    """The fast network from the first source that answers. Raises WeightsError."""
    import tensorflow_hub as hub

    found = weights.find("magenta")
    folder = found.path if found.format == "savedmodel" else _rebuilt(found)
    with tf.device(device().name):
        return Stylisation(hub.load(str(folder)), found)


def _rebuilt(found: weights.Found) -> Path:
    """The folder of the SavedModel made from these weights; made at the first call, then kept in the cache."""
    return weights.store_folder("magenta-rebuilt", lambda folder: save(found, folder), f"{found.sha256}-{_BUILD}")


def save(found: weights.Found, folder: Path) -> None:
    """Write the rebuilt pair as a SavedModel with Magenta's signature, and two more: `style` and `transform`."""
    predict, transform = weights.onnx_arrays(found)
    tf.saved_model.save(Pair(predict, transform), str(folder), signatures=None)


class Pair(tf.Module):  # type: ignore[misc]
    """The two networks as one module, callable like TF-Hub's.

    Args:
        predict, transform: the networks' arrays by their names in the ONNX graphs, de-quantised; kernels are
            [out, in, h, w] there and are turned to [h, w, in, out] here.
    """

    def __init__(self, predict: Arrays, transform: Arrays) -> None:
        super().__init__()
        self.predictor = {n: tf.constant(a) for n, a in _kernels(predict).items()}
        self.transformer = {n: tf.constant(a) for n, a in _kernels(transform).items()}

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[
            tf.TensorSpec([1, None, None, 3], tf.float32, "content"),
            tf.TensorSpec([1, None, None, 3], tf.float32, "style"),
        ]
    )
    def __call__(self, content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """Stylised content, [1, H, W, 3] in [0, 1], in a list of one, as Magenta's module answers."""
        return [transform(self.transformer, content, predict(self.predictor, style))]

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32, "style")])  # type: ignore[untyped-decorator]
    def style_vector(self, style: tf.Tensor) -> tf.Tensor:
        """The style as a vector, [1, 1, 1, 100]."""
        return predict(self.predictor, style)

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.float32, "content"),
            tf.TensorSpec([None, 1, 1, 100], tf.float32, "vector"),
        ]
    )
    def transform(self, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Content [n, H, W, 3] in the style of vectors [n, 1, 1, 100]: [n, H, W, 3] in [0, 1]."""
        return transform(self.transformer, content, vector)


def predict(arrays: Arrays, style: tf.Tensor) -> tf.Tensor:
    """MobileNet-V2, global mean and a 1 x 1 convolution: [1, h, w, 3] in [0, 1] -> [1, 1, 1, 100]."""
    x = _conv6(style, arrays, "MobilenetV2/Conv", 2)
    for block in range(17):
        x = _inverted_residual(x, arrays, f"MobilenetV2/expanded_conv{f'_{block}' if block else ''}", block)
    x = _conv6(x, arrays, "MobilenetV2/Conv_1", 1)
    return _conv(tf.reduce_mean(x, axis=(1, 2), keepdims=True), arrays, "mobilenet_conv/Conv")


def transform(arrays: Arrays, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """The transformer at any size: [n, H, W, 3] in [0, 1] and [n, 1, 1, 100] -> [n, H, W, 3] in [0, 1]."""
    size = tf.shape(content)[1:3]
    x = content
    for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2)):
        x = tf.nn.relu(
            _conv(_reflect(x, arrays, f"transformer/contract/{name}"), arrays, f"transformer/contract/{name}", stride)
        )
    for block in range(1, 6):
        name = f"transformer/residual/residual{block}"
        inner = tf.nn.relu(_styled(x, arrays, f"{name}/conv1", vector))
        x = x + _styled(inner, arrays, f"{name}/conv2", vector)
    for name in ("conv1", "conv2"):
        doubled = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
        x = tf.nn.relu(_styled(doubled, arrays, f"transformer/expand/{name}/conv", vector))
    x = tf.sigmoid(_styled(x, arrays, "transformer/expand/conv3/conv", vector))
    return x[:, : size[0], : size[1]]  # odd sizes come out up to 3 px larger


# The strides and shortcuts of MobileNet-V2: blocks 1, 3, 6 and 13 halve; a block whose shape is kept adds its input.
_HALVING = (1, 3, 6, 13)


def _inverted_residual(x: tf.Tensor, arrays: Arrays, name: str, block: int) -> tf.Tensor:
    stride = 2 if block in _HALVING else 1
    inner = _conv6(x, arrays, f"{name}/expand", 1) if block else x
    kernel = arrays[f"{name}/depthwise/depthwise_weights"]
    inner = tf.nn.depthwise_conv2d(inner, kernel, [1, stride, stride, 1], "SAME")
    inner = tf.nn.relu6(inner + arrays[f"{name}/depthwise/depthwise_bias"])
    inner = _conv(inner, arrays, f"{name}/project")
    return x + inner if stride == 1 and inner.shape[-1] == x.shape[-1] else inner


def _conv6(x: tf.Tensor, arrays: Arrays, name: str, stride: int) -> tf.Tensor:
    return tf.nn.relu6(tf.nn.conv2d(x, arrays[f"{name}/weights"], stride, "SAME") + arrays[f"{name}/bias"])


def _conv(x: tf.Tensor, arrays: Arrays, name: str, stride: int = 1) -> tf.Tensor:
    x = tf.nn.conv2d(x, arrays[f"{name}/weights"], stride, "VALID")
    bias = arrays.get(f"{name}/bias")
    return x if bias is None else x + bias


def _reflect(x: tf.Tensor, arrays: Arrays, name: str) -> tf.Tensor:
    edge = int(arrays[f"{name}/weights"].shape[0]) // 2
    return tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]], "REFLECT")


def _styled(x: tf.Tensor, arrays: Arrays, name: str, vector: tf.Tensor) -> tf.Tensor:
    """Convolution, then instance norm whose shift and scale are two 1 x 1 convolutions of the style vector."""
    x = _conv(_reflect(x, arrays, name), arrays, name)
    mean, variance = tf.nn.moments(x, axes=(1, 2), keepdims=True)
    shift = _conv(vector, arrays, f"style_params/{name}/StyleNorm/Conv")
    scale = _conv(vector, arrays, f"style_params/{name}/StyleNorm/Conv_1")
    gain = scale * tf.math.rsqrt(variance + _EPSILON)
    return x * gain + (shift - mean * gain)


def _kernels(arrays: Arrays) -> dict[str, np.ndarray]:
    """Arrays by short name, kernels as TensorFlow has them; other initialisers (zero points, shapes) are left out."""
    out: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if name.endswith("depthwise_weights"):  # [channels, 1, h, w] -> [h, w, channels, 1]
            out[name] = array.transpose(2, 3, 0, 1)
        elif name.endswith("/weights"):
            out[name] = array.transpose(2, 3, 1, 0)
        elif name.endswith(("/Conv2D_bias", "/depthwise_bias")):
            out[name.replace("Conv2D_bias", "bias")] = array
    return out
