"""The API under `serve.py` with the real networks: the events of a run while it paints, until the server ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

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
    recipe = json.dumps(
        {"longest_edge_px": 64, "steps": steps, "pyramid": "off", "snapshot_every": 2, "convolutions": "direct"}
    )
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


def test_the_end_of_the_server_ends_the_events_of_a_run_in_order(server: Server) -> None:
    """`tests/browser/test_api.py` has a picture in one call, and a run told until its own end."""
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=PATIENCE, headers={"Accept-Encoding": "gzip"}) as client:
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
