"""VGG kernels out of an .h5 and a codebook with small widths: the same checks for both."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import WeightsSource, kernels, vgg_kernels
from tests.nst_core.models.weights import fakes


@pytest.fixture(autouse=True)
def small_widths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "WIDTHS", (2, 3, 4, 5, 6))


def found(path: Path, network: str = "vgg19", form: str = "h5") -> WeightsSource:
    return WeightsSource(network, "operator", False, path, form, "", "")


def h5(tmp_path: Path, change: Any = None, network: str = "vgg19") -> Any:
    pairs = fakes.random_pairs(kernels.layer_shapes(network))
    if change:
        change(pairs)
    fakes.write_h5(tmp_path / "w.h5", pairs)
    return pairs, found(tmp_path / "w.h5", network)


def test_layer_shapes_are_those_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "WIDTHS", (64, 128, 256, 512, 512))
    shapes = {network: kernels.layer_shapes(network) for network in ("vgg16", "vgg19")}
    assert [len(shapes[n]) for n in ("vgg16", "vgg19")] == [13, 16]
    sizes = {n: sum(int(np.prod(s)) + s[-1] for s in shapes[n].values()) for n in shapes}
    assert sizes == {"vgg16": 14_714_688, "vgg19": 20_024_384}  # as Keras' model.summary() counts them


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_h5_gives_back_what_was_written(tmp_path: Path, network: str) -> None:
    pairs, place = h5(tmp_path, network=network)
    got = dict(vgg_kernels(place))
    assert list(got) == list(pairs)
    for layer, (kernel, bias) in pairs.items():
        np.testing.assert_array_equal(got[layer][0], kernel)
        np.testing.assert_array_equal(got[layer][1], bias)
        assert got[layer][0].dtype == got[layer][1].dtype == np.float32


def test_codebook_has_the_networks_layout(tmp_path: Path) -> None:
    shapes = kernels.layer_shapes("vgg19")
    tensors = fakes.codebook_tensors(shapes)
    (tmp_path / "w.bin").write_bytes(fakes.codebook_bytes(tensors))
    got = dict(vgg_kernels(found(tmp_path / "w.bin", form="codebook")))
    assert {layer: pair[0].shape for layer, pair in got.items()} == shapes
    del tensors["block3_conv2_W_table"]
    (tmp_path / "w.bin").write_bytes(fakes.codebook_bytes(tensors))
    with pytest.raises(WeightsError, match="block3_conv2_W_table"):
        dict(vgg_kernels(found(tmp_path / "w.bin", form="codebook")))


def _set(layer: Any, part: Any, value: Any) -> Any:
    def change(pairs: Any) -> None:
        pairs[layer][part][...] = value

    return change


def _flip_exponent(pairs: Any) -> None:
    kernel = pairs["block2_conv1"][0]
    kernel.view(np.uint32).reshape(-1)[5] |= np.uint32(0x7F000000)


def _swap(pairs: Any) -> None:
    kernel, bias = pairs["block2_conv1"]
    pairs["block2_conv1"] = (np.ascontiguousarray(kernel.swapaxes(2, 3)), bias)


@pytest.mark.parametrize(
    "change",
    [
        _set("block1_conv1", 0, np.nan),
        _set("block5_conv4", 1, np.inf),
        _set("block4_conv1", 0, 0.0),
        _flip_exponent,
        _swap,
        lambda pairs: pairs.pop("block5_conv4"),
    ],
    ids=["all-NaN", "infinite bias", "zeros", "a high exponent bit", "in and out swapped", "a layer missing"],
)
def test_damaged_values_do_not_load(tmp_path: Path, change: Any) -> None:
    _, place = h5(tmp_path, change)
    with pytest.raises(WeightsError):
        dict(vgg_kernels(place))


def test_truncated_or_foreign_h5_is_one_weights_error(tmp_path: Path) -> None:
    _, place = h5(tmp_path)
    data = place.path.read_bytes()
    for length in (0, 1, 100, len(data) // 2, len(data) - 1):
        place.path.write_bytes(data[:length])
        with pytest.raises(WeightsError, match=r"w\.h5"):
            dict(vgg_kernels(place))
    place.path.write_bytes(b"<html>" * 1000)
    with pytest.raises(WeightsError):
        dict(vgg_kernels(place))
    with pytest.raises(WeightsError):
        dict(vgg_kernels(found(tmp_path / "absent.h5")))


def test_other_networks_and_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="magenta"):
        dict(vgg_kernels(found(tmp_path, "magenta", "onnx")))
    with pytest.raises(WeightsError, match="onnx"):
        dict(vgg_kernels(found(tmp_path, "vgg19", "onnx")))
