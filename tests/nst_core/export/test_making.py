"""An export folder of the real networks, run by LiteRT against the networks that were exported."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import ExportError
from nst_core.export import fast_pair, making, manifest
from nst_core.models import weights
from nst_core.picture import samples

SIZE_PX = 128


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    making.make(made, [SIZE_PX], slow=False)
    return made


@pytest.fixture(scope="module")
def pair() -> Any:
    return fast_pair.load(weights.find("magenta"))


def answer(data: bytes, **inputs: np.ndarray) -> np.ndarray:
    """The first output of a file for inputs by name."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_content=data).get_signature_runner()
    (output,) = runner(**inputs).values()
    return np.asarray(output)


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize(("precision", "most"), [("float32", 0.01), ("float16", 2.0)])
def test_the_files_compute_what_the_networks_do(folder: Path, pair: Any, precision: Any, most: float) -> None:
    """Mean difference a pixel, of 255, on a photograph and a style that nothing was tuned on."""
    listed = manifest.verify(folder)
    style = samples.find("night-swirls").load(256).tensor()[:, :256, :256]
    content = samples.find("chelsea").load(256).tensor()[:, :SIZE_PX, :SIZE_PX]
    predict, transform = (
        listed.find("style_predict", 256, precision),
        listed.find("style_transform", SIZE_PX, precision),
    )
    vector = answer((folder / predict.file).read_bytes(), style=style)
    picture = answer((folder / transform.file).read_bytes(), content=content, vector=vector)
    expected = pair.transform(content, pair.style_vector(style)).numpy()
    assert picture.shape == expected.shape == transform.outputs[0].shape
    assert np.abs(picture - expected).mean() * 255 < most
    assert np.abs(picture - content).mean() * 255 > 10  # it is stylised


@pytest.mark.weights
@pytest.mark.slow
def test_xnnpack_takes_each_file_as_one_piece(folder: Path) -> None:
    """What it leaves is computed by general code, between pieces: half of a frame's time in a browser."""
    from ai_edge_litert.interpreter import Interpreter

    listed = manifest.read(folder)
    for file in (listed.find("style_transform", SIZE_PX), listed.find("style_predict", 256)):
        interpreter = Interpreter(model_path=str(folder / file.file))
        interpreter.allocate_tensors()
        names = [operation["op_name"] for operation in interpreter._get_ops_details()]
        assert names.count("DELEGATE") == 1, names


@pytest.mark.weights
@pytest.mark.parametrize("size", [0, 62, 130, 2048])
def test_a_size_that_no_network_has_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ExportError, match="multiple of 4"):
        making.make(tmp_path, [size])
