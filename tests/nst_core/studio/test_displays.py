"""The displays of a run: chosen by the program's environment.

The live view draws rarely, sends little, and fits every front end.
"""

import re
import sys
import time
from base64 import b64decode
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.picture.upload import Picture
from nst_core.runs.curve import CurvePoint
from nst_core.step import Step
from nst_core.studio import displays, live, paint
from nst_core.studio.live import LiveView
from tests.nst_core.studio.conftest import SMALL


class Handles:
    """The outputs of a notebook's front end: the last bundle of each output, and the number of updates."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.sent = 0
        self.types: list[list[str]] = []

    def display(self, bundle: Any, raw: bool, display_id: bool) -> Any:
        index = len(self.shown)
        self.shown.append(bundle)
        self.sent += 1

        def update(bundle: Any, raw: bool) -> None:
            self.shown[index] = bundle
            self.sent += 1
            self.types[index].append(next(iter(bundle)))

        self.types.append([next(iter(bundle))])
        return SimpleNamespace(update=update)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Handles:
    """Make the process look like the kernel of a notebook."""
    handles = Handles()
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=handles.display))
    return handles


def test_a_notebook_has_the_live_view_a_terminal_the_bar_and_a_pipe_nothing(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    assert isinstance(displays.choose("auto"), displays.Bar)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: False))
    assert isinstance(displays.choose("auto"), displays.Silence)
    request.getfixturevalue("notebook")
    assert isinstance(displays.choose("auto"), LiveView)


@pytest.mark.usefixtures("toy_engine")
def test_the_live_view_ends_with_the_result_and_the_whole_curve(
    notebook: Handles, photo: Picture, painting: Picture
) -> None:
    result = paint(photo, painting, **{**SMALL, "display": "auto"})
    picture, curve = notebook.shown
    assert result.summary() in picture["text/html"]
    (data,) = re.findall(r"base64,([^\"]+)", picture["text/html"])
    seen = np.asarray(Image.open(BytesIO(b64decode(data))), int)
    assert np.abs(seen - np.asarray(result.picture, int)).mean() < 16
    total = curve["application/vnd.plotly.v1+json"]["data"][0]
    assert total["x"] == [0, 1, 2, 3, 4]
    assert "Plotly.newPlot" in curve["text/html"]


def test_a_figure_never_follows_a_figure_directly(notebook: Handles, noise: Any) -> None:
    """JupyterLab's Plotly extension ignores the second of two figures that follow each other in one output."""
    view, curve = LiveView(), [CurvePoint(0, 0.0, {"total": 1.0})]
    for number in range(3):
        view._due = 0.0
        view.update(Step(number, 9, 64, 0.0, {"total": 1.0}, noise(32, 32)), curve)
    figure = "application/vnd.plotly.v1+json"
    assert notebook.types[1] == [figure, "text/html", figure, "text/html", figure]


@pytest.mark.usefixtures("found", "painter")
def test_the_fast_method_has_a_picture_and_no_empty_curve(notebook: Handles, photo: Picture, painting: Picture) -> None:
    paint(photo, painting, **{**SMALL, "method": "fast", "display": "live"})
    assert len(notebook.shown) == 1


def test_it_draws_at_most_twice_a_second_and_small(notebook: Handles, noise: Any) -> None:
    view = LiveView()
    picture = noise(700, 1000)
    curve = [CurvePoint(n, n / 10, {"total": 1.0 / (n + 1), "style": 0.5, "content": 0.5}) for n in range(2000)]
    for number in range(50):
        view.update(Step(number, 2000, 1000, 0.0, {"total": 1.0}, picture), curve)
    assert view.updates == 1
    html, figure = notebook.shown
    (data,) = re.findall(r"base64,([^\"]+)", html["text/html"])
    assert max(Image.open(BytesIO(b64decode(data))).size) == 384
    assert len(str(figure)) < 100_000


def test_slow_drawing_is_done_less_often(notebook: Handles, noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    original = live.figure_bundle

    def slow(figure: Any) -> Any:
        clock[0] += 0.1
        return original(figure)

    monkeypatch.setattr(live, "figure_bundle", slow)
    view, curve = LiveView(), [CurvePoint(0, 0.0, {"total": 1.0})]
    for number in range(100):
        view.update(Step(number, 100, 64, 0.0, {"total": 1.0}, noise(32, 32)), curve)
        clock[0] += 0.6
    assert view.seconds <= live.LARGEST_SHARE * (clock[0] - 100.0) + 1.0
    assert view.updates >= 3


def test_between_snapshots_the_last_picture_stays(notebook: Handles, noise: Any) -> None:
    html = live.progress_html(Step(3, 9, 64, 1.5, {"total": 2.0}, notes=("a <note>",)), noise(32, 32))
    assert 'progress value="3" max="9"' in html
    assert "step 3 of 9 · 64 px · 1.5 s · loss 2" in html
    assert "a &lt;note&gt;" in html
    view = LiveView()
    view.update(Step(0, 9, 64, 0.0, {}), [])
    assert notebook.sent == 0  # nothing to show before the first picture


def test_the_bar_shows_step_and_loss(capsys: pytest.CaptureFixture[str]) -> None:
    bar = displays.Bar()
    bar.update(Step(3, 9, 64, 0.0, {"total": 2.5}), ())
    bar.end(SimpleNamespace(notes=("a note",)))  # type: ignore[arg-type]
    written = capsys.readouterr().err
    assert "3/9" in written
    assert "loss 2.5" in written
    assert "note: a note" in written
