"""An actor without a cluster: commands come in order, and files go along with them and with the events."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from nst_core import __version__
from nst_core.executors.cluster.actor import ActorCommand, ActorEvent, WorkerActor
from nst_core.executors.cluster.run_files import RunFiles
from nst_core.jobs import heartbeat, messages
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.messages import Command, LoadFailed, Pause, Preempted, Resume, RunCommand, Stop, WorkerEvent
from tests.nst_core.executors.contract import run_command


class Echo:
    """A worker that keeps its commands, writes a checkpoint for each run, and names the commands in its events."""

    def __init__(self, inbox: CommandInbox, out: BinaryIO) -> None:
        self._inbox, self._out = inbox, out
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        LAST.append(self)

    def send(self, event: WorkerEvent) -> None:
        messages.write(self._out, event)

    def serve(self) -> None:
        while True:
            command = self._inbox.next()
            self.commands.put(command)
            if isinstance(command, RunCommand):
                path = Path(command.checkpoint)
                path.write_bytes((path.read_bytes() if path.exists() else b"") + b"+")
                self.send(Preempted(job=command.job))
            else:
                self.send(LoadFailed(message=command.kind))


LAST: list[Echo] = []


def sent(number: int, command: Command, files: dict[str, bytes] | None = None) -> ActorCommand:
    head, blobs = messages.encode(command)
    return ActorCommand(number, head, [np.frombuffer(blob, np.uint8) for blob in blobs], files or {})


@pytest.fixture
def actor(monkeypatch: pytest.MonkeyPatch) -> WorkerActor:
    monkeypatch.setattr(heartbeat, "start", lambda _: None)
    return WorkerActor(f"{__name__}:Echo", __version__)


@pytest.fixture
def events(actor: WorkerActor) -> Iterator[ActorEvent]:
    return actor.events()


def test_commands_are_followed_in_the_order_in_which_they_were_sent(
    actor: WorkerActor, events: Iterator[ActorEvent]
) -> None:
    for number, command in ((1, Pause(job="a")), (2, Resume(job="a")), (0, Stop(job="b")), (3, Stop(job="a"))):
        actor.receive(sent(number, command))
    got = [LAST[-1].commands.get(timeout=10) for _ in range(4)]
    assert got == [Stop(job="b"), Pause(job="a"), Resume(job="a"), Stop(job="a")]
    told = [messages.decode(event.head, event.blobs, messages.EVENTS) for _, event in zip(got, events, strict=False)]
    assert [event.message for event in told if isinstance(event, LoadFailed)] == ["stop", "pause", "resume", "stop"]


def test_the_files_of_a_run_come_with_it_and_go_before_its_events(
    actor: WorkerActor, events: Iterator[ActorEvent], tmp_path: Path
) -> None:
    command = run_command("a", tmp_path / "checkpoint.npz")
    actor.receive(sent(0, command, {"checkpoint": b"saved"}))
    event = next(events)
    assert event.files == {"checkpoint": b"saved+"}
    RunFiles(command).store(event.files)
    assert (tmp_path / "checkpoint.npz").read_bytes() == b"saved+"
    (received,) = [LAST[-1].commands.get(timeout=10)]
    assert isinstance(received, RunCommand)
    assert Path(received.checkpoint).parent != tmp_path
    assert [bytes(blob) for blob in received.data] == [bytes(blob) for blob in command.data]

    actor.receive(sent(1, command, RunFiles(command).collect()))  # the next run of the same actor
    assert next(events).files == {"checkpoint": b"saved++"}
    assert not Path(received.checkpoint).exists()


def test_a_machine_with_another_version_is_refused() -> None:
    with pytest.raises(RuntimeError, match=f"its machine has version {__version__} of NST Studio, and the server has"):
        WorkerActor(f"{__name__}:Echo", "0.0.1")
