"""The measurement of pages: the arithmetic, the messages where tools are missing, and a small real measurement."""

import ast
import sys
from typing import Any

import pytest

from nst_core.bench.app import browser, pages
from nst_core.bench.report.tools import slope
from nst_core.cli.main import main
from nst_core.errors import ToolError

ROW = {"cold_seconds": {"median": 1.5, "most": 2.25}, "switch_seconds": {"median": 0.25, "most": 0.5}}


@pytest.mark.parametrize("growth", [0.0, 2.5, -1.0])
def test_the_slope_is_that_of_the_later_half(growth: float) -> None:
    memory = {views: 150 + growth * views / 100 for views in range(100, 201, 20)}
    filling = {views: 10 * views for views in range(20, 100, 20)}
    assert slope(filling | memory) == pytest.approx(growth, abs=1e-9)


def test_one_sample_has_no_slope() -> None:
    assert slope({200: 150.0}) == 0


def test_the_table_names_each_page_and_each_error() -> None:
    rows = [{"page": name, **ROW} for name in pages.PAGES]
    report = {"pages": rows, "rss_mb": {"20": 120.0, "200": 130.0}, "slope_mb_per_100_views": 1.25, "errors": ["oh no"]}
    shown = pages.table(report)
    assert all(f"{name} | 1.50, 2.25 | 0.25, 0.50" in shown for name in pages.PAGES)
    assert "130 MB after 200" in shown
    assert shown.endswith("errors in the browser: 1\noh no")


def test_every_page_of_the_menu_is_measured() -> None:
    calls = [node for node in ast.walk(ast.parse((browser.ROOT / "app.py").read_text())) if isinstance(node, ast.Call)]
    declared = [
        {word.arg: ast.literal_eval(word.value) for word in c.keywords if word.arg} for c in calls if is_page(c)
    ]
    in_menu = {page["title"]: page.get("url_path", "") for page in declared if "visibility" not in page}
    assert in_menu == {name: path for name, (path, _) in pages.PAGES.items()}


def is_page(call: Any) -> Any:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "Page"


@pytest.mark.parametrize("named", ["no-such-browser", "/nowhere/chromium"])
def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("CHROMIUM", named)
    with pytest.raises(ToolError, match=rf"needs Chromium, got no {named} .*CHROMIUM"):
        browser.executable()


def test_without_any_browser_the_error_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="chromium or chromium-browser"):
        browser.executable()


def test_missing_playwright_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "true")  # any program: it is not started
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(ToolError, match="needs Playwright"), browser.chromium():
        pass


def test_the_command_names_the_missing_tool(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert main(["bench", "pages"]) == 2
    assert capsys.readouterr().err.startswith("tool: measuring pages needs Chromium")


@pytest.mark.browser
@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_two_pages_are_measured_in_a_real_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", {name: pages.PAGES[name] for name in ("Studio", "About")})
    report = pages.run(cold_rounds=1, switch_rounds=1, views=(2, 4))
    assert [row["page"] for row in report["pages"]] == ["Studio", "About"]
    for row in report["pages"]:
        assert all(0 < row[what]["median"] <= row[what]["most"] < 30 for what in ("cold_seconds", "switch_seconds"))
    assert all(20 < mb < 500 for mb in report["rss_mb"].values())
    assert report["errors"] == []
