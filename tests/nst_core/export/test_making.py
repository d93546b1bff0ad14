"""An export folder of the real networks, run by LiteRT against the networks that were exported."""

from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import ExportError
from nst_core.export import check, embedded, fast_pair, making, manifest, operations
from nst_core.models import weights

SIZE_PX = 128
PARTS: tuple[tuple[manifest.Part, int], ...] = (("style_predict", 256), ("style_transform", SIZE_PX))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    making.make(made, [SIZE_PX, SIZE_PX], (*manifest.PRECISIONS, "float16"), slow=False)
    return made


@pytest.fixture(scope="module")
def rows(folder: Path) -> dict[Any, Any]:
    module = fast_pair.load(weights.find("magenta"))
    return {(row["part"], row["precision"]): row for row in check.run(folder, module)}


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("part", [part for part, _ in PARTS])
def test_the_files_compute_what_the_networks_do(rows: Any, part: str) -> None:
    """Mean difference a pixel, of 255, on a photograph and styles that nothing was calibrated with."""
    differences = [rows[part, precision]["difference"] for precision in manifest.PRECISIONS]
    assert 0 < differences[0] < 0.01 < differences[1] < 2 > differences[1] < differences[2] < 5
    assert all(rows[part, precision]["correlation"] > 0.99 for precision in manifest.PRECISIONS)
    sizes = [rows[part, precision]["megabytes"] for precision in manifest.PRECISIONS]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.weights
@pytest.mark.slow
def test_each_file_has_operations_for_gpus_and_says_what_it_is(folder: Path) -> None:
    listed = manifest.verify(folder)
    assert {each.precision for each in listed.files} == set(manifest.PRECISIONS)
    assert len(listed.files) == len(PARTS) * len(manifest.PRECISIONS), "what is asked for twice is one file"
    for each in listed.files:
        file = (folder / each.file).read_bytes()
        operations.require_on_gpu(file, each.precision)
        told = embedded.read(file)
        assert (told["licence"], told["source_sha256"]) == (each.licence, listed.source["magenta"])
        assert told["inputs"] == [tensor.model_dump(mode="json") for tensor in each.inputs]
        assert told["outputs"] == [tensor.model_dump(mode="json") for tensor in each.outputs]


@pytest.mark.weights
@pytest.mark.slow
def test_xnnpack_takes_each_file_as_one_piece(folder: Path) -> None:
    """What it leaves is computed by general code, between pieces: half of a frame's time in a browser."""
    from ai_edge_litert.interpreter import Interpreter

    listed = manifest.read(folder)
    for file in (listed.find(*part, precision) for part in PARTS for precision in manifest.PRECISIONS):
        interpreter = Interpreter(model_path=str(folder / file.file))
        interpreter.allocate_tensors()
        names = [operation["op_name"] for operation in interpreter._get_ops_details()]
        assert names.count("DELEGATE") == 1, names


@pytest.mark.weights
@pytest.mark.parametrize("size", [0, 62, 130, 2048])
def test_a_size_that_no_network_has_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ExportError, match="multiple of 4"):
        making.make(tmp_path, [size])
