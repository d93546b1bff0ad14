"""The commands that a run gets from the worker's inbox between two steps."""

import io
import os
import subprocess
import sys
import threading
import time

import pytest

from nst_core.jobs import messages
from nst_core.jobs.inbox import CommandInbox, RunControl
from nst_core.jobs.messages import Command, Inspect, Pause, Preempt, Resume, RunCommand, Steer, Stop
from nst_core.jobs.views import InspectionRequest
from nst_core.recipe import make
from nst_core.system.framing import write_frame
from tests.nst_core.jobs.servers import until

INSPECT = Inspect(question=InspectionRequest("features", "block1_conv1"), shapes=(), pictures=())


class Pipe:
    """A worker's inbox, and the job service's end of the pipe."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self._service = os.fdopen(write, "wb")
        self.inbox = CommandInbox(os.fdopen(read, "rb"))

    def send(self, command: Command) -> None:
        messages.write(self._service, command)

    def deliver(self, command: Command) -> None:
        """Send a command, and wait until it is in the inbox."""
        before = self.inbox._commands.qsize()
        self.send(command)
        until(lambda: self.inbox._commands.qsize() > before, 5)


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


def test_without_a_command_there_is_nothing_to_do(pipe: Pipe) -> None:
    assert pipe.inbox.control("a") == RunControl()


def test_settings_come_in_order_and_once(pipe: Pipe) -> None:
    pipe.deliver(Steer(job="a", settings={"style_weight": 1.0}))
    pipe.deliver(Steer(job="a", settings={"style_weight": 2.0, "steps": 7}))
    settings = ({"style_weight": 1.0}, {"style_weight": 2.0, "steps": 7})
    assert pipe.inbox.control("a") == RunControl(settings=settings)
    assert pipe.inbox.control("a") == RunControl()


@pytest.mark.parametrize(
    ("command", "control"),
    [(Stop(job="a"), RunControl(stop=True)), (Preempt(job="a"), RunControl(preempt=True))],
    ids=["stop", "preempt"],
)
def test_an_end_wins_over_earlier_commands(pipe: Pipe, command: Command, control: RunControl) -> None:
    pipe.deliver(Steer(job="a", settings={"style_weight": 1.0}))
    pipe.deliver(Pause(job="a"))
    pipe.deliver(command)
    assert pipe.inbox.control("a") == control


def test_commands_for_a_run_that_is_over_are_dropped(pipe: Pipe) -> None:
    for command in (Stop, Pause, Preempt):
        pipe.deliver(command(job="the one before"))
    pipe.deliver(Steer(job="the one before", settings={}))
    assert pipe.inbox.control("a") == RunControl()


def test_a_paused_run_waits_and_keeps_its_new_settings(pipe: Pipe) -> None:
    pipe.deliver(Pause(job="a"))
    controls: list[RunControl] = []
    pauses: list[str] = []
    waiting = threading.Thread(
        target=lambda: controls.append(pipe.inbox.control("a", on_pause=lambda: pauses.append("began")))
    )
    waiting.start()
    pipe.send(Steer(job="a", settings={"tv_weight": 5.0}))
    time.sleep(0.2)
    assert waiting.is_alive()
    pipe.send(Resume(job="a"))
    waiting.join(5)
    assert controls == [RunControl(settings=({"tv_weight": 5.0},))]
    assert pauses == ["began"]


def test_a_question_is_answered_during_a_run(pipe: Pipe) -> None:
    answered: list[Inspect] = []
    pipe.inbox.on_inspection = answered.append
    pipe.deliver(INSPECT)
    assert pipe.inbox.control("a") == RunControl()
    assert answered == [INSPECT]


def test_it_is_quiet_until_a_command_arrives(pipe: Pipe) -> None:
    assert pipe.inbox.is_quiet(0.1)
    command = RunCommand(job="a", recipe=make(), arrays=(), data=(), measure=False)
    pipe.deliver(command)
    began = time.monotonic()
    assert not pipe.inbox.is_quiet(30)
    assert time.monotonic() - began < 5
    assert pipe.inbox.next() == command  # is_quiet has removed nothing from the inbox


@pytest.mark.slow
def test_a_command_that_cannot_be_read_ends_the_worker() -> None:
    program = (
        "import sys; from nst_core.jobs.inbox import CommandInbox; CommandInbox(sys.stdin.buffer).next(); print(1)"
    )
    stream = io.BytesIO()
    write_frame(stream, b'{"kind": "dance"}')
    ended = subprocess.run(
        [sys.executable, "-c", program], input=stream.getvalue(), capture_output=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert b"the worker ends: the message cannot be read" in ended.stderr


def test_the_end_of_the_job_service_is_told_at_once() -> None:
    read, write = os.pipe()
    ended = threading.Event()
    CommandInbox(os.fdopen(read, "rb"), on_end=ended.set)
    assert not ended.wait(0.1)
    os.close(write)
    assert ended.wait(5)
