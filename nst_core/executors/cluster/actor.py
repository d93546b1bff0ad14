"""One worker in a cluster: the worker of `nst_core.jobs.worker` in an actor, which holds the loaded networks."""

from __future__ import annotations

import io
import os
import pkgutil
import queue
import shutil
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from nst_core import __version__
from nst_core.executors.cluster.run_files import FileChanges, RunFiles, relocated
from nst_core.jobs import heartbeat, messages
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.messages import PartLeft, RunCommand
from nst_core.settings import Settings
from nst_core.system import priority
from nst_core.system.framing import read_frame

_PREFIX = "nst-run-"
"""The folder of a run begins so; then comes the process id of its actor."""


@dataclass(frozen=True)
class ActorEvent:
    """An event on its way from an actor: its head and blobs, and which files of `job` changed before it."""

    head: bytes
    blobs: Sequence[bytes]
    job: str
    files: FileChanges


@dataclass(frozen=True)
class ActorCommand:
    """A command on its way to an actor; of a run also the files that it begins with, or those of a part that is left.

    Attributes:
        number: from 0 on, without a gap: an actor with several threads may get calls out of order.
        head: see `messages.encode`.
        blobs: each an array of bytes, which Ray's object store shares with the actor without a copy.
        files: see `RunFiles.collect` and `RunFiles.of_part`.
    """

    number: int
    head: bytes
    blobs: Sequence[Any]
    files: FileChanges


class WorkerActor:
    """The actor. `receive` and `events` are called from threads of their own (concurrency groups).

    An actor ends with its worker. Nothing outlives the gateway, whose end Ray takes for that of its actors.
    """

    def __init__(self, create: str, version: str) -> None:
        """Start the worker, which loads the networks.

        Args:
            create: "module:name" of a function that makes the worker of an inbox and a stream, see `CreateWorker`.
            version: of the gateway's program; another one on this machine is refused.

        Raises:
            RuntimeError: this machine has another version of the program.
        """
        if version != __version__:
            raise RuntimeError(f"its machine has version {__version__} of NST Studio, and the server has {version}")
        self._inbox = CommandInbox(None)
        self._outbox: queue.SimpleQueue[ActorEvent] = queue.SimpleQueue()
        self._early: dict[int, ActorCommand] = {}
        self._next, self._receiving = 0, threading.Lock()
        self._filing = threading.Lock()
        self._job, self._files = "", cast(RunFiles | None, None)
        self._folder = Path(tempfile.gettempdir())
        _remove_leftovers(self._folder)
        priority.lower(psutil.Process(), Settings.read().worker_nice)
        worker = pkgutil.resolve_name(create)(self._inbox, cast(BinaryIO, _EventStream(self._put)))
        heartbeat.start(worker.send)
        threading.Thread(target=_serve, args=(worker.serve,), name="nst-worker", daemon=True).start()

    def node(self) -> str:
        """The id of the machine's node in the cluster."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def receive(self, command: ActorCommand) -> None:
        """Take a command."""
        with self._receiving:
            self._early[command.number] = command
            while (due := self._early.pop(self._next, None)) is not None:
                self._next += 1
                self._take(due)

    def _take(self, received: ActorCommand) -> None:
        blobs = [memoryview(blob) for blob in received.blobs]
        command = messages.decode(received.head, blobs, messages.COMMANDS)
        if isinstance(command, RunCommand):
            command = self._placed(command, received.files)
        elif isinstance(command, PartLeft):
            with self._filing:
                if self._files is not None and self._job == command.job:
                    self._files.store(received.files)
        self._inbox.put(command)

    def _placed(self, command: RunCommand, files: FileChanges) -> RunCommand:
        """The command of a run with its files in a folder of this machine."""
        with self._filing:
            if self._files is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
            command = relocated(command, self._folder)
            if command.film is not None:
                Path(command.film.work).mkdir()
            self._job, self._files = command.job, RunFiles(command)
            self._files.store(files)
        return command

    def _put(self, head: bytes, blobs: Sequence[bytes]) -> None:
        """Send an event, after the files that were written before it; called by one thread at a time."""
        with self._filing:
            changes = self._files.changes() if self._files else {}
            self._outbox.put(ActorEvent(head, blobs, self._job, changes))

    def events(self) -> Iterator[ActorEvent]:
        """All events of the worker, as they come; never ends."""
        while True:
            yield self._outbox.get()


class _EventStream:
    """The stream to which a worker writes its events: a flush ends an event."""

    def __init__(self, put: Any) -> None:
        self._put, self._parts = put, list[bytes]()

    def write(self, data: bytes | memoryview) -> None:
        self._parts.append(bytes(data))

    def flush(self) -> None:
        frame = read_frame(io.BytesIO(b"".join(self._parts)))
        self._parts = []
        if frame is not None:
            self._put(*frame)


def _remove_leftovers(folder: Path) -> None:
    """Remove the folders of actors that were killed on this machine."""
    for path in folder.glob(f"{_PREFIX}*-*"):
        pid = path.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _serve(serve: Any) -> None:
    """Serve until the process ends; a bug ends it too, so that another actor takes over."""
    try:
        serve()
    except Exception:  # noqa: BLE001 - a thread that ends would leave an actor that beats and does nothing
        traceback.print_exc()
    finally:
        os._exit(1)
