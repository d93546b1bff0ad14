"""A child process: each of its events is read, and its end is reported with the reason."""

import threading
import time

import psutil
import pytest

from nst_core.jobs import process
from nst_core.jobs.messages import EVENTS, LoadFailed, WorkerEvent
from nst_core.jobs.process import MessageProcess
from tests.nst_core.jobs.servers import until

SAY = """
import sys
from nst_core.jobs import messages
for word in sys.argv[1:]:
    messages.write(sys.stdout.buffer, messages.LoadFailed(message=word))
"""


def talk(program: str, *words: str, fail_at: str = "") -> tuple[list[str], list[str]]:
    """The events read from a program that reports these words, and the reason of its end."""
    received: list[str] = []
    ends: list[str] = []

    def on_event(event: WorkerEvent) -> None:
        assert isinstance(event, LoadFailed)
        received.append(event.message)
        if event.message == fail_at:
            raise KeyError(fail_at)

    MessageProcess(on_event, ends.append, ("-c", program, *words), EVENTS)
    until(lambda: len(ends) == 1)
    return received, ends


@pytest.mark.slow
def test_an_event_that_fails_does_not_end_the_reading(caplog: pytest.LogCaptureFixture) -> None:
    received, ends = talk(SAY, "one", "two", "three", fail_at="two")
    assert received == ["one", "two", "three"]
    assert ends == ["it ended with exit status 0"]
    assert "KeyError: 'two'" in caplog.text


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "it was killed"),
        ("os.kill(os.getpid(), 15)", "SIGTERM"),
        ("os._exit(3)", "status 3"),
    ],
)
def test_the_reason_of_an_end_is_reported(end: str, reason: str) -> None:
    _, ends = talk(f"import os; {end}")
    assert reason in ends[0]


@pytest.mark.parametrize(
    "write",
    [
        "os.write(1, b'oops, no frame')",
        'from nst_core.system.framing import write_frame; write_frame(sys.stdout.buffer, b\'{"kind": "dance"}\')',
    ],
    ids=["no frame", "an unknown kind"],
)
def test_a_child_whose_messages_cannot_be_read_is_ended(write: str, caplog: pytest.LogCaptureFixture) -> None:
    began = time.monotonic()
    received, ends = talk(f"import os, sys, time; {write}; time.sleep(60)")
    assert time.monotonic() - began < 30
    assert received == []
    assert ends == ["it sent a message that could not be read"]
    assert "The process is ended: the message cannot be read" in caplog.text


def test_a_child_that_closes_its_output_and_stays_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    began = time.monotonic()
    _, ends = talk("import os, time; os.close(1); time.sleep(60)")
    assert time.monotonic() - began < 30
    assert ends[0].startswith("it was killed")


@pytest.mark.parametrize("started", [0, 1])
def test_without_room_for_its_threads_no_child_is_left(monkeypatch: pytest.MonkeyPatch, started: int) -> None:
    begin, starts = threading.Thread.start, iter(range(9))

    def start(thread: threading.Thread) -> None:
        if next(starts) >= started:
            raise RuntimeError("can't start new thread")
        begin(thread)

    before = psutil.Process().children()
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(OSError, match="no thread is left"):
        MessageProcess(lambda _: None, lambda _: None, ("-c", "import time; time.sleep(60)"), EVENTS)
    assert psutil.Process().children() == before


def test_a_worker_gets_the_settings_and_none_of_the_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("NST_DATABASE_URL", "NST_FILES_URL", "NST_API_TOKENS", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")
    for name in (*secrets, "NST_DEVICE"):
        monkeypatch.setenv(name, "cpu")
    found = process._environment()
    assert found["NST_DEVICE"] == "cpu"
    assert not found.keys() & set(secrets)
