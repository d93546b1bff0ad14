"""The real server and worker in the memory of the smallest host, with both networks loaded.

Where this user may make such a group, the system limits them to that memory, and kills what exceeds it. Elsewhere only
their memory is measured.
"""

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

from nst_core.system.host_profile import LEAST_MB, PROFILES
from tests.memory_groups import MemoryGroup, memory_group
from tests.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.weights]
HOST_MB = LEAST_MB
FILES_MB = 100
"""Memory that must be left for program code in use: with less, it would be read from the disk again and again."""
WATCH_SECONDS = 0.5
"""A step at the largest size takes longer, and each look at all processes takes a hundredth of a second."""


@pytest.fixture
def group() -> Iterator[MemoryGroup | None]:
    with memory_group(HOST_MB) as group:
        yield group


@pytest.fixture
def server(tmp_path: Path, group: MemoryGroup | None) -> Iterator[Server]:
    stated = {} if group else {"NST_MEMORY_MB": str(HOST_MB)}
    server = Server("serve.py", tmp_path / "log", NST_DATA_DIR=str(tmp_path / "data"), **stated)
    server.wrapper = group.wrapper if group else ()
    server.start()
    yield server
    server.end()


def held_mb(pid: int) -> float:
    """Memory of a process and its descendants that the system cannot take back, in MB."""
    total = 0.0
    server = psutil.Process(pid)
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.Error):
            held = process.memory_info()
            total += (held.rss - held.shared) / 1e6
    return total


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """The process's memory every WATCH_SECONDS within the context."""
    seen, is_over = [held_mb(pid)], threading.Event()

    def watch() -> None:
        while not is_over.wait(WATCH_SECONDS):
            seen.append(held_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def submit(api: httpx.Client, **settings: object) -> httpx.Response:
    """Ask for a run; a slow one is measured, for which the network is there anyway."""
    measured = str("method" not in settings)
    form = {
        "content_id": "astronaut",
        "style_id": "night-swirls",
        "recipe": json.dumps(settings),
        "measure": measured.lower(),
    }
    return api.post("/runs", data=form)


def paint(api: httpx.Client, **settings: object) -> str:
    """The state in which a run ends."""
    answer = submit(api, **settings)
    assert answer.status_code == 201, answer.text
    run = answer.json()
    until = time.monotonic() + 240
    while run["state"] not in ("done", "failed", "stopped"):
        assert time.monotonic() < until
        time.sleep(0.3)
        run = api.get(f"/runs/{run['id']}").json()
    return str(run["state"])


def test_the_largest_runs_of_each_method_fit_into_the_smallest_host(server: Server, group: MemoryGroup | None) -> None:
    most = PROFILES[-1]
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=60) as api, watched(server.pid) as seen:
        assert paint(api, method="fast", longest_edge_px=most.fast_edge_px) == "done"
        workers = server.workers()
        assert paint(api, longest_edge_px=most.slow_edge_px, steps=2, first_steps=2) == "done"
        refused = submit(api, longest_edge_px=384, steps=2)
    assert refused.status_code == 422
    assert "must be at most 256 with method slow on this server" in refused.json()["detail"]
    assert server.workers() == workers  # none was killed and replaced
    assert group is None or group.killed == 0
    print(f"{max(seen):.0f} MB at most, in a group: {group is not None}")
    assert 500 < max(seen) < HOST_MB - FILES_MB
