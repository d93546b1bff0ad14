"""A child that talks: every word is heard, and its end is told with its reason."""

import time
from typing import Any

import pytest

from nst_core.jobs import process
from nst_core.jobs.process import WorkerProcess
from tests.nst_core.jobs.servers import until

SAY = """
import sys
from nst_core.jobs import messages
for word in sys.argv[1:]:
    messages.write(sys.stdout.buffer, {"event": word})
"""


def talk(program: str, *words: str, deaf_to: str = "") -> tuple[list[str], list[str]]:
    """What was heard of a program that says these words, and why it ended."""
    heard: list[str] = []
    ends: list[str] = []

    def hear(event: dict[str, Any], _: list[bytes]) -> None:
        heard.append(event["event"])
        if event["event"] == deaf_to:
            raise KeyError(deaf_to)

    WorkerProcess(hear, ends.append, ("-c", program, *words))
    until(lambda: len(ends) == 1)
    return heard, ends


def test_an_event_that_cannot_be_taken_in_does_not_end_the_listening(capfd: pytest.CaptureFixture[str]) -> None:
    heard, ends = talk(SAY, "one", "two", "three", deaf_to="two")
    assert heard == ["one", "two", "three"]
    assert ends == ["it ended with exit status 0"]
    assert "KeyError: 'two'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "it was killed"),
        ("os.kill(os.getpid(), 15)", "SIGTERM"),
        ("os._exit(3)", "status 3"),
    ],
)
def test_the_reason_of_an_end_is_told(end: str, reason: str) -> None:
    _, ends = talk(f"import os; {end}")
    assert reason in ends[0]


def test_a_child_that_talks_nonsense_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    began = time.monotonic()
    nonsense = "import os, time; os.write(1, (4).to_bytes(4, 'little') + b'oops'); time.sleep(60)"
    heard, ends = talk(nonsense)
    assert time.monotonic() - began < 30
    assert heard == []
    assert ends[0].startswith("it was killed")
