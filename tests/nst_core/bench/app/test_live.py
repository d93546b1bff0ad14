"""The waiting times of visitors: the arithmetic, and a small real measurement."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nst_core.bench.app import live, watching
from nst_core.bench.app.headless_client import connected
from tests.nst_core.bench.app.test_watching import REPORT

ROWS = [{"wait": name, "seconds": {"median": 0.25, "most": 0.5}, "count": 3} for name in live.WAITS]


def test_a_point_is_displayed_by_the_first_drawing_that_includes_it() -> None:
    drawn = [(2, 10.0), (3, 11.0), (7, 12.0)]
    ended = {0: 9.0, 1: 9.5, 2: 9.75, 3: 10.5, 5: 11.5, 7: 11.75, 8: 13.0}
    assert live.display_delays(drawn, ended) == [1.0, 0.5, 0.25, 0.5, 0.5, 0.25]  # step 8 is not drawn yet


def test_without_drawings_there_are_no_delays() -> None:
    assert live.display_delays([], {0: 1.0}) == []


def test_the_table_names_each_wait_and_each_error() -> None:
    shown = live.table({"live": ROWS, "drawing": REPORT, "errors": ["oh no"]})
    assert all(f"{text} | 0.25, 0.50" in shown for text in live.WAITS.values())
    assert "\n".join(watching.table(REPORT)) in shown
    assert shown.endswith("errors in the browser: 1\noh no")


@pytest.mark.browser
@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_a_visitors_waits_are_measured_in_a_real_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = []

    @contextmanager
    def noted(address: Any) -> Iterator[Any]:
        with connected(address) as client:
            clients.append(client)
            yield client

    monkeypatch.setattr(watching, "connected", noted)
    monkeypatch.setattr(watching, "SETTLING_SECONDS", {"elsewhere": 0.25, "beside": 0.25})
    monkeypatch.setattr(watching, "PHASE_SECONDS", 2.0)
    monkeypatch.setattr(live, "WATCHING_PX", 64)  # several steps a phase on a slow machine too
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(live, "SLIDER_PX", 128)
    report = live.run(moves=2, runs=1, watched=2.0, pairs={"elsewhere": 1, "beside": 1})
    assert [row["wait"] for row in report["live"]] == list(live.WAITS)
    assert all(0 < row["seconds"]["median"] <= row["seconds"]["most"] < 60 for row in report["live"])
    counts = {row["wait"]: row["count"] for row in report["live"]}
    assert (counts["slider"], counts["first point"]) == (2, 1)
    assert counts["lag"] > 1
    assert list(report["drawing"]["step_seconds"]) == list(watching.WATCHING)
    assert all(seconds > 0 for seconds in report["drawing"]["step_seconds"].values())
    assert math.isfinite(report["drawing"]["web_share"])  # of a single pair: noise may hide so small a share
    assert [client.polls > 0 for client in clients] == [True], "the headless client was served"
    assert report["errors"] == []
