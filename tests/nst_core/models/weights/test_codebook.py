"""The codebook reader with files that the test writes itself, intact and damaged."""

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import codebook
from tests.nst_core.models.weights import fakes

SHAPES = {"block1_conv1": (3, 3, 3, 4), "block1_conv2": (3, 3, 4, 5)}


@pytest.fixture
def tensors() -> Any:
    return fakes.codebook_tensors(SHAPES)


def read(tmp_path: Path, data: Any) -> Any:
    path = tmp_path / "some_q.bin"
    path.write_bytes(data)
    return codebook.read_tensors(path)


def test_reads_back_what_was_written(tmp_path: Path, tensors: Any) -> None:
    got = read(tmp_path, fakes.codebook_bytes(tensors))
    assert got.keys() == tensors.keys()
    for name, values in tensors.items():
        assert got[name].dtype == values.dtype
        np.testing.assert_array_equal(got[name], values)


def test_decodes_like_a_naive_loop(tensors: Any) -> None:
    kernel, bias = codebook.decode(tensors, "block1_conv2")
    codes, table = tensors["block1_conv2_W_q"], tensors["block1_conv2_W_table"]
    for o, i, y, x in np.ndindex(codes.shape):
        assert kernel[y, x, i, o] == table[codes[o, i, y, x]]
    np.testing.assert_array_equal(bias, tensors["block1_conv2_b"])


def test_a_transposed_and_shifted_view_is_respected(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32)
    state = fakes.op({"t": fakes.tensor_op("7000", values, offset=2, size=(3, 4), stride=(1, 5))})
    got = read(tmp_path, fakes.codebook_bytes({"t": values}, state))["t"]
    np.testing.assert_array_equal(got, [[2 + i + 5 * j for j in range(4)] for i in range(3)])


@pytest.mark.parametrize(
    "change",
    [
        {"offset": 1},
        {"size": (5, 5), "stride": (5, 1)},
        {"size": (2, 12), "stride": (13, 1)},
        {"size": (25,), "stride": (0,)},
        {"size": (-1,), "stride": (1,)},
        {"size": (3,), "stride": (-1,)},
        {"size": (0,), "stride": (1,)},
        {"size": (2, 2), "stride": (1,)},
        {"count": 23},
        {"count": 2**31 - 1},
        {"offset": -1},
    ],
    ids=str,
)
def test_a_view_outside_its_storage_is_refused(tmp_path: Path, change: Any) -> None:
    values = np.arange(24, dtype=np.float32)
    state = fakes.op({"t": fakes.tensor_op("7000", values, **change)})
    with pytest.raises(WeightsError, match="no readable codebook"):
        read(tmp_path, fakes.codebook_bytes({"t": values}, state))


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("numpy", "load"), ("torch", "load")]
)
@pytest.mark.parametrize("place", ["state", "system", "keys", "magic"])
def test_a_malicious_pickle_is_refused_and_runs_nothing(
    tmp_path: Path, tensors: Any, module: str, name: str, place: str
) -> None:
    witness = tmp_path / "ran"
    attack = fakes.global_op(module, name) + fakes.op((f"touch {witness}",)) + b"R"
    plain = fakes.codebook_bytes(tensors)
    data = {
        "state": fakes.codebook_bytes(tensors, attack),
        "system": fakes.MAGIC_PICKLE + fakes.PROTOCOL_PICKLE + b"\x80\x02" + attack + b".",
        "keys": plain[: plain.index(fakes.op(["7000"])[:9])] + attack + b".",
        "magic": b"\x80\x02" + attack + b".",
    }[place]
    with pytest.raises(WeightsError, match="not allowed"):
        read(tmp_path, data)
    assert not witness.exists()


def test_stack_global_of_newer_protocols_is_refused_too(tmp_path: Path, tensors: Any) -> None:
    attack = b"\x80\x04" + b"\x8c\x02os" + b"\x8c\x06system" + b"\x93" + fakes.op(("true",)) + b"R"
    with pytest.raises(WeightsError, match=r"os\.system"):
        read(tmp_path, fakes.codebook_bytes(tensors, attack))


def test_a_stand_in_cannot_be_called_with_nonsense(tmp_path: Path, tensors: Any) -> None:
    for arguments in ((), ("x",) * 6, (1, 2, (3,), (4,), False, None)):
        state = fakes.op({"t": fakes.global_op("torch._utils", "_rebuild_tensor_v2") + fakes.op(arguments) + b"R"})
        with pytest.raises(WeightsError):
            read(tmp_path, fakes.codebook_bytes(tensors, state))


@pytest.mark.slow
def test_truncated_anywhere_is_one_weights_error(tmp_path: Path) -> None:
    data = fakes.codebook_bytes(fakes.codebook_tensors({"block1_conv1": (3, 3, 1, 1)}))
    for length in range(len(data)):
        with pytest.raises(WeightsError):
            read(tmp_path, data[:length])


def test_a_tail_a_zip_an_empty_file_and_a_plain_pickle_are_refused(tmp_path: Path, tensors: Any) -> None:
    plain = fakes.codebook_bytes(tensors)
    for data in (plain + b"x", b"", b"PK\x03\x04" + bytes(100), pickle.dumps({"a": 1}), fakes.MAGIC_PICKLE):
        with pytest.raises(WeightsError):
            read(tmp_path, data)


@pytest.mark.slow
def test_random_damage_gives_arrays_or_one_weights_error(tmp_path: Path, tensors: Any) -> None:
    rng = np.random.default_rng(1)
    plain = np.frombuffer(fakes.codebook_bytes(tensors), np.uint8)
    for _ in range(1500):
        damaged = plain.copy()
        damaged[rng.integers(0, min(plain.size, 2500), 3)] = rng.integers(0, 256, 3)
        try:
            read(tmp_path, damaged.tobytes())
        except WeightsError:
            continue


def test_a_count_that_lies_is_refused(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32)
    data = fakes.codebook_bytes({"t": values})
    start = len(data) - values.nbytes - 8
    for count in (23, 25, -1, 2**62):
        with pytest.raises(WeightsError):
            read(tmp_path, data[:start] + struct.pack("<q", count) + data[start + 8 :])
