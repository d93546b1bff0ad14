"""The documentation page comes from this server alone, and obeys its Content-Security-Policy."""

from __future__ import annotations

import re

from tests.nst_core.api.servers import Api, problem


def test_all_that_the_page_loads_is_served_here(api: Api) -> None:
    page = api.client.get("/docs")
    found = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(found) == 3
    for address in found:
        answer = api.client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].startswith("text/css" if address.endswith("css") else "text/javascript")
    assert not re.search(r"<script>|style=|\son\w+=|https?:", page.text)


def test_other_files_are_not_served(api: Api) -> None:
    problem(api.client.get("/docs/redoc.standalone.js"), 422, "request")
