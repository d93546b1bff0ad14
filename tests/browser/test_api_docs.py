"""The documentation of the API in a browser, under the server's Content-Security-Policy."""

from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_documentation_is_shown_and_tries_a_request(page: Any, address: str) -> None:
    page.goto(f"{address}/api/v1/docs")
    page.locator("#operations-Server-check_alive").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    playwright.expect(page.locator(".live-responses-table")).to_contain_text('"status": "ok"', timeout=15_000)
