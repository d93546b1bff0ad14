"""The API under `serve.py` with the real networks: a picture in one call, and the events of a run while it paints."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from tests.nst_core.jobs.servers import until
from tests.serving import Server

pytestmark = [pytest.mark.weights, pytest.mark.slow]
PICTURES = {"content_id": "chelsea", "style_id": "night-swirls"}
PATIENCE = 240.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server("serve.py", tmp_path / "log", NST_DATA_DIR=str(tmp_path / "data"))
    server.start()
    yield server
    server.end()
    assert "Traceback" not in server.log


def submitted(client: httpx.Client, steps: int) -> str:
    recipe = json.dumps({"longest_edge_px": 96, "steps": steps, "pyramid": "off", "snapshot_every": 2})
    answer = client.post("/runs", data=PICTURES | {"recipe": recipe, "measure": "false"})
    assert answer.status_code == 201, answer.text
    run: str = answer.json()["id"]
    return run


def told(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a stream."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def test_a_picture_in_one_call_and_a_run_told_until_its_end(server: Server) -> None:
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=PATIENCE, headers={"Accept-Encoding": "gzip"}) as client:
        until(lambda: client.get("/readyz").status_code == 200, PATIENCE)
        painted = client.post("/stylize", data=PICTURES | {"recipe": '{"longest_edge_px": 96}'})
        if painted.status_code == 202:  # a crowded machine
            run = painted.headers["x-run-id"]
            with client.stream("GET", f"/runs/{run}/events") as answer:  # until its end
                answer.read()
            painted = client.get(f"/runs/{run}/picture")
        recipe = read_recipe(painted.content)
        assert recipe is not None
        assert recipe_from_json(recipe).method == "fast"

        run = submitted(client, 6)
        with client.stream("GET", f"/runs/{run}/events") as answer:
            assert "content-encoding" not in answer.headers
            events = list(told(answer.iter_lines()))
        assert [data["step"] for name, data in events if name == "step"][-1] == 6
        assert events[-1][1]["state"] == "done"
        shown = [data["picture"] for name, data in events if name == "snapshot"]
        assert client.get(f"{server.url}{shown[-1]}").headers["content-type"] == "image/jpeg"
        film = client.get(f"/runs/{run}/timelapse")
        assert film.content[4:8] == b"ftyp"

        endless = submitted(client, 5000)
        ends = threading.Event()

        def listen() -> None:
            with client.stream("GET", f"/runs/{endless}/events") as answer:
                for name, _ in told(answer.iter_lines()):
                    if name == "step":
                        begun.set()
            ends.set()

        begun = threading.Event()
        threading.Thread(target=listen, daemon=True).start()
        assert begun.wait(PATIENCE)
        server.terminate()
        asked = time.monotonic()
        assert ends.wait(9), "the end of the server must end the events in order"
        server.wait(12)
        assert time.monotonic() - asked < 10
