"""The worker's inbox: a thread reads commands, so that a run can check for them without waiting."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from nst_core.jobs import messages
from nst_core.jobs.messages import (
    AskForPart,
    Command,
    Inspect,
    MessageError,
    PartCommand,
    PartLeft,
    Pause,
    Preempt,
    Resume,
    RunCommand,
    Steer,
    Stop,
)


@dataclass(frozen=True)
class RunControl:
    """Changes for a run at its next step: stop with a result, give the worker to another run, or change settings.

    `parts` are news about the parts of a film.
    """

    stop: bool = False
    preempt: bool = False
    settings: tuple[Mapping[str, Any], ...] = ()
    parts: tuple[PartCommand, ...] = ()


class CommandInbox:
    """The job service's commands, in order."""

    def __init__(self, stream: BinaryIO | None, on_end: Callable[[], None] = lambda: None) -> None:
        """Read from `stream`, or take what `put` gives if there is none.

        `on_end` is called by the reading thread as soon as the job service has ended.
        """
        self._on_end = on_end
        self._commands: queue.Queue[Command | None] = queue.Queue()
        self.on_inspection: Callable[[Inspect], None] = lambda _: None
        """Called with each `Inspect` that arrives during a run."""
        if stream is not None:
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def put(self, command: Command) -> None:
        """Add a command."""
        self._commands.put(command)

    def _read(self, stream: BinaryIO) -> None:
        try:
            while (command := messages.read(stream, messages.COMMANDS)) is not None:
                self.put(command)
        except MessageError as error:
            print(f"the worker ends: {error}", file=sys.stderr, flush=True)
        self._commands.put(None)
        self._on_end()

    def next(self) -> Command:
        """The next command; ends the process when the job service has ended, or has sent an unreadable command."""
        command = self._commands.get()
        if command is None:
            os._exit(0)  # not sys.exit: a run must not keep an orphan alive
        return command

    def is_quiet(self, seconds: float) -> bool:
        """Whether no command arrives for `seconds`; returns False as soon as one does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._commands.empty():
            time.sleep(0.05)
        return self._commands.empty()

    def control(self, job: str, *, paused: bool = False, on_pause: Callable[[], None] = lambda: None) -> RunControl:
        """The commands for `job` since the last call, combined; waits here while the run is paused.

        Args:
            job: the run that asks.
            paused: whether it is paused already.
            on_pause: called when a pause begins.
        """
        settings: list[Mapping[str, Any]] = []
        parts: list[PartCommand] = []
        while paused or not self._commands.empty():
            command = self.next()
            if isinstance(command, Inspect):
                self.on_inspection(command)
                continue
            if isinstance(command, RunCommand) or command.job != job:  # meant for a run that has just ended
                continue
            match command:
                case Stop():
                    return RunControl(stop=True, parts=tuple(parts))
                case Preempt():
                    return RunControl(preempt=True, parts=tuple(parts))
                case Steer():
                    settings.append(command.settings)
                case Pause():
                    if not paused:
                        paused = True
                        on_pause()
                case Resume():
                    paused = False
                case AskForPart() | PartLeft():
                    parts.append(command)
        return RunControl(settings=tuple(settings), parts=tuple(parts))
