"""Several real processes load for the first time at once, with and without locks; some are killed on the way."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nst_core.models.weights import cache

pytestmark = pytest.mark.slow

LOADER = """
import sys
from dataclasses import replace
from nst_core.models.weights import NETWORKS, cache, find
address, md5, locks = sys.argv[1:]
if locks == "broken":
    cache.filelock.FileLock.acquire = lambda self, *a, **k: None
    cache.filelock.FileLock.release = lambda self, *a, **k: None
source = replace(NETWORKS["vgg19"].sources[0], address=address, hash="md5:" + md5)
NETWORKS["vgg19"] = replace(NETWORKS["vgg19"], sources=(source,))
found = find("vgg19")
print(found.sha256, found.path, found.cached)
"""
BODY = os.urandom(300_000)


@pytest.fixture
def slow_server(server: Any) -> Any:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        for start in range(0, len(BODY), 30_000):
            handler.wfile.write(BODY[start : start + 30_000])
            time.sleep(0.03)

    server.routes["/w.h5"] = answer
    return server


def start(server: Any, locks: Any) -> Any:
    command = [sys.executable, "-c", LOADER, f"{server.address}/w.h5", hashlib.md5(BODY).hexdigest(), locks]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("locks", ["working", "broken"])
def test_a_concurrent_first_load_gives_everybody_the_right_file(slow_server: Any, tmp_path: Path, locks: str) -> None:
    processes = [start(slow_server, locks) for _ in range(3)]
    answers = [process.communicate(timeout=30) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    expected = hashlib.sha256(BODY).hexdigest()
    assert {out.split()[0] for out, _ in answers} == {expected}
    assert len({out.split()[1] for out, _ in answers}) == 1
    assert locks == "broken" or slow_server.hits["/w.h5"] == 1
    assert not list((tmp_path / "cache").rglob(f"{cache.PART}*"))


def test_a_loader_that_is_killed_leaves_nothing_that_the_next_one_believes(slow_server: Any) -> None:
    for _ in range(3):
        before = slow_server.hits["/w.h5"]
        victim = start(slow_server, "working")
        while slow_server.hits["/w.h5"] == before:
            time.sleep(0.01)
        time.sleep(0.05)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        assert victim.returncode == -signal.SIGKILL
    after = start(slow_server, "working")
    out, err = after.communicate(timeout=30)
    assert out.split()[0] == hashlib.sha256(BODY).hexdigest(), err
