"""The slow method's files in an export folder."""

import hashlib
from pathlib import Path

import pytest

from nst_core.export import slow_files, slow_weights
from nst_core.export.slow_layout import SHAPES, TERMS
from nst_core.models import weights


@pytest.mark.weights
@pytest.mark.slow
def test_a_folder_gets_one_file_of_weights_and_a_graph_for_each_shape(tmp_path: Path) -> None:
    files = list(slow_files.write(tmp_path, weights.find("vgg19")))
    for file in files:
        data = (tmp_path / file.file).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
    (of_weights,) = (f for f in files if f.part == "slow_weights")
    units = slow_weights.header((tmp_path / of_weights.file).read_bytes())["units"]
    assert list(units) == list(TERMS[:-1])
    assert min(units.values()) > 0
    graphs = [f for f in files if f.part == "slow_objective"]
    pictures = [next(t for t in f.inputs if t.name == "picture").shape for f in graphs]
    assert pictures == [(1, height, width, 3) for width, height in SHAPES]
    assert [f.size_px for f in graphs] == [max(shape) for shape in SHAPES]
