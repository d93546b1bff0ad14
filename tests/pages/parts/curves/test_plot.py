"""The chart that is mounted once: the data that it receives, and the address of its script."""

from __future__ import annotations

import gzip
import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.curves import charts, plot
from pages.parts.curves.series import ChartOptions
from tests.pages.fake_service import points


def unpacked(text: str) -> dict[str, list[dict[str, list[float]]]]:
    """As the page's script does it."""
    told = json.loads(text)
    for trace in told["data"]:
        for name in ("x", "y", "customdata"):
            if name in trace:
                trace[name] = told["columns"][trace[name]]
    return {"data": told["data"], "layout": told["layout"]}


@pytest.mark.parametrize("smoothing", [0.0, 0.9])
def test_what_travels_is_the_figure_to_six_digits(smoothing: float) -> None:
    figure = charts.loss_curves(
        points(700),
        total_steps=900,
        options=ChartOptions(smoothing=smoothing),
        reference_losses={"fast": {"total": 25.0}},
        picked=7,
    )
    arrived = unpacked(plot.packed(figure))
    assert arrived["layout"] == json.loads(json.dumps(figure["layout"]))
    for sent, trace in zip(figure["data"], arrived["data"], strict=True):
        assert trace["x"] == pytest.approx(sent["x"], rel=1e-5)
        assert [value is None for value in trace["y"]] == [value is None for value in sent["y"]]
        known = [value for value in sent["y"] if value is not None]
        assert [value for value in trace["y"] if value is not None] == pytest.approx(known, rel=1e-5)


def test_what_is_no_number_arrives_as_a_gap() -> None:
    column = [1, 2.5, None, float("nan"), float("inf"), 1e-12, 1e300]
    (trace,) = unpacked(plot.packed({"data": [{"y": column}], "layout": {}}))["data"]
    assert trace["y"] == [1, 2.5, None, None, None, 1e-12, 1e300]


def test_a_long_run_travels_in_little() -> None:
    lengths = [len(plot.packed(charts.loss_curves(points(count), total_steps=5000))) for count in (600, 1000, 5000)]
    assert max(lengths) < 40_000, "bytes, twice a second"


def test_the_script_is_plotlys_own_and_the_same_at_each_start() -> None:
    packed = plot.script()
    script = gzip.decompress(packed)
    assert b"window.Plotly" in script
    assert packed == gzip.compress(script, 6, mtime=0)
    assert len(packed) < 2e6


@pytest.mark.parametrize("can_pick", [True, False])
def test_a_chart_tells_its_page_what_it_shows_and_whether_it_can_be_clicked(can_pick: bool) -> None:
    def page(can_pick: bool) -> None:
        from pages.parts.curves import plot

        plot.chart(
            {"data": [], "layout": {"height": 100}}, key="c", alt="Nothing yet", on_pick=print if can_pick else None
        )

    app = AppTest.from_function(page, args=(can_pick,)).run()
    assert not app.exception
    (chart,) = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    assert (chart["alt"], chart["pick"]) == ("Nothing yet", can_pick)
    assert chart["library"].startswith("/")
