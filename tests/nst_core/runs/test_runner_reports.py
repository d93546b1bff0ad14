"""The prepared recipe and the report of a run; no network is needed."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nst_core import __version__
from nst_core.models import device, stylisation, vgg
from nst_core.recipe import change, make
from nst_core.runs import runner, usage
from tests.nst_core.runs.recorders import CONTENT, CROPS, METHODS, PAINTED, RAW, VIVID, cropped_styles, step


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Networks that note that they were loaded, and a device."""
    loaded = []

    def load_vgg(network: Any, dtype: str = "float32") -> Any:
        loaded.append((network, dtype))
        return SimpleNamespace(found=SimpleNamespace(sha256="a" * 64, unusable=()))

    def load_magenta() -> Any:
        loaded.append(("magenta",))
        return SimpleNamespace(found=SimpleNamespace(sha256="b" * 64, unusable=()))

    monkeypatch.setattr(vgg, "load", load_vgg)
    monkeypatch.setattr(stylisation, "load", load_magenta)
    monkeypatch.setattr(device, "device", lambda: device.Device("/CPU:0", "Abacus", "it was there"))
    monkeypatch.setattr(device, "precision", lambda wanted: "bfloat16" if wanted == "auto" else wanted)
    monkeypatch.setattr(device, "memory_mb", lambda: 3400)
    return loaded


@pytest.mark.parametrize(
    ("settings", "loaded", "hashes"),
    [
        ({}, [("vgg19", "bfloat16")], {"vgg19": "a" * 64}),
        ({"network": "vgg16", "precision": "float32"}, [("vgg16", "float32")], {"vgg16": "a" * 64}),
        ({"method": "fast"}, [("magenta",)], {"magenta": "b" * 64}),
        ({"method": "balanced"}, [("magenta",), ("vgg19", "bfloat16")], {"magenta": "b" * 64, "vgg19": "a" * 64}),
        ({"method": "balanced", "start": "own"}, [("vgg19", "bfloat16")], {"vgg19": "a" * 64}),
        ({"start": "fast"}, [("magenta",), ("vgg19", "bfloat16")], {"magenta": "b" * 64, "vgg19": "a" * 64}),
    ],
)
def test_prepare_loads_what_is_needed_and_writes_it_down(machine: Any, settings: Any, loaded: Any, hashes: Any) -> None:
    recipe = make(settings=settings)
    ready = runner.prepare(recipe)
    assert machine == loaded
    assert ready.provenance.weights == hashes
    assert (ready.provenance.version, ready.provenance.device) == (__version__, "Abacus")
    assert change(ready, {"provenance": {}, "precision": recipe.precision, "memory_mb": recipe.memory_mb}) == recipe


def test_prepare_settles_an_automatic_precision(machine: Any) -> None:
    ready = runner.prepare(make())
    assert ready.precision == "bfloat16"
    assert runner.prepare(ready) == ready
    assert runner.prepare(make(settings={"precision": "float32"})).precision == "float32"


@pytest.mark.parametrize(("settings", "settled"), [({}, 3400), ({"memory_mb": 1200}, 1200), ({"method": "fast"}, None)])
def test_prepare_settles_the_memory_that_strips_are_cut_for(machine: Any, settings: Any, settled: Any) -> None:
    assert runner.prepare(make(settings=settings)).memory_mb == settled


def test_picture_of_a_step() -> None:
    kept = {"shown": PAINTED}
    assert runner.result_picture(step(picture=RAW, state=lambda: kept), CONTENT, make()) is RAW
    assert runner.result_picture(step(state=lambda: kept), CONTENT, make()) is PAINTED


def test_a_finished_picture_is_not_finished_twice() -> None:
    recipe = make(settings={"colour_preservation": 0.5})
    assert runner.result_picture(step(picture=RAW), VIVID, recipe) is RAW


@pytest.mark.parametrize("nothing", [None, step()])
def test_no_picture_is_an_error(nothing: Any) -> None:
    with pytest.raises(ValueError, match="no picture"):
        runner.result_picture(nothing, CONTENT, make())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cells", [1, 3])
def test_a_result_keeps_the_contents_alpha_unless_it_is_a_sheet(method: Any, cells: int) -> None:
    alpha = np.eye(4, dtype=np.uint8)
    kept = runner.result_alpha(alpha, make(settings={"method": method, "style_grid_size": cells}))
    assert kept is (None if (method, cells) == ("fast", 3) else alpha)


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
def test_a_report_is_plain_json_and_complete(noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from nst_core.metrics import yardstick

    monkeypatch.setattr(yardstick, "wasserstein2", lambda a, b: 0.0)  # seconds of eigenvalues, tested elsewhere
    recipe = make(
        settings={"styles": [{"sha256": "0" * 64, "weight": 2.0}], "provenance": {"weights": {"vgg19": "a" * 64}}}
    )
    clock = usage.RunTimer()
    clock.tick(step(0, 1.5))
    report = runner.report(noise(40, 60), [noise(30, 30, 1)], recipe, noise(32, 48, 2), clock)
    assert json.loads(json.dumps(report)) == report
    assert set(report) >= {"method", "size", "seconds", "peak_rss_mb", "weights", "recipe", "measures"}
    assert (report["method"], report["size"], report["seconds"]["run"]) == ("slow", [48, 32], 1.5)
    assert report["recipe"] == json.loads(recipe.to_json())
    assert report["weights"] == {"vgg19": "a" * 64}


def test_a_report_measures_against_the_framed_styles(noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from nst_core.metrics import yardstick

    given = []
    monkeypatch.setattr(yardstick, "measure", lambda *args: given.append(args) or {})
    originals, recipe, parts = cropped_styles(CROPS)
    runner.report(noise(40, 60), originals, recipe, noise(32, 48, 2), usage.RunTimer())
    ((_, _, styles, shares, kept),) = given
    assert kept is None  # nothing is kept for further results
    assert all(np.array_equal(style, part) for style, part in zip(styles, parts, strict=True))
    assert shares == [1.0, 1.0, 1.0]


def test_a_sheet_is_not_measured(noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from nst_core.metrics import yardstick

    monkeypatch.setattr(yardstick, "measure", lambda *_: pytest.fail("a sheet was measured"))
    originals, recipe, _ = cropped_styles(CROPS, method="fast", style_grid_size=3)
    report = runner.report(noise(40, 60), originals, recipe, noise(32, 48, 2), usage.RunTimer())
    assert "measures" not in report
    assert report["size"] == [48, 32]
