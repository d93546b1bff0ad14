"""The gateway to a Ray cluster, as a program: Ray's driver, which starts actors and passes their messages on.

`python -m nst_core.executors.cluster.gateway` takes commands on stdin and sends events to stdout, both as
`gateway_messages`. It ends when its stdin does, and with it all of its actors.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from nst_core import __version__
from nst_core.errors import WorkerError
from nst_core.executors.cluster.actor import ActorCommand, ActorEvent, WorkerActor
from nst_core.executors.cluster.gateway_messages import (
    GATEWAY_COMMANDS,
    ActorGone,
    ActorLeaves,
    ClusterLost,
    ClusterState,
    EndActor,
    FromActor,
    StartActor,
    ToActor,
    Want,
)
from nst_core.executors.cluster.nodes import MOST_WORKERS, Nodes, Share
from nst_core.executors.cluster.run_files import RunFiles
from nst_core.jobs import messages, storage_errors
from nst_core.jobs.messages import Beat, Failed, Message, PartLeft, RunCommand
from nst_core.jobs.placement import THREADS
from nst_core.settings import Settings
from nst_core.system.tuning import TUNED

_LOGGER = logging.getLogger(__name__)
POLL_SECONDS = 2.0
"""Interval at which the machines of the cluster are asked for, and at which actors that wait for one give a beat."""
HEAD_SILENCE_SECONDS = 15.0
"""How long the cluster's head may not answer. Ray itself ends this process after a minute."""
END_SECONDS = 5.0
"""The longest time for an orderly end."""
PASSED = (
    *("NST_DEVICE", "NST_PRECISION", "NST_DETERMINISTIC", "NST_HUB_HANDLE", "NST_OFFLINE", "NST_WORKER_NICE"),
    "PYTHONPATH",
)
"""Variables that actors get from this process, so that all machines paint alike. Folders are each machine's own."""
WORKER = "nst_core.jobs.worker:Worker"
"""The worker of an actor; see `WorkerActor`."""


@dataclass(eq=False)
class _Actor:
    """An actor as the gateway knows it.

    Attributes:
        handle: Ray's.
        node: the id of its machine's node; empty while it waits for one.
        job: its newest run.
        files: of that run.
        sent: the number of commands so far.
        is_leaving: whether it was said that its machine is about to go.
    """

    handle: Any
    node: str = ""
    job: str = ""
    files: RunFiles | None = None
    sent: int = 0
    is_leaving: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Gateway:
    """The actors of one web process. Events go to `out`."""

    def __init__(self, out: BinaryIO, create: str = WORKER) -> None:
        """Connect to the cluster that the operator named, or start one on this machine. Raises WorkerError."""
        self._out, self._sending, self._create = out, threading.Lock(), create
        self._settings = Settings.read()
        self._share = Share.of(self._settings)
        self._ray = _connected(self._settings)
        self._actor_class = self._ray.remote(concurrency_groups={"commands": 1, "events": 1})(WorkerActor)
        self._actors: dict[int, _Actor] = {}
        self._wanted = self._asked_for = 0
        self._state: ClusterState | None = None
        self._heard_at = time.monotonic()

    def send(self, event: Message) -> None:
        """Send one event; ends the process if the web process has ended."""
        try:
            with self._sending:
                messages.write(self._out, event)
        except BrokenPipeError:
            os._exit(0)

    def serve(self, stream: BinaryIO) -> None:
        """Follow commands until the web process has ended."""
        self._poll()
        for name, run in (("nst-cluster", self._watch_cluster), ("nst-head", self._watch_head)):
            threading.Thread(target=run, name=name, daemon=True).start()
        while (command := messages.read(stream, GATEWAY_COMMANDS)) is not None:
            match command:
                case StartActor():
                    self._start(command.actor)
                case ToActor():
                    self._pass_on(command)
                case EndActor():
                    self._end(command.actor)
                case Want():
                    self._wanted = command.runs
        self._close()

    def _close(self) -> None:
        threading.Timer(END_SECONDS, os._exit, (0,)).start()
        with contextlib.suppress(Exception):
            if self._asked_for:
                self._ask_for(0)
            self._ray.shutdown()
        os._exit(0)

    # Actors.

    def _start(self, number: int) -> None:
        share = self._share
        threads = {THREADS: str(max(1, int(share.cpus)))}
        environment = {**TUNED, **{name: os.environ[name] for name in PASSED if name in os.environ}, **threads}
        handle = self._actor_class.options(
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            memory=share.memory_bytes,
            max_restarts=0,  # the job service starts another one, and knows what it has to go on with
            runtime_env={"env_vars": environment},
        ).remote(self._create, __version__)
        actor = self._actors[number] = _Actor(handle)
        threading.Thread(target=self._follow, args=(number, actor), name=f"nst-actor-{number}", daemon=True).start()

    def _follow(self, number: int, actor: _Actor) -> None:
        """Pass on the events of an actor until it ends."""
        try:
            actor.node = self._ray.get(actor.handle.node.remote())
            stream = actor.handle.events.options(concurrency_group="events", num_returns="streaming").remote()
            for reference in stream:
                self._pass_back(number, actor, self._ray.get(reference))
            gone = ActorGone(actor=number, reason="its process in the cluster ended")
        except self._ray.exceptions.RayError as error:
            self._end(number)  # one that cannot be reached may live: it must not paint beside the next one
            gone = _gone(number, str(error))
        except Exception as error:
            _LOGGER.exception("The events of an actor cannot be read")
            self._end(number)
            gone = ActorGone(actor=number, reason=f"its events could not be read ({type(error).__name__})")
        self._actors.pop(number, None)
        self.send(gone)

    def _pass_back(self, number: int, actor: _Actor, event: ActorEvent) -> None:
        try:
            with actor.lock:
                if event.files and actor.files is not None and event.job == actor.job and not actor.files.is_deleted:
                    actor.files.store(event.files)
        except OSError as error:
            self._note_unstored(number, actor, error)
        self.send(FromActor(actor=number, head=event.head, blobs=tuple(event.blobs)))

    def _note_unstored(self, number: int, actor: _Actor, error: OSError) -> None:
        """A picture's run goes on without a checkpoint; the frames of a film would be missing in it."""
        words = storage_errors.in_words(error)
        _LOGGER.warning("The files of run %s cannot be stored: %s", actor.job, words)
        if actor.files is not None and actor.files.has_film:
            message = f"the film cannot be stored, because {words}"
            self._speak_for(number, Failed(job=actor.job, message=message, code="storage"))
            self._end(number)

    def _speak_for(self, number: int, event: Message) -> None:
        """Send an event in the place of an actor."""
        head, blobs = messages.encode(event)
        self.send(FromActor(actor=number, head=head, blobs=tuple(blobs)))

    def _pass_on(self, command: ToActor) -> None:
        actor = self._actors.get(command.actor)
        if actor is None:
            return  # it has just ended
        files: Mapping[str, bytes] = {}
        decoded = messages.decode(bytes(command.head), command.blobs, messages.COMMANDS)
        if isinstance(decoded, RunCommand):
            with actor.lock:
                actor.job, actor.files = decoded.job, RunFiles(decoded)
                files = actor.files.collect()
        elif isinstance(decoded, PartLeft):
            with actor.lock:
                if actor.files is not None and actor.job == decoded.job:
                    files = actor.files.of_part(decoded.first)
        blobs = [np.frombuffer(blob, np.uint8) for blob in command.blobs]
        sent = self._ray.put(ActorCommand(actor.sent, bytes(command.head), blobs, files))
        actor.sent += 1
        actor.handle.receive.options(concurrency_group="commands").remote(sent)

    def _end(self, number: int) -> None:
        if actor := self._actors.get(number):
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor.handle)

    # The cluster.

    def _watch_cluster(self) -> None:
        while True:
            time.sleep(POLL_SECONDS)
            try:
                self._poll()
                self._heard_at = time.monotonic()
            except Exception as error:  # noqa: BLE001 - `_watch_head` ends the process if that goes on
                _LOGGER.warning("The cluster's machines cannot be asked for: %s", error)

    def _watch_head(self) -> None:
        while time.monotonic() - self._heard_at < HEAD_SILENCE_SECONDS:
            time.sleep(1)
        self.send(ClusterLost(reason=f"its head has not answered for {HEAD_SILENCE_SECONDS:.0f} seconds"))
        os._exit(0)

    def _poll(self) -> None:
        nodes = Nodes.read(self._ray.nodes(), list(_draining(self._ray)), self._share)
        for number, actor in list(self._actors.items()):
            if not actor.node:
                self._speak_for(number, Beat(cpu_seconds=0.0))
            elif actor.node in nodes.leaving and not actor.is_leaving:
                actor.is_leaving = True
                self.send(ActorLeaves(actor=number))
        state = ClusterState(workers=nodes.workers(self._settings.workers), room=nodes.total)
        if state != self._state:
            self._state = state
            self.send(state)
        if not self._settings.workers and self._settings.ray_address and self._wanted != self._asked_for:
            self._ask_for(self._wanted)

    def _ask_for(self, workers: int) -> None:
        """Tell a cluster that can grow how many workers would have a run; another one ignores it."""
        from ray.autoscaler.sdk import request_resources

        request_resources(bundles=[self._share.resources] * min(workers, MOST_WORKERS))
        self._asked_for = workers


def _connected(settings: Settings) -> Any:
    """Ray, connected. Raises WorkerError."""
    try:
        import ray
    except ImportError:
        raise WorkerError("Ray is not installed on the server; pip install -r requirements-cluster.txt") from None
    more: dict[str, Any] = {"address": settings.ray_address}
    if not settings.ray_address:
        store = settings.ray_store_mb * 1_000_000
        more = {"address": "local", "include_dashboard": False, "object_store_memory": store}
    try:
        ray.init(logging_level=logging.WARNING, namespace="nst-studio", **more)
    except Exception as error:  # noqa: BLE001 - of many kinds, by the state of the network
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WorkerError(f"{settings.ray_address or 'a cluster on this machine'} cannot be reached: {first}") from None
    return ray


def _draining(ray: Any) -> Mapping[str, Any]:
    """The nodes that Ray drains, by id; Ray tells them to its own libraries only."""
    try:
        return ray._private.state.state.get_draining_nodes()  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def _gone(number: int, error: str) -> ActorGone:
    """Why an actor has ended, in words for the user; `error` is Ray's message."""
    if "of NST Studio, and the server has" in error:
        line = next(line for line in reversed(error.splitlines()) if "NST Studio" in line)
        return ActorGone(actor=number, reason=line.partition("Error: ")[2])
    if re.search("running low on memory|OutOfMemory", error):  # not "OOM", which stands in each of Ray's guesses
        return ActorGone(actor=number, reason="its machine ran out of memory")
    if re.search(r"its node has died|node was terminated|is unavailable", error):  # the last: Ray does not know yet
        return ActorGone(actor=number, reason="its machine was lost from the cluster", with_machine=True)
    return ActorGone(actor=number, reason="its process in the cluster ended")


def main() -> None:
    """Serve the web process that started this one; the first argument replaces `WORKER`."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of Ray must not mix with the events
    try:
        gateway = Gateway(out, *sys.argv[1:2])
    except WorkerError as error:
        messages.write(out, ClusterLost(reason=str(error)))
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the web process, which saves its runs first
    gateway.serve(sys.stdin.buffer)


if __name__ == "__main__":
    main()
