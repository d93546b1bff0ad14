"""Magenta's arbitrary stylisation: a style prediction network and a transformer, for pictures of any size.

The networks come as TF-Hub's module, or are rebuilt from ONNX files as a SavedModel with the same signature.

Source: Ghiasi et al. 2017, arXiv:1705.06830, in Magenta's mobile form.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import WeightsError
from nst_core.models import weights
from nst_core.models.device import device
from nst_core.models.transformer import Arrays, StyleParameters, Transformer, pad_mirrored

STYLE_EDGE_PX = 256
"""Size of the pictures that the style prediction network was trained on."""
_BUILD_VERSION = "6"
"""Version of the rebuilt graph. Change it with the code of the networks: the cached SavedModel is then built anew."""

RowsWithMoments = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""Rows of a layer before its instance norm, [n, h, w, C], with their mean [C] and variance [C]."""


def _rows(name: str, channels: int = 3) -> tf.TensorSpec:
    return tf.TensorSpec([None, None, None, channels], tf.float32, name)


_VECTOR = tf.TensorSpec([None, 1, 1, 100], tf.float32, "vector")
_INTEGER = tf.TensorSpec([], tf.int32)
_NORM = (tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.float32))
"""Gain and offset of each channel, and the minimum that is applied after them."""


@dataclass(frozen=True, eq=False)
class Stylisation:
    """The loaded networks.

    Attributes:
        call: the module: (content [1, H, W, 3], style [1, h, w, 3]) -> [[1, H', W', 3]], all in [0, 1].
        found: where its weights came from.
    """

    call: Any
    found: weights.WeightsSource


@lru_cache(maxsize=1)
def load() -> Stylisation:
    """The fast network, from the first source whose network can be used. Raises WeightsError."""
    opened: list[Any] = []
    with tf.device(device().name):
        found = weights.find("magenta", check=lambda candidate: opened.append(_opened(candidate)))
    return Stylisation(opened[-1], found)


def _opened(found: weights.WeightsSource) -> Any:
    """The callable module of these weights. Raises WeightsError if a SavedModel is not Magenta's."""
    # A known warning that a user cannot fix: requirements.txt pins setuptools below the version that removes the
    # module.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
    import tensorflow_hub as hub

    if found.format != "savedmodel":
        return hub.load(str(_rebuilt(found)))
    try:  # the operator's handle may name any module
        module = hub.load(str(found.path))
        _require_picture(module)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, tf.errors.OpError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
        raise WeightsError(
            f"must be a SavedModel that answers (content, style) with a list of one picture, got {reason!r} from "
            f"{found.path}; name Magenta's module in NST_HUB_HANDLE or unset it, or delete that folder if fetched"
        ) from error
    return module


def _require_picture(module: Any) -> None:
    """Call the module once. Raises ValueError if the answer is no picture; errors of the module itself pass through."""
    grey = tf.fill([1, STYLE_EDGE_PX, STYLE_EDGE_PX, 3], 0.5)
    answer = tf.convert_to_tensor(module(grey, grey)[0])
    if answer.shape != grey.shape or answer.dtype != tf.float32:
        raise ValueError(f"{answer.dtype.name} {answer.shape} for a picture of {grey.shape}")


def _rebuilt(found: weights.WeightsSource) -> Path:
    """Folder of the SavedModel that is built from these weights at the first call and then cached."""
    return weights.store_folder(
        "magenta-rebuilt", lambda folder: save(found, folder), f"{found.sha256}-{_BUILD_VERSION}"
    )


def save(found: weights.WeightsSource, folder: Path) -> None:
    """Write the rebuilt networks as a SavedModel with the methods of `StylisationModule`."""
    predict, transform = weights.onnx_arrays(found)
    tf.saved_model.save(StylisationModule(predict, transform), str(folder), signatures=None)


class StylisationModule(tf.Module):  # type: ignore[misc]
    """Both networks in one module that is callable like TF-Hub's, with methods for each part of the transformer.

    The methods for parts take rows of a picture, apply the instance norm of the layer before, pad the columns, and
    return the mean and variance of their result: see `nst_core.fast.tiling`.

    Args:
        predict, transform: arrays of the two networks, by name in their ONNX graphs, de-quantised; kernels are
            [out, in, h, w], as in ONNX.
    """

    def __init__(self, predict: Arrays, transform: Arrays) -> None:
        super().__init__()
        self.predictor = {n: tf.constant(a) for n, a in _kernels(predict).items()}
        self.transformer = Transformer(_kernels(transform))

    @tf.function(input_signature=[_rows("content"), _rows("style")], autograph=False)  # type: ignore[untyped-decorator]
    def __call__(self, content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """The stylised content, [1, H, W, 3] in [0, 1], in a list of one picture, as Magenta's module returns it."""
        return [self.transformer.stylise(content, predict(self.predictor, style))]

    @tf.function(input_signature=[_rows("style")], autograph=False)  # type: ignore[untyped-decorator]
    def style_vector(self, style: tf.Tensor) -> tf.Tensor:
        """The style vector [1, 1, 1, 100] of a picture [1, h, w, 3] in [0, 1]."""
        return predict(self.predictor, style)

    @tf.function(input_signature=[_rows("style"), _rows("cover", 1)], autograph=False)  # type: ignore[untyped-decorator]
    def covered_style_vector(self, style: tf.Tensor, cover: tf.Tensor) -> tf.Tensor:
        """The style vector of a picture with transparency; `cover` [1, h, w, 1] weighs each position."""
        return predict(self.predictor, style, cover)

    @tf.function(input_signature=[_rows("content"), _VECTOR], autograph=False)  # type: ignore[untyped-decorator]
    def transform(self, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Stylise contents [n, H, W, 3] in [0, 1] with style vectors [n, 1, 1, 100]: [n, H, W, 3] in [0, 1]."""
        return self.transformer.stylise(content, vector)

    @tf.function(input_signature=[_VECTOR], autograph=False)  # type: ignore[untyped-decorator]
    def parameters(self, vector: tf.Tensor) -> list[StyleParameters]:
        """See `Transformer.parameters`."""
        return self.transformer.parameters(vector)

    @tf.function(input_signature=[_rows("window"), _INTEGER], autograph=False)  # type: ignore[untyped-decorator]
    def contract(self, window: tf.Tensor, top: tf.Tensor) -> tf.Tensor:
        """See `Transformer.contract`."""
        return self.transformer.contract(window, top)

    @tf.function(input_signature=[_rows("window", 32), *_NORM, _INTEGER], autograph=False)  # type: ignore[untyped-decorator]
    def inner(
        self, window: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor, least: tf.Tensor, number: tf.Tensor
    ) -> RowsWithMoments:
        """`Transformer.inner` of the normalised window, with columns padded by mirroring."""
        window = pad_mirrored(_normalise(window, gain, offset, least), 0, 0, 1, 1)
        return _with_moments(self.transformer.inner(window, number))

    @tf.function(input_signature=[_rows("window", 32), *_NORM], autograph=False)  # type: ignore[untyped-decorator]
    def double0(self, window: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor, least: tf.Tensor) -> RowsWithMoments:
        """`Transformer.double`, number 0, of the normalised window, with columns padded by repeating the edge."""
        return _with_moments(self.transformer.double(_repeat_edge_columns(_normalise(window, gain, offset, least)), 0))

    @tf.function(input_signature=[_rows("window", 16), *_NORM], autograph=False)  # type: ignore[untyped-decorator]
    def double1(self, window: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor, least: tf.Tensor) -> RowsWithMoments:
        """`Transformer.double`, number 1, of the normalised window, with columns padded by repeating the edge."""
        return _with_moments(self.transformer.double(_repeat_edge_columns(_normalise(window, gain, offset, least)), 1))

    @tf.function(input_signature=[_rows("window", 8), *_NORM], autograph=False)  # type: ignore[untyped-decorator]
    def last(self, window: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor, least: tf.Tensor) -> RowsWithMoments:
        """`Transformer.last` of the normalised window, with columns padded by mirroring."""
        return _with_moments(self.transformer.last(pad_mirrored(_normalise(window, gain, offset, least), 0, 0, 4, 4)))


def _normalise(x: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor, least: tf.Tensor) -> tf.Tensor:
    """Instance norm as gain and offset [C]. `least` is 0 if a ReLU follows, else minus infinity."""
    return tf.maximum(x * gain + offset, least)


def _with_moments(x: tf.Tensor) -> RowsWithMoments:
    return x, *tf.nn.moments(x, axes=(0, 1, 2))


def _repeat_edge_columns(x: tf.Tensor) -> tf.Tensor:
    return tf.pad(x, [[0, 0], [0, 0], [1, 1], [0, 0]], "SYMMETRIC")


def predict(arrays: Mapping[str, tf.Tensor], style: tf.Tensor, cover: tf.Tensor | None = None) -> tf.Tensor:
    """The style vector [1, 1, 1, 100] of a picture [1, h, w, 3] in [0, 1].

    MobileNet-V2, a mean over all positions, and a 1 x 1 convolution. With `cover`, [1, h, w, 1] in [0, 1], each
    position weighs as much as the mean coverage of its cell.
    """
    x = _conv6(style, arrays, "MobilenetV2/Conv", 2)
    for block in range(17):
        x = _inverted_residual(x, arrays, f"MobilenetV2/expanded_conv{f'_{block}' if block else ''}", block)
    x = _conv6(x, arrays, "MobilenetV2/Conv_1", 1)
    if cover is None:
        mean = tf.reduce_mean(x, axis=(1, 2), keepdims=True)
    else:
        weights = tf.image.resize(cover, tf.shape(x)[1:3], "area")
        total = tf.reduce_sum(weights, axis=(1, 2), keepdims=True)
        mean = tf.reduce_sum(x * weights, axis=(1, 2), keepdims=True) / total
    return _conv(mean, arrays, "mobilenet_conv/Conv")


_HALVING = (1, 3, 6, 13)
"""Blocks of MobileNet-V2 with stride 2."""


def _inverted_residual(x: tf.Tensor, arrays: Arrays, name: str, block: int) -> tf.Tensor:
    """A block of MobileNet-V2; it adds its input if its output has the same shape."""
    stride = 2 if block in _HALVING else 1
    inner = _conv6(x, arrays, f"{name}/expand", 1) if block else x
    kernel = arrays[f"{name}/depthwise/depthwise_weights"]
    inner = tf.nn.depthwise_conv2d(inner, kernel, [1, stride, stride, 1], "SAME")
    inner = tf.nn.relu6(inner + arrays[f"{name}/depthwise/depthwise_bias"])
    inner = _conv(inner, arrays, f"{name}/project")
    return x + inner if stride == 1 and inner.shape[-1] == x.shape[-1] else inner


def _conv6(x: tf.Tensor, arrays: Arrays, name: str, stride: int) -> tf.Tensor:
    return tf.nn.relu6(tf.nn.conv2d(x, arrays[f"{name}/weights"], stride, "SAME") + arrays[f"{name}/bias"])


def _conv(x: tf.Tensor, arrays: Arrays, name: str) -> tf.Tensor:
    x = tf.nn.conv2d(x, arrays[f"{name}/weights"], 1, "VALID")
    bias = arrays.get(f"{name}/bias")
    return x if bias is None else x + bias


def _kernels(arrays: Arrays) -> dict[str, np.ndarray]:
    """Kernels in TensorFlow's layout and biases, by short name; other initialisers, such as shapes, are left out."""
    out: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if name.endswith("depthwise_weights"):  # [channels, 1, h, w] -> [h, w, channels, 1]
            out[name] = array.transpose(2, 3, 0, 1)
        elif name.endswith("/weights"):
            out[name] = array.transpose(2, 3, 1, 0)
        elif name.endswith(("/Conv2D_bias", "/depthwise_bias")):
            out[name.replace("Conv2D_bias", "bias")] = array
    return out
