"""Checkpoint files of any bytes: either a run to resume or a CheckpointError; no code in them is ever executed."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe, make
from nst_core.runs.curve import CurvePoint
from nst_core.slow import checkpoint
from nst_core.slow.checkpoint import Checkpoint
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import ANY_TEXT, JSON, damaged, spoilt

_POINT = {"number": 1, "seconds": 0.5, "scale_px": 64, "evaluations": 2, "total": 1.5, "marks": ["scale 64 px"]}


def _whole() -> bytes:
    """A small checkpoint with arrays, numbers, a curve and a best picture."""
    picture = np.full((1, 4, 4, 3), 0.5, np.float32)
    state = {"picture": picture, "totals": np.ones(3), "number": 1, "scale": 0, "moves": 1, "restraint": 1.0}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        checkpoint.save(path, Checkpoint(make(), state, [_POINT], {"number": 1, "shown": picture}))
        return path.read_bytes()


_FILE = _whole()
with np.load(io.BytesIO(_FILE)) as _entries:
    _ARRAYS = dict(_entries)
_HEAD = json.loads(_ARRAYS.pop("head").tobytes())


def _load(data: bytes) -> None:
    """Load a file of these bytes, and check that the result is complete, or the error one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        path.write_bytes(data)
        try:
            loaded = checkpoint.load(path)
        except CheckpointError as error:
            assert_is_one_sentence(error)
            return
    assert isinstance(loaded.recipe, Recipe)
    for value in (*loaded.state.values(), *loaded.best.values()):
        assert isinstance(value, np.ndarray | int | float)
        assert not isinstance(value, np.ndarray) or value.dtype != object
    for record in loaded.curve:
        point = CurvePoint.from_record(record)
        assert CurvePoint.from_json(point.to_json()) == point or "nan" in point.to_json().lower()


def _packed(head: Any, arrays: dict[str, Any]) -> bytes:
    """A file with these entries, whose zip is whole."""
    file = io.BytesIO()
    np.savez(file, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
    return file.getvalue()


@fuzz(data=damaged([_FILE]) | st.binary(max_size=300))
def test_damaged_bytes(data: bytes) -> None:
    _load(data)


@fuzz(head=spoilt(_HEAD) | JSON)
def test_a_whole_file_with_another_head(head: Any) -> None:
    _load(_packed(head, _ARRAYS))


@fuzz(
    names=st.lists(
        st.sampled_from(sorted(_ARRAYS)) | st.from_regex(r"[a-z/]{1,12}", fullmatch=True), max_size=4, unique=True
    ),
    kind=st.sampled_from(["<f4", ">f8", "<U3", "|S4", "<M8[s]", "<c8", "|b1", [("a", "<f4")]]),
    shape=st.lists(st.integers(0, 3), max_size=4),
)
def test_a_whole_file_with_other_arrays(names: list[str], kind: Any, shape: list[int]) -> None:
    arrays = {name: np.zeros(shape, kind) for name in names if name not in ("head", "file", "args", "kwds")}
    _load(_packed(_HEAD | {"arrays": sorted(arrays)}, arrays))


@fuzz(
    shape=st.lists(st.sampled_from([-1, 0, 1, 7, 2**31, 2**40, 2**63, 10**30]), max_size=4),
    kind=st.sampled_from(["<f4", "|O", "<f8", "|V9", "<U999999999"]) | ANY_TEXT,
    body=st.binary(max_size=40),
)
def test_an_array_that_claims_any_size_and_kind(shape: list[int], kind: str, body: bytes) -> None:
    import zipfile

    header = repr({"descr": kind, "fortran_order": False, "shape": tuple(shape)}).encode("utf-8", "replace")
    entry = b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + body
    file = io.BytesIO(_packed(_HEAD, {}))
    with zipfile.ZipFile(file, "a") as archive:
        for name in _ARRAYS:
            archive.writestr(f"{name}.npy", entry)
    _load(file.getvalue())


@fuzz(entry=st.binary(max_size=40), name=st.sampled_from(["head", "head.npy", "state/picture.npy", "../x.npy"]))
def test_an_entry_that_is_no_array(entry: bytes, name: str) -> None:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, entry)
    _load(file.getvalue())
