"""The API of the real app with the real networks: its documentation in a browser, a picture in one call, and events."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from tests.nst_core.api.test_real_server import PATIENCE, PICTURES, told
from tests.nst_core.jobs.servers import until
from tests.serving import Server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


def test_the_documentation_is_shown_and_tries_a_request(page: Any, address: str) -> None:
    """Under the server's Content-Security-Policy."""
    page.goto(f"{address}/api/v1/docs")
    page.locator("#operations-Server-check_alive").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    playwright.expect(page.locator(".live-responses-table")).to_contain_text('"status": "ok"', timeout=15_000)


def test_a_picture_in_one_call_and_a_run_told_until_its_end(server: Server) -> None:
    """`tests/nst_core/api/test_real_server.py` has the end of a server in the middle of a run's events."""
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=PATIENCE, headers={"Accept-Encoding": "gzip"}) as client:
        until(lambda: client.get("/readyz").status_code == 200, PATIENCE)
        is_painted_in_one_call(client)
        is_told_until_its_end(client, server.url)


def is_painted_in_one_call(client: httpx.Client) -> None:
    painted = client.post("/stylize", data=PICTURES | {"recipe": '{"longest_edge_px": 96}'})
    if painted.status_code == 202:  # a crowded machine
        run = painted.headers["x-run-id"]
        with client.stream("GET", f"/runs/{run}/events") as answer:  # until its end
            answer.read()
        painted = client.get(f"/runs/{run}/picture")
    recipe = read_recipe(painted.content)
    assert recipe is not None
    assert recipe_from_json(recipe).method == "fast"


def is_told_until_its_end(client: httpx.Client, url: str) -> None:
    recipe = json.dumps({"longest_edge_px": 64, "steps": 6, "pyramid": "off", "snapshot_every": 2})
    submitted = client.post("/runs", data=PICTURES | {"recipe": recipe, "measure": "false"})
    assert submitted.status_code == 201, submitted.text
    run = submitted.json()["id"]
    with client.stream("GET", f"/runs/{run}/events") as answer:
        assert "content-encoding" not in answer.headers
        events = list(told(answer.iter_lines()))
    assert [data["step"] for name, data in events if name == "step"][-1] == 6
    assert events[-1][1]["state"] == "done"
    shown = [data["picture"] for name, data in events if name == "snapshot"]
    assert client.get(f"{url}{shown[-1]}").headers["content-type"] == "image/jpeg"
    film = client.get(f"/runs/{run}/timelapse")
    assert film.content[4:8] == b"ftyp"
