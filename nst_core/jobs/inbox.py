"""What the desk asks of the worker, read by a thread so that a run can look without waiting."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from nst_core.jobs import messages


@dataclass(frozen=True)
class RunControl:
    """What a run is to do at its next step: end, make room to go on later, or go on with settings changed."""

    stop: bool = False
    preempt: bool = False
    settings: tuple[Mapping[str, Any], ...] = ()


class CommandInbox:
    """The desk's commands, in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self._asked: queue.Queue[tuple[dict[str, Any], list[bytes]] | None] = queue.Queue()
        self._stream = stream
        self.on_inspection: Callable[[dict[str, Any], list[bytes]], None] = lambda _, __: None
        """Called with what is asked of no run, in the middle of one."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (message := messages.read(self._stream)) is not None:
            self._asked.put(message)
        self._asked.put(None)

    def next(self) -> tuple[dict[str, Any], list[bytes]]:
        """The next command; ends the process when the desk is gone."""
        message = self._asked.get()
        if message is None:
            os._exit(0)  # not sys.exit: a run must not keep an orphan alive
        return message

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing is asked for so long; does not wait longer than until something is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._asked.empty():
            time.sleep(0.05)
        return self._asked.empty()

    def control(self, job: str, *, paused: bool = False, held: Callable[[], None] = lambda: None) -> RunControl:
        """What was asked of `job` since the last look; waits here while it is paused.

        Args:
            job: the run that looks.
            paused: whether it is paused already.
            held: called when a pause begins.
        """
        settings = []
        while paused or not self._asked.empty():
            asked, blobs = self.next()
            if asked["do"] == "look":
                self.on_inspection(asked, blobs)
                continue
            if asked["job"] != job:  # one that has just ended
                continue
            match asked["do"]:
                case "stop":
                    return RunControl(stop=True)
                case "shelve":
                    return RunControl(preempt=True)
                case "steer":
                    settings.append(asked["settings"])
                case "pause" if not paused:
                    paused = True
                    held()
                case "resume":
                    paused = False
        return RunControl(settings=tuple(settings))
