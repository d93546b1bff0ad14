"""A checkpoint returns the saved data or says why it cannot; it never executes code in the file."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError
from nst_core.recipe import make
from nst_core.slow import checkpoint
from nst_core.slow.checkpoint import Checkpoint

ARRAYS = ("picture", "gradient", "memory/square", "totals")
ENTRIES = (*(f"state/{name}" for name in ARRAYS), "best/shown")
CURVE = [
    {
        "number": n,
        "seconds": n / 3,
        "scale_px": 64,
        "total": 1 / (n + 1),
        "style/block1_conv1": 1e-9 * n,
        "marks": ["!"],
    }
    for n in range(18)
]


def some_checkpoint() -> Any:
    """Contents of a state that engines and optimizers may use: arrays of any name, shape and kind, and numbers."""
    rng = np.random.default_rng(0)
    state = {name: rng.standard_normal((1, 6, 5, 3)).astype(np.float32) for name in ARRAYS}
    state |= {"totals": rng.standard_normal(40), "number": 17, "seconds": 0.1 + 0.2}
    best = {"number": 12, "shown": rng.random((1, 6, 5, 3), np.float32)}
    return Checkpoint(make("tutorial", {"seed": 3}), state, CURVE, best)


def assert_same(came: Any, went: Any) -> None:
    """Bit for bit: values, kinds and names."""
    assert came.recipe == went.recipe
    assert list(came.curve) == list(went.curve)
    for ours, theirs in ((came.state, went.state), (came.best, went.best)):
        assert set(ours) == set(theirs)
        for name, value in theirs.items():
            np.testing.assert_array_equal(ours[name], value)
            assert type(ours[name]) is type(value)
            assert getattr(ours[name], "dtype", None) == getattr(value, "dtype", None)


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    path = tmp_path / "run.npz"
    checkpoint.save(path, some_checkpoint())
    return path


def rewrite(path: Any, **changes: Any) -> None:
    """The file again with some of its entries changed; None leaves one out."""
    with np.load(path) as file:
        entries = {**dict(file), **changes}
    with path.open("wb") as out:
        np.savez(out, **{n: v for n, v in entries.items() if v is not None})


def head_of(path: Any, **changes: Any) -> Any:
    with np.load(path) as file:
        head = {**json.loads(file["head"].tobytes()), **changes}
    return np.frombuffer(json.dumps({n: v for n, v in head.items() if v is not None}).encode(), np.uint8)


def test_what_was_saved_is_loaded_bit_for_bit(saved: Any) -> None:
    assert_same(checkpoint.load(saved), some_checkpoint())


def test_a_checkpoint_of_the_first_steps_has_no_curve_and_no_better_picture(tmp_path: Path) -> None:
    went = Checkpoint(make(), {"picture": np.zeros((1, 2, 2, 3), np.float32), "number": 0})
    checkpoint.save(tmp_path / "run", went)
    assert_same(checkpoint.load(tmp_path / "run"), went)


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
def test_a_run_goes_on_from_its_file_bit_for_bit(tmp_path: Path, noise: Any) -> None:
    from nst_core.slow import engine

    recipe = make(
        settings={
            "longest_edge_px": 64,
            "precision": "float32",
            "steps": 4,
            "content_layers": {"block2_conv1": 1.0},
            "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
        }
    )
    content, style = noise(64, 40), noise(30, 30, 1)
    whole = list(engine.run(content, [style], recipe))
    went = Checkpoint(recipe, whole[2].state())
    checkpoint.save(tmp_path / "run", went)
    found = checkpoint.load(tmp_path / "run")
    assert_same(found, went)
    resumed = list(engine.run(content, [style], found.recipe, resume=found.state))
    assert [s.losses for s in resumed] == [s.losses for s in whole[3:]]
    np.testing.assert_array_equal(resumed[-1].picture, whole[-1].picture)


def test_saving_again_replaces_and_leaves_nothing_else(saved: Any) -> None:
    checkpoint.save(saved, Checkpoint(make(), {**some_checkpoint().state, "number": 18}))
    assert checkpoint.load(saved).state["number"] == 18
    assert list(saved.parent.iterdir()) == [saved]


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(saved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(file: Any, **_: Any) -> None:
        file.write(b"PK half of a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", half)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(saved, Checkpoint(make(), {"number": 18}))
    assert_same(checkpoint.load(saved), some_checkpoint())
    assert list(saved.parent.iterdir()) == [saved]


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"got no file gone\.npz"):
        checkpoint.load(tmp_path / "gone.npz")


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="must be a whole checkpoint"):
        checkpoint.load(tmp_path)


def test_a_file_cut_anywhere_is_refused(saved: Any) -> None:
    whole = saved.read_bytes()
    for cut in {*range(0, 200, 7), *range(200, len(whole), 97), len(whole) - 1}:
        saved.write_bytes(whole[:cut])
        with pytest.raises(CheckpointError, match=r"run\.npz must be a whole checkpoint") as refused:
            checkpoint.load(saved)
        assert "pickle" not in str(refused.value), "nobody should trust such a file"


def test_damage_is_refused_or_harmless(saved: Any) -> None:
    """One byte wrong anywhere: the same numbers or a CheckpointError, never another exception."""
    whole, went, refused = bytearray(saved.read_bytes()), some_checkpoint(), 0
    for at in range(0, len(whole), 11):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        saved.write_bytes(damaged)
        try:
            came = checkpoint.load(saved)
        except CheckpointError:
            refused += 1
            continue
        assert_same(came, went)
    assert refused > 100


def npy() -> Any:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK", b"\x89PNG\r\n\x1a\n", b"{}", b"\0" * 5000], ids=repr)
def test_what_is_no_checkpoint_is_refused(saved: Any, data: Any) -> None:
    saved.write_bytes(data)
    with pytest.raises(CheckpointError, match="must be a whole checkpoint"):
        checkpoint.load(saved)


def test_a_lone_array_is_refused(saved: Any) -> None:
    saved.write_bytes(npy())
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)


@pytest.mark.parametrize("name", ["head", *ENTRIES])
def test_a_missing_entry_is_refused(saved: Any, name: Any) -> None:
    rewrite(saved, **{name: None})
    with pytest.raises(CheckpointError, match=name):
        checkpoint.load(saved)


@pytest.mark.parametrize("name", ["state/mystery", "best/mystery", "mystery", "other/mystery"])
def test_an_entry_that_the_head_does_not_name_is_refused(saved: Any, name: str) -> None:
    rewrite(saved, **{name: np.zeros(3)})
    with pytest.raises(CheckpointError, match="whole checkpoint"):
        checkpoint.load(saved)


@pytest.mark.parametrize("version", [0, 1, 2, 4, "3", None])
def test_another_version_is_refused(saved: Any, version: Any) -> None:
    rewrite(saved, head=head_of(saved, version=version))
    with pytest.raises(CheckpointError, match=f"must be of version 3, got {version!r}; start the run anew"):
        checkpoint.load(saved)


def test_a_file_of_version_1_is_refused(saved: Any) -> None:
    """As that version wrote it: four arrays, and everything else in the head."""
    head = {"version": 1, "number": 17, "seconds": 2.25, "recipe": make().model_dump(mode="json")}
    arrays = {n: np.zeros((1, 6, 5, 3), np.float32) for n in ("picture", "gradient", "mean", "square")}
    with saved.open("wb") as out:
        np.savez(out, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
    with pytest.raises(CheckpointError, match="must be of version 3, got 1"):
        checkpoint.load(saved)


@pytest.mark.parametrize("recipe", [{"stepz": 1}, {"steps": 0}, [], 5])
def test_a_recipe_that_does_not_fit_is_refused(saved: Any, recipe: Any) -> None:
    rewrite(saved, head=head_of(saved, recipe=recipe))
    with pytest.raises(CheckpointError, match="the checkpoint's recipe does not fit this program"):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"numbers": None},
        {"arrays": None},
        {"recipe": None},
        {"curve": None},
        {"numbers": {"state/number": "many"}},
        {"numbers": {"state/number": None}},
        {"numbers": {"state/number": [1]}},
        {"numbers": {"elsewhere/number": 1}},
        {"numbers": 5},
        {"curve": [{"number": 1}]},
        {"curve": [5]},
        {"curve": 5},
    ],
    ids=str,
)
def test_a_damaged_head_is_refused(saved: Any, changes: Any) -> None:
    rewrite(saved, head=head_of(saved, **changes))
    with pytest.raises(CheckpointError, match="whole checkpoint"):
        checkpoint.load(saved)


def test_a_head_that_is_no_object_is_refused(saved: Any) -> None:
    rewrite(saved, head=np.frombuffer(b"[1]", np.uint8))
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)


class Trap:
    """Records that it was unpickled."""

    sprung = False

    def __reduce__(self) -> Any:
        return (setattr, (Trap, "sprung", True))


def test_nothing_is_ever_unpickled(saved: Any) -> None:
    pickle.loads(pickle.dumps(Trap()))
    assert Trap.sprung  # the trap works
    Trap.sprung = False
    saved.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)
    checkpoint.save(saved, some_checkpoint())
    for name in ("head", *ENTRIES):
        rewrite(saved, **{name: np.array([Trap()], object)})
        with pytest.raises(CheckpointError):
            checkpoint.load(saved)
        checkpoint.save(saved, some_checkpoint())
    assert not Trap.sprung


@pytest.mark.parametrize(
    "point",
    [
        {"number": "3"},
        {"number": 3.5},
        {"seconds": None},
        {"total": [1.0]},
        {"marks": "scale"},
        {"marks": [1]},
        {"evaluations": "2"},
    ],
)
def test_a_point_of_a_wrong_type_is_refused(saved: Any, point: Any) -> None:
    rewrite(saved, head=head_of(saved, curve=[{**CURVE[0], **point}]))
    with pytest.raises(CheckpointError, match="a point of its curve is incomplete or of a wrong type"):
        checkpoint.load(saved)


@pytest.mark.parametrize("name", ["head", "state/picture"])
def test_an_entry_that_is_no_array_is_refused(tmp_path: Path, name: str) -> None:
    """NumPy gives such an entry as bytes."""
    with zipfile.ZipFile(tmp_path / "run.npz", "w") as archive:
        archive.writestr(name, b"{}")
    with pytest.raises(CheckpointError, match="must be a whole checkpoint"):
        checkpoint.load(tmp_path / "run.npz")


@pytest.mark.parametrize("size", [2**40, 2**63, 10**30])
def test_an_array_that_claims_to_be_larger_than_memory_is_refused(saved: Any, size: int) -> None:
    header = repr({"descr": "<f8", "fortran_order": False, "shape": (size,)}).encode()
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("state/huge.npy", b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header)
    with pytest.raises(CheckpointError, match="must be a whole checkpoint"):
        checkpoint.load(saved)


def test_a_message_about_a_file_is_one_short_line(saved: Any) -> None:
    rewrite(saved, head=head_of(saved, version="3\n" * 9999))
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(saved)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300
