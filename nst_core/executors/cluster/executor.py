"""Workers in a Ray cluster, as the job service sees them. While there is no cluster, this machine may stand in.

Nothing here imports Ray: a gateway process is connected to the cluster, and is started again whenever it has ended.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nst_core.executors.cluster.gateway_messages import (
    GATEWAY_EVENTS,
    ActorGone,
    ActorLeaves,
    ClusterLost,
    ClusterState,
    EndActor,
    FromActor,
    GatewayEvent,
    StartActor,
    ToActor,
    Want,
)
from nst_core.executors.cluster.nodes import Share
from nst_core.executors.local import LocalExecutor
from nst_core.jobs import messages
from nst_core.jobs.executor import Executor, Leave, MachineLost, OnEvent, OnExit, UnreachableError, WorkerHandle
from nst_core.jobs.messages import Command, MessageError
from nst_core.jobs.process import MessageProcess
from nst_core.settings import Settings

_LOGGER = logging.getLogger(__name__)
GATEWAY = ("-m", "nst_core.executors.cluster.gateway")
"""The gateway, as arguments of Python's interpreter."""
CONNECT_SECONDS = 30.0
"""How long runs wait for the first answer of the cluster, before this machine stands in."""
RETRY_SECONDS = 5.0
"""How long after its end the gateway is started again."""
CLOSE_SECONDS = 2.0
"""The longest time that the gateway gets to end its actors when the server ends."""
_VARIABLES = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}
"""Of the gateway: Ray reports nothing to its makers, and repeats each line of an actor's log."""


@dataclass(eq=False)
class ClusterWorker:
    """An actor, as a `WorkerHandle`."""

    actor: int
    gateway: MessageProcess[GatewayEvent]
    on_event: OnEvent
    on_exit: OnExit
    leave: Leave = Leave.NEVER
    pid: None = None

    def send(self, command: Command) -> None:
        """Queue a command for the gateway."""
        head, blobs = messages.encode(command)
        self.gateway.send(ToActor(actor=self.actor, head=head, blobs=tuple(blobs)))

    def end(self) -> None:
        """Ask for the actor's end, which `on_exit` reports."""
        self.kill()

    def kill(self) -> None:
        """Ask for the actor's end."""
        self.gateway.send(EndActor(actor=self.actor))


@dataclass(eq=False)
class StandIn:
    """A worker on this machine, until the cluster is there again."""

    worker: WorkerHandle
    is_back: Callable[[], bool]

    @property
    def pid(self) -> int | None:
        """See `WorkerHandle`."""
        return self.worker.pid

    @property
    def leave(self) -> Leave:
        """After its run, once there is a cluster."""
        return Leave.AFTER_RUN if self.is_back() else Leave.NEVER

    def send(self, command: Command) -> None:
        """See `WorkerHandle`."""
        self.worker.send(command)

    def end(self) -> None:
        """See `WorkerHandle`."""
        self.worker.end()

    def kill(self) -> None:
        """See `WorkerHandle`."""
        self.worker.kill()


class ClusterExecutor:
    """The workers of a Ray cluster; see `Executor`. Its lock is never held while the job service is called."""

    def __init__(self, *create: str, local: Executor | None = None) -> None:
        """Read the operator's settings; connect when the first worker is started.

        Args:
            create: replaces the worker of an actor, see `gateway.WORKER`.
            local: starts workers on this machine while there is no cluster.
        """
        settings = Settings.read()
        self._program, self._local = (*GATEWAY, *create), local or LocalExecutor()
        self._may_stand_in, self._wanted_workers = settings.ray_stand_in, settings.workers
        self._share = Share.of(settings)
        self._lock = threading.Lock()
        self._gateway: MessageProcess[GatewayEvent] | None = None
        self._state: ClusterState | None = None
        self._reason = ""  # why there is no cluster; empty before the first answer
        self._due = 0.0  # when the gateway is to be started, and then when it has to have answered
        self._workers: dict[int, ClusterWorker] = {}
        self._stand_ins = 0
        self._numbers = itertools.count()
        self._is_used = self._is_closed = False

    @property
    def capacity(self) -> int:
        """As many as the cluster has room for; while this machine stands in, as many as it has."""
        with self._lock:
            if self._state is not None:
                return self._state.workers
            return self._local.capacity if self._stands_in() else max(self._wanted_workers, 1)

    @property
    def problem(self) -> str:
        """That there is no cluster, or that it has no room."""
        with self._lock:
            if self._state is not None:
                full = f"No machine of the cluster has room for a worker, which takes {self._share.text}; runs wait."
                return "" if self._state.room else full
            meanwhile = "runs are painted on this machine" if self._may_stand_in else "runs wait for it"
            return f"The cluster cannot be used now: {self._reason}. Meanwhile {meanwhile}." if self._reason else ""

    def want(self, runs: int) -> None:
        """Tell the cluster how many runs there are; and reach for it, if it was used and is not there."""
        with self._lock:
            if self._state is not None and self._gateway is not None:
                self._gateway.send(Want(runs=runs))
            elif self._is_used:
                self._reach()

    def start(self, number: int, on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        """Start an actor; without a cluster a process on this machine, if the operator allows it and it has room."""
        with self._lock:
            self._is_used = True
            self._reach()
            if self._state is not None and self._gateway is not None:
                actor = next(self._numbers)
                worker = self._workers[actor] = ClusterWorker(actor, self._gateway, on_event, on_exit)
                self._gateway.send(StartActor(actor=actor))
                return worker
            if not self._stands_in():
                raise UnreachableError(self._reason or "the cluster has not answered yet")
            if self._stand_ins >= self._local.capacity:
                raise UnreachableError("this machine has no room for another worker")
            self._stand_ins += 1
        try:
            local = self._local.start(number, on_event, lambda reason: self._on_stand_in_exit(on_exit, reason))
        except OSError:
            self._count_stand_in_out()
            raise
        return StandIn(local, self._is_back)

    def close(self) -> None:
        """End the gateway, and with it everything in the cluster."""
        with self._lock:
            gateway, self._gateway, self._is_closed = self._gateway, None, True
        if gateway is not None:
            gateway.finish(CLOSE_SECONDS)
        self._local.close()

    def _is_back(self) -> bool:
        return self._state is not None

    def _on_stand_in_exit(self, on_exit: OnExit, reason: str) -> None:
        self._count_stand_in_out()
        on_exit(reason)

    def _count_stand_in_out(self) -> None:
        with self._lock:
            self._stand_ins -= 1

    # Under this executor's lock.

    def _stands_in(self) -> bool:
        return self._may_stand_in and self._state is None and bool(self._reason)

    def _reach(self) -> None:
        """Start the gateway if there is none; note if the cluster has not answered in time."""
        now = time.monotonic()
        if self._gateway is not None:
            if self._state is None and not self._reason and now > self._due:
                self._reason = f"it has not answered for {CONNECT_SECONDS:.0f} seconds"
            return
        if self._is_closed or now < self._due:
            return
        try:
            self._gateway = MessageProcess(self._on_event, self._on_exit, self._program, GATEWAY_EVENTS, _VARIABLES)
            self._due = now + CONNECT_SECONDS
        except OSError as error:  # no memory for another process
            self._reason, self._due = f"its gateway cannot be started ({error.strerror})", now + RETRY_SECONDS

    # From the gateway, on a thread of its own.

    def _on_event(self, event: GatewayEvent) -> None:
        match event:
            case ClusterState():
                with self._lock:
                    if self._state is None:
                        _LOGGER.info("The cluster has room for %d workers", event.room)
                    self._state, self._reason = event, ""
            case ClusterLost():
                _LOGGER.warning("The cluster cannot be used: %s", event.reason)
                with self._lock:
                    self._state, self._reason = None, event.reason
            case ActorLeaves():
                if worker := self._workers.get(event.actor):
                    worker.leave = Leave.NOW
            case ActorGone():
                if worker := self._workers.pop(event.actor, None):
                    worker.on_exit(MachineLost(event.reason) if event.with_machine else event.reason)
            case FromActor():
                self._deliver(event)

    def _deliver(self, event: FromActor) -> None:
        worker = self._workers.get(event.actor)
        if worker is None:
            return
        try:
            worker.on_event(messages.decode(bytes(event.head), event.blobs, messages.EVENTS))
        except MessageError as error:
            _LOGGER.warning("An actor is ended: %s", error)
            self._workers.pop(event.actor, None)
            worker.kill()
            worker.on_exit("it sent a message that could not be read")

    def _on_exit(self, reason: str) -> None:
        """The gateway has ended, and with it all actors."""
        with self._lock:
            self._gateway, self._state = None, None
            self._reason = self._reason or f"its gateway ended, because {reason}"
            self._due = time.monotonic() + RETRY_SECONDS
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.on_exit(MachineLost("the cluster was lost"))
