"""A child process that talks in messages: it is started, takes commands, reports events and ends.

It is a worker, or the gateway to a cluster of them.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Generic, TypeVar, cast

from pydantic import TypeAdapter

from nst_core.jobs import messages
from nst_core.jobs.executor import Leave, OnExit
from nst_core.jobs.messages import Message, MessageError
from nst_core.settings import secret_names
from nst_core.system.tuning import TUNED

_LOGGER = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long a process may take to end after it has closed its output."""
KILL_SECONDS = 2.0
"""The longest wait for the end of a process that was killed; the caller may hold the job service's lock."""


E = TypeVar("E")

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Keys of an object store, which only the server needs."""


class MessageProcess(Generic[E]):
    """One child; `on_event` gets each event, `on_exit` the reason of its end, both on a thread of its own.

    Attributes:
        leave: never; see `executor.WorkerHandle`.
    """

    leave = Leave.NEVER

    def __init__(
        self,
        on_event: Callable[[E], None],
        on_exit: OnExit,
        program: Sequence[str],
        types: TypeAdapter[E],
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start a program of this interpreter. Raises OSError.

        Args:
            on_event, on_exit: see above.
            program: its arguments.
            types: the events that it may report.
            environment: variables beside the server's.
        """
        self._child = subprocess.Popen(  # noqa: S603 - a program of ours
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_environment(), **environment},
        )
        self._types = types
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        hear = partial(self._read_events, on_event, on_exit)
        try:
            threading.Thread(target=self._write_commands, name="nst-worker-commands", daemon=True).start()
            threading.Thread(target=hear, name="nst-worker-events", daemon=True).start()
        except RuntimeError:  # the system has no room for another thread
            self._outbox.put(None)
            self.end()
            raise OSError(errno.EAGAIN, "no thread is left") from None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def send(self, command: Message) -> None:
        """Queue a command for the child: a full pipe (64 KB) does not make the caller wait.

        A command to a process that has just died is lost; `on_exit` reports the end.
        """
        self._outbox.put(command)

    def end(self) -> None:
        """Kill the process.

        A process that the system cannot end at once, for instance while it waits for a disk, ends later.
        """
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(KILL_SECONDS)

    def kill(self) -> None:
        """Kill the process, without waiting for its end."""
        self._child.kill()

    def finish(self, seconds: float) -> None:
        """Close the pipe of commands, at which the child ends by itself; kill it if that takes longer."""
        self._outbox.put(None)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end()

    def _write_commands(self) -> None:
        stdin = cast(BinaryIO, self._child.stdin)
        with contextlib.suppress(OSError, ValueError), stdin:  # the child may have ended
            while (command := self._outbox.get()) is not None:
                messages.write(stdin, command)

    def _read_events(self, on_event: Callable[[E], None], on_exit: OnExit) -> None:
        stdout = cast(BinaryIO, self._child.stdout)
        reason = ""
        try:
            while (event := messages.read(stdout, self._types)) is not None:
                try:
                    on_event(event)
                except Exception:
                    _LOGGER.exception("The handling of an event failed; the next event is still read")
        except MessageError as error:
            _LOGGER.warning("The process is ended: %s", error)
            self._child.kill()
            reason = "it sent a message that could not be read"
        self._outbox.put(None)
        status = self._exit_status()
        on_exit(reason or _reason(status))

    def _exit_status(self) -> int:
        """The exit status of a process that has closed its output; it is killed if it does not end in time."""
        try:
            return self._child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


def _reason(status: int) -> str:
    """Why a process ended, in words for the user."""
    if status == -signal.SIGKILL:
        return "it was killed, most likely because the machine ran out of memory"
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it ended with exit status {status}"


def _environment() -> dict[str, str]:
    """The server's environment, with this package importable and memory tuned for networks, and without secrets."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    given = {name: value for name, value in os.environ.items() if name not in (*secret_names(), *_KEYS)}
    return {**TUNED, **given, "PYTHONPATH": os.pathsep.join(paths)}
