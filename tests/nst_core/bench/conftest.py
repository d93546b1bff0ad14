"""Fixtures of the benchmarks."""

import pytest

from nst_core.bench.app import browser
from nst_core.errors import ToolError
from tests.required import missing


@pytest.fixture
def chromium() -> None:
    """Skips, with the reason, where there is no browser to measure with; fails where one is required."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    try:
        browser.executable()
    except ToolError as error:
        missing("BROWSER", str(error))
