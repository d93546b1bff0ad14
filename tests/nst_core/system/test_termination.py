"""A process that gets a signal to end calls `close` first, and ends in time even if something hangs."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from nst_core.system.termination import GRACE_SECONDS

PROGRAM = """
import os, signal, sys, time
from nst_core.system.termination import on_termination
def tell(word):
    os.write(1, (word + "\\n").encode())  # at once: `print` of two threads may mix two lines
hangs, seconds = sys.argv[1], float(sys.argv[2])
earlier = []
signal.signal(signal.SIGTERM, lambda *_: tell("earlier"))
def close():
    tell("close")
    time.sleep(60 if hangs == "close" else 0)
    tell("closed")
on_termination(close, lambda: tell("abandon"), seconds)
tell("ready")
while True:
    time.sleep(0.01)
"""

Program = subprocess.Popen[str]


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Program]:
    hangs, seconds = request.param
    command = [sys.executable, "-c", PROGRAM, hangs, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.parametrize("started", [("close", 1.0)], indirect=True)
def test_work_that_hangs_and_a_second_signal_delay_nothing(started: Program) -> None:
    began = time.monotonic()
    for _ in range(5):
        started.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    out, _ = started.communicate(timeout=20)
    assert 0.9 < time.monotonic() - began < 6
    assert started.returncode == 128 + signal.SIGTERM
    assert out.count("close\n") == out.count("abandon\n") == 1
    assert "closed\n" not in out
    assert out.count("earlier\n") >= 2


@pytest.mark.parametrize("started", [("server", 60.0)], indirect=True)
def test_a_server_that_never_ends_is_ended_after_its_work(started: Program) -> None:
    began = time.monotonic()
    started.send_signal(signal.SIGTERM)
    out, _ = started.communicate(timeout=20)
    assert GRACE_SECONDS <= time.monotonic() - began < 10
    assert sorted(out.split()) == ["abandon", "close", "closed", "earlier"]
