"""Each example notebook runs from its first cell to its last, at small size, in a real kernel."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import v4

from nst_core.cli import notebooks

ROOT = Path(__file__).resolve().parents[3]

nbformat_v4: Any = v4  # it has no types
pytestmark = [pytest.mark.weights, pytest.mark.slow]


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    """One kernel for all notebooks, so that TensorFlow is loaded once."""
    manager = KernelManager(kernel_name="python3")
    yield manager
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def executed(notebook: Any, kernel: KernelManager, folder: Path, client: Any = NotebookClient) -> Any:
    """The notebook with its outputs; no name is left over from the notebook before."""
    notebook.cells.insert(0, nbformat_v4.new_code_cell(f"%reset -f\n%cd -q {folder}"))
    if not kernel.has_kernel:
        environment = {**os.environ, "NST_NOTEBOOK_SMALL": "1", "PYTHONPATH": str(ROOT)}
        del environment["PYTEST_CURRENT_TEST"]  # ipykernel reads it, and would not show what TensorFlow writes
        kernel.start_kernel(env=environment)
    client(notebook, km=kernel, timeout=120).execute()
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    """The outputs of one MIME type."""
    return [o.data[kind] for cell in notebook.cells for o in cell.get("outputs", ()) if kind in o.get("data", ())]


@pytest.mark.parametrize("path", notebooks.paths(), ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_pictures(path: Path, kernel: KernelManager, tmp_path: Path) -> None:
    notebook = executed(nbformat_v4.reads(path.read_text()), kernel, tmp_path)
    pictures = sum(html.count("data:image/jpeg") for html in outputs(notebook, "text/html"))
    assert pictures >= 3
    assert outputs(notebook, "application/vnd.plotly.v1+json")
    printed = "".join(o.text for cell in notebook.cells for o in cell.get("outputs", ()) if o.output_type == "stream")
    assert "False" not in printed  # statements that the notebook itself asserts
    assert not re.search(r"warning|Traceback|tensorflow", printed, re.IGNORECASE)


class StopAtFirstUpdate(NotebookClient):
    """Presses Stop after the live view's first update."""

    pressed = False

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "update_display_data" and not self.pressed:
            manager: Any = self.km
            os.kill(manager.provisioner.pid, signal.SIGINT)
            self.pressed = True
        return super().process_message(msg, cell, cell_index)


def test_stop_keeps_the_best_picture_and_an_error_is_one_sentence(kernel: KernelManager, tmp_path: Path) -> None:
    cells = (
        'from nst_core import studio\nresult = studio.paint("sample:chelsea", "sample:poppies", longest_edge_px=64, '
        'pyramid="off", steps=5000, convolutions="direct")',
        "print(result.stopped, result.notes, result.picture.size)",
        'studio.paint("sample:chelsea", steps=0)',
    )
    notebook = nbformat_v4.new_notebook(cells=[nbformat_v4.new_code_cell(text) for text in cells])
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]
    executed(notebook, kernel, tmp_path, StopAtFirstUpdate)
    *_, stopped, refused = notebook.cells
    assert re.match(r"True \('interrupted after step \d+: .*',\) \(64, \d+\)", stopped.outputs[0].text)
    (error,) = refused.outputs
    assert error.traceback == ["recipe: steps must be between 1 and 5000, got 0"]
