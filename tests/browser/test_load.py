"""Visitors without a browser use the real app at once: all are served, without an error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nst_core.bench.app import load, load_visitor
from nst_core.bench.app.browser import App
from tests.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


@pytest.mark.usefixtures("finished")  # so that the networks are loaded
def test_three_visitors_browse_and_paint_without_an_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_visitor, "THINK_SECONDS", (0.1, 0.4))
    monkeypatch.setattr(load_visitor, "PAINT_SHARE", 1.0)
    monkeypatch.setattr(load_visitor, "STOPPED_SHARE", 0.0)
    with ThreadPoolExecutor(1) as pool:  # the browser's event loop runs in this thread
        report = pool.submit(load.measure, App(server.url, server.pid, server.data), 3, 0.05, 1).result()
    assert report["error_count"] == 0, report["errors"]
    counts = {row["wait"]: row["count"] for row in report["load"]}
    assert set(counts) >= {"opening", "switch", "start"}
    assert report["fairness"]["painters"] == 1, "visitor 0 paints, and was served"
    assert report["runs_per_minute"] > 0
    assert report["memory"]["most_mb"] > 50
    assert "Errors: 0." in load.table(report)
