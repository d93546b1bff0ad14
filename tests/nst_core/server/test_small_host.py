"""The real server and worker on a small host: what they hold in memory together, with both networks loaded."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.weights]
HOST_MB = 1600
"""The smallest host that the hosting page recommends."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server("serve.py", tmp_path / "log", NST_DATA_DIR=str(tmp_path / "data"), NST_MEMORY_MB=str(HOST_MB))
    server.start()
    yield server
    server.end()


def held_mb(pid: int) -> float:
    """Memory of a process and its descendants, in MB; what several share counts once."""
    total = 0.0
    server = psutil.Process(pid)
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss / 1e6
    return total


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """What the process holds every 0.5 s while the context lasts."""
    seen, is_over = [held_mb(pid)], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.5):
            seen.append(held_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def paint(api: httpx.Client, **settings: object) -> str:
    """The state in which a run ends."""
    form = {"content_id": "astronaut", "style_id": "night-swirls", "measure": "false", "recipe": json.dumps(settings)}
    answer = api.post("/runs", data=form)
    assert answer.status_code == 201, answer.text
    run = answer.json()
    until = time.monotonic() + 240
    while run["state"] not in ("done", "failed", "stopped"):
        assert time.monotonic() < until
        time.sleep(0.3)
        run = api.get(f"/runs/{run['id']}").json()
    return str(run["state"])


def test_a_fast_picture_fits_into_the_memory_of_a_small_host(server: Server) -> None:
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=60) as api, watched(server.pid) as seen:
        assert paint(api, method="fast", longest_edge_px=512) == "done"
        refused = api.post(
            "/runs",
            data={
                "content_id": "astronaut",
                "style_id": "night-swirls",
                "recipe": json.dumps({"longest_edge_px": 1024, "steps": 2}),
            },
        )
    assert refused.status_code == 422
    assert "must be at most 768 with method slow on this server" in refused.json()["detail"]
    print(f"{max(seen):.0f} MB at most")
    assert 500 < max(seen) < HOST_MB
