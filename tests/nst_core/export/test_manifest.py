"""The manifest of an export folder: what is written is read again, and a changed file is noticed."""

import hashlib
from pathlib import Path

import pytest

from nst_core.errors import ExportError
from nst_core.export import manifest
from nst_core.export.manifest import ExportedFile, Manifest, Tensor

DATA = b"a network"


def listed(folder: Path, **changes: object) -> Manifest:
    """A folder with one file, and its manifest."""
    (folder / "style_predict_float16.tflite").write_bytes(DATA)
    facts = {
        "file": "style_predict_float16.tflite",
        "part": "style_predict",
        "size_px": 256,
        "precision": "float16",
        "bytes": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "inputs": (Tensor(name="style", shape=(1, 256, 256, 3), dtype="float32", range=(0, 1)),),
        "outputs": (Tensor(name="vector", shape=(1, 1, 1, 100), dtype="float32"),),
        "licence": "Apache-2.0",
    }
    one = ExportedFile.model_validate(facts | changes)
    return Manifest(made_with={"tensorflow": "2.21"}, source={"magenta": "0" * 64}, files=(one,))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = listed(tmp_path)
    manifest.write(tmp_path, written)
    assert manifest.read(tmp_path) == manifest.verify(tmp_path) == written
    assert written.find("style_predict", 256).file == "style_predict_float16.tflite"


@pytest.mark.parametrize("wrong", [{"bytes": 1}, {"sha256": "0" * 64}, {"file": "other.tflite"}])
def test_a_file_that_is_not_the_recorded_one_is_noticed(tmp_path: Path, wrong: dict[str, object]) -> None:
    manifest.write(tmp_path, listed(tmp_path, **wrong))
    with pytest.raises(ExportError, match="make the export again"):
        manifest.verify(tmp_path)


@pytest.mark.parametrize("name", ["../x.tflite", "a/b.tflite", "x.txt", ""])
def test_no_file_lies_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file"):
        listed(tmp_path, file=name)


def test_a_folder_without_a_usable_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no usable manifest"):
        manifest.read(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ExportError, match="no usable manifest"):
        manifest.read(tmp_path)


def test_a_part_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no style_transform of 512 px"):
        listed(tmp_path).find("style_transform", 512)
