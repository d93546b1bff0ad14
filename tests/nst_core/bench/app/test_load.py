"""Many visitors at once: the report's arithmetic, and its bounds; `tests/browser/test_load.py` lets visitors in."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from nst_core.bench.app import load, load_visitor
from nst_core.bench.app.load_tab import Records
from nst_core.errors import RecipeError

REPORT = {
    "load": [{"wait": "opening", "seconds": {"median": 0.2, "p95": 0.4, "most": 0.5}, "count": 9, "visitors": 3}],
    "errors": ["/fast: ValueError: no"],
    "error_count": 1,
    "memory": {"least_mb": 200.0, "most_mb": 310.0, "slope_mb_per_minute": 1.5},
    "fairness": {"painters": 4, "median_seconds": 8.0, "most_ratio": 1.75},
    "runs_per_minute": 12.5,
    "refusals": 7,
    "processor": {"web": 0.8, "client": 0.25, "client_late_p95": 0.004},
}


@pytest.mark.parametrize(
    ("count", "percent", "value"), [(100, 95, 95), (20, 95, 19), (1, 95, 1), (3, 50, 2), (0, 95, 0)]
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(count: int, percent: float, value: float) -> None:
    assert load.percentile([float(n) for n in range(count, 0, -1)], percent) == value


def test_each_kind_of_wait_that_occurred_has_a_row() -> None:
    (switch, start) = load.waits({"start": [2.0], "switch": [0.1] * 19 + [1.0], "interaction": []})
    assert (switch["wait"], switch["seconds"], switch["count"]) == (
        "switch",
        {"median": 0.1, "p95": 0.1, "most": 1.0},
        20,
    )
    assert (start["wait"], start["count"]) == ("start", 1)


def test_the_slope_of_memory_is_that_of_the_later_half() -> None:
    filling = [(float(at), 100.0 + at) for at in range(60)]
    full = [(float(at), 160.0 + (at - 60) / 30) for at in range(60, 121)]
    report = load.memory_report([*filling, *full])
    assert report == {"least_mb": 100.0, "most_mb": 162.0, "slope_mb_per_minute": 2.0}
    assert load.memory_report([(0.0, 5.0)])["slope_mb_per_minute"] == 0


def test_fairness_compares_each_painters_mean_wait_with_the_median_painter() -> None:
    served = {0: [2.0, 4.0], 4: [3.0], 8: [9.0], 12: []}
    assert load.fairness(served) == {"painters": 3, "median_seconds": 3.0, "most_ratio": 3.0}
    assert load.fairness({}) == {"painters": 0, "median_seconds": 0.0, "most_ratio": 0.0}


def test_the_table_has_each_wait_and_all_that_the_waits_do_not_say() -> None:
    text = load.table(REPORT)
    assert f"{load.WAITS['opening']} | 0.20, 0.40, 0.50 | 9" in text
    for said in ("Errors: 1", "12.5 a minute", "310 MB", "+1.50 MB", "1.75 times", "25 % of a core.", "ValueError"):
        assert said in text
    busy = REPORT | {"processor": {"web": 0.8, "client": 0.9, "client_late_p95": 0.3}}
    assert "may have delayed what it measured" in load.table(busy)


@pytest.mark.parametrize(("visitors", "minutes"), [(0, 1.0), (201, 1.0), (5, 0.0), (5, 61.0), (5, float("nan"))])
def test_the_crowd_is_bounded_in_number_and_time(visitors: int, minutes: float) -> None:
    with pytest.raises(RecipeError, match="must be"):
        load.run(visitors, minutes)


class FoldedPage:
    """The page Slow with a run on view, as a tab has it: the inputs appear once they are unfolded, then a result."""

    was_refused = False

    def __init__(self) -> None:
        self.page, self.tab, self.pressed = "slow", self, list[str]()
        self.widgets = {"strip_button_slow": self._button("strip_button_slow")}

    def go(self, page: str, query: str) -> str:
        return f"{page}?{query}"

    def press(self, button: Any) -> str:
        self.pressed.append(button.id)
        key = {"strip_button_slow": "slow_start", "slow_start": "get_PNG_1"}[button.id]
        self.widgets[key] = self._button(key)
        return str(button.id)

    async def ask(self, request: str) -> float:
        return 0.0

    @staticmethod
    def _button(key: str) -> Any:
        return SimpleNamespace(id=key, kind="button", message=SimpleNamespace(disabled=False))


def test_a_visitor_unfolds_the_inputs_that_lie_behind_a_run_and_paints_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_visitor, "THINK_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(load_visitor, "SERVED_SECONDS", 1.0)
    records, page = Records(), FoldedPage()
    visitor = load_visitor.Visitor("http://127.0.0.1:1", 0, records, seed=0, paints=True)
    asyncio.run(visitor._paint(page, "slow"))  # type: ignore[arg-type]
    assert page.pressed == ["strip_button_slow", "slow_start"]
    assert (records.errors, len(records.seconds["start"])) == ([], 1)
