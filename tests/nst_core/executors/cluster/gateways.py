"""A gateway without a cluster: the test sends its events and looks at its commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from nst_core.executors.cluster import executor as module
from nst_core.executors.cluster.executor import ClusterExecutor
from nst_core.executors.cluster.gateway_messages import (
    ActorGone,
    ClusterState,
    FromActor,
    GatewayCommand,
    GatewayEvent,
    StartActor,
    ToActor,
)
from nst_core.jobs import messages
from nst_core.jobs.executor import OnExit
from nst_core.jobs.messages import Command, WorkerEvent
from tests.nst_core.jobs.servers import FakeWorker, Workers


class FakeGateway:
    """A gateway process; each actor in it is a `FakeWorker`."""

    def __init__(self, on_event: Callable[[GatewayEvent], None], on_exit: OnExit, *_: object) -> None:
        self.report, self.die = on_event, on_exit
        self.commands: list[GatewayCommand] = []
        self.actors: dict[int, FakeWorker] = {}
        self.is_finished = False

    def send(self, command: GatewayCommand) -> None:
        self.commands.append(command)
        if isinstance(command, StartActor):
            self.actors[command.actor] = self._actor(command.actor)
        if isinstance(command, ToActor):
            self.actors[command.actor].send(_decoded(command))

    def _actor(self, number: int) -> FakeWorker:
        def on_event(event: WorkerEvent) -> None:
            head, blobs = messages.encode(event)
            self.report(FromActor(actor=number, head=head, blobs=tuple(blobs)))

        return FakeWorker(on_event, lambda reason: self.report(ActorGone(actor=number, reason=reason)))

    def connect(self, workers: int = 1, room: int | None = None) -> None:
        self.report(ClusterState(workers=workers, room=workers if room is None else room))

    def finish(self, seconds: float) -> None:
        self.is_finished = True


def _decoded(command: ToActor) -> Command:
    return messages.decode(bytes(command.head), command.blobs, messages.COMMANDS)


class Clusters:
    """A `ClusterExecutor` with one gateway after another, and the workers on this machine that stand in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gateways: list[FakeGateway] = []
        self.stand_ins: list[FakeWorker] = []
        monkeypatch.setattr(module, "MessageProcess", self._gateway)
        monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
        self.executor = ClusterExecutor(local=Workers(self._stand_in))

    def _gateway(self, *arguments: Any) -> FakeGateway:
        self.gateways.append(FakeGateway(*arguments))
        return self.gateways[-1]

    def _stand_in(self, *arguments: Any) -> FakeWorker:
        self.stand_ins.append(FakeWorker(*arguments))
        return self.stand_ins[-1]

    @property
    def gateway(self) -> FakeGateway:
        """The newest."""
        return self.gateways[-1]

    @property
    def actors(self) -> Sequence[FakeWorker]:
        """Of the newest gateway, in the order of their start."""
        return list(self.gateway.actors.values())
