"""The panel "Paint on this device": the data for the browser, and the moment when it is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.export.manifest import ExportedFile, Manifest, Tensor
from nst_core.export.slow_layout import SHAPES, inputs
from nst_core.recipe import make
from nst_core.server.device_files import DeviceFile
from pages.parts.curves import series
from pages.parts.device import files, painting
from pages.parts.device.files import DeviceFiles
from pages.parts.device.painting import SlowFiles
from tests.pages.conftest import Open, words

WEIGHTS = "slow_weights_codebook.bin"
PROMISE = "a picture that you open here stays on this device"


def listed(name: str, part: Any, shape: tuple[int, int] | None) -> ExportedFile:
    tensors = inputs(*shape) if shape else {}
    return ExportedFile(
        file=name,
        part=part,
        size_px=max(shape) if shape else 0,
        precision="float32" if shape else "codebook",
        bytes=13_000_000,
        sha256="0" * 64,
        inputs=tuple(Tensor(name=n, shape=s, dtype="float32") for n, s in tensors.items()),
        outputs=(),
        licence="MIT",
    )


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> DeviceFiles:
    """The files of an export, whose addresses are their names."""
    graphs = [listed(f"slow_objective_{w}x{h}.tflite", "slow_objective", (w, h)) for w, h in SHAPES]
    exported = (*graphs, listed(WEIGHTS, "slow_weights", None))
    names = (*(file.file for file in exported), "style_predict_float16.tflite", "litert_wasm_internal.js")
    monkeypatch.setattr(files, "address", lambda file: f"https://nst.example/device/{file.name}")
    on_disk = {name: DeviceFile(name, "0" * 64, Path(name)) for name in names}
    return DeviceFiles(Manifest(made_with={}, source={}, files=exported), on_disk)


def test_the_browser_gets_the_slow_methods_files_alone(found: DeviceFiles) -> None:
    slow = SlowFiles.of(found)
    assert slow.weights == WEIGHTS
    assert slow.graphs["slow_objective_128x96.tflite"] == (128, 96)  # wide
    assert "slow_objective_64x64.tflite" not in slow.graphs
    assert set(slow.addresses) == {WEIGHTS, "litert_wasm_internal.js", *slow.graphs}
    edges = {max(size) for size in slow.graphs.values()}
    assert edges == {128, 192, 256}


def test_the_figures_are_those_of_the_servers_curves() -> None:
    sets = painting.curve_sets()
    terms, layers = sets["terms"], sets["layers"]
    assert [trace["name"] for trace in terms["figure"]["data"]] == [title for title, *_ in series.TERMS.values()]
    assert [trace["name"] for trace in layers["figure"]["data"]] == [f"block{b}_conv1" for b in range(1, 6)]
    for curves in sets.values():
        assert len(curves["terms"]) == len(curves["figure"]["data"])
        assert curves["figure"]["layout"]["xaxis"]["title"]["text"] == "Step"
    json.dumps(sets)


def test_the_panel_is_mounted_once_it_was_opened(
    open_page: Open, found: DeviceFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def prepared(key: str) -> DeviceFiles:
        asked.append(key)
        return found

    monkeypatch.setattr(files, "prepared", prepared)
    mounted: list[dict[str, Any]] = []
    monkeypatch.setattr(painting, "_component", lambda key, data: mounted.append(data))
    app = open_page("slow")
    assert PROMISE not in words(app)
    assert not asked
    app.session_state["device_painting"] = True  # AppTest cannot open an expander
    app.run()
    assert PROMISE in words(app)
    assert mounted[-1]["content"]["src"].startswith("data:image/webp")
    assert mounted[-1]["settings"]["contentWeight"] == make("painterly").objective.content_weight
    assert any("one size instead of a pyramid" in caption.value for caption in app.caption)
