"""The first screen: a finished example with its curves, and the tour."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.app.session_values import PAINTED
from pages.parts.curves.reference_losses import first_below
from pages.parts.studio import examples, tour
from tests.pages.conftest import Open, words

TOLD: dict[str, Any] = json.loads((examples.FOLDER / "curve.json").read_text())


def charts(app: AppTest) -> list[Any]:
    """The mounted components that are charts."""
    return [element for element in app.get("bidi_component") if "nst_plot" in element.proto.component_name]


def test_the_examples_curve_is_whole_and_passes_the_fast_result() -> None:
    found = examples.curves()
    assert found is not None
    assert set(found.losses) >= {"total", "content", "style", "variation"}
    points = found.points()
    assert [point.step for point in points] == TOLD["number"]
    assert all(a.seconds < b.seconds for a, b in pairwise(points))
    assert points[-1].losses["total"] < points[0].losses["total"]
    assert first_below(points, found.reference_losses["fast"]["total"]) is not None


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder in place of the example's."""
    cached = (examples.example, examples.curves)
    monkeypatch.setattr(examples, "FOLDER", tmp_path)
    for one in cached:
        one.cache_clear()
    yield tmp_path
    for one in cached:
        one.cache_clear()


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        json.dumps({"number": [1]}),
        json.dumps(TOLD | {"seconds": TOLD["seconds"][:-1]}),
        json.dumps(TOLD | {"fast": {"seconds": 1.0}}),
        json.dumps(TOLD | {"losses": {"content": TOLD["losses"]["content"]}}),
    ],
)
def test_a_damaged_curve_is_left_out(folder: Path, damage: str, open_page: Open) -> None:
    (folder / "curve.json").write_text(damage)
    assert examples.curves() is None
    assert not charts(open_page("studio").run())


def test_the_first_paint_does_not_wait_for_the_curves(open_page: Open) -> None:
    app = open_page("about")
    app.session_state[PAINTED.key("example")] = True
    del app.session_state[PAINTED.key("example")]
    app.switch_page("pages/studio.py").run()
    assert not charts(app)
    app.run()
    assert len(charts(app)) == 1
    assert not app.exception


def test_the_tour_is_closed_until_asked_for_and_walked_to_its_end(open_page: Open) -> None:
    app = open_page("studio")
    assert "of 5" not in words(app)
    app.button(key="tour").click().run()
    for number, stop in enumerate(tour.STEPS, 1):
        assert f"{number} of {len(tour.STEPS)}" in words(app)
        assert stop.title in words(app)
        app.run()  # such as when the networks become ready
        assert stop.title in words(app)
        app.button(key="tour_next" if number < len(tour.STEPS) else "tour_done").click().run()
    assert tour.STEPS[-1].title not in words(app)
    app.run()
    assert tour.STEPS[-1].title not in words(app)


def test_the_sketch_lies_inside_its_frame() -> None:
    found = examples.curves()
    assert found is not None
    drawn = tour.sketch(found, 100, 60)
    spots = [tuple(map(float, spot.split(","))) for spot in re.findall(r"[\d.-]+,[\d.-]+", drawn)]
    assert len(spots) == len(found.number)
    assert all(0 <= x <= 100 and 0 <= y <= 60 for x, y in spots)
    assert spots[0][1] < spots[-1][1]  # downwards


@pytest.mark.parametrize("stop", tour.STEPS, ids=lambda stop: stop.title)
def test_each_stop_has_a_picture_with_words(stop: tour.TourStep) -> None:
    pictures = re.findall(r"<img[^>]*>", stop.picture())
    assert pictures
    assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures)
