"""The worker process as the desk sees it: started, spoken to, listened to, ended."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from nst_core.jobs import messages
from nst_core.settings import TUNED

OnEvent = Callable[[dict[str, Any], list[bytes]], None]
OnExit = Callable[[str], None]
GRACE_SECONDS = 10.0
"""How long a process may take to end after its last word."""


class WorkerProcess:
    """One worker process; `hear` gets each event and `gone` why it ended, both on a thread of this object's own."""

    def __init__(self, hear: OnEvent, gone: OnExit, program: Sequence[str] = ("-m", "nst_core.jobs.worker")) -> None:
        """Of a program that this interpreter runs."""
        self._child = subprocess.Popen(  # noqa: S603 - a program of ours
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )
        self._outbox: queue.SimpleQueue[tuple[Mapping[str, Any], Sequence[bytes | memoryview]] | None]
        self._outbox = queue.SimpleQueue()
        threading.Thread(target=self._write_commands, name="nst-worker-commands", daemon=True).start()
        threading.Thread(target=self._read_events, args=(hear, gone), name="nst-worker-events", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def send(self, command: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
        """Send a command, in order, without waiting for the worker to take it: a pipe holds but 64 KB.

        One to a process that has just died is lost, and `gone` tells of that.
        """
        self._outbox.put((command, blobs))

    def end(self) -> None:
        """End the process now."""
        self._child.kill()
        self._child.wait()

    def _write_commands(self) -> None:
        stdin = cast(BinaryIO, self._child.stdin)
        while (message := self._outbox.get()) is not None:
            try:
                messages.write(stdin, *message)
            except (OSError, ValueError):
                return

    def _read_events(self, hear: OnEvent, gone: OnExit) -> None:
        stdout = cast(BinaryIO, self._child.stdout)
        while (message := messages.read(stdout)) is not None:
            try:
                hear(*message)
            except Exception:  # noqa: BLE001 - whatever became of one event, the next one is heard
                traceback.print_exc()
        self._outbox.put(None)
        gone(_reason(self._ended()))

    def _ended(self) -> int:
        """The exit status of a process that talks no more; one that only talks nonsense is ended."""
        try:
            return self._child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


def _reason(status: int) -> str:
    """Why a process ended, for a person."""
    if status == -signal.SIGKILL:
        return "it was killed, most likely because the machine ran out of memory"
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it ended with exit status {status}"


def _environment() -> dict[str, str]:
    """The server's environment, with this package importable and memory tuned for networks."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**TUNED, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}
