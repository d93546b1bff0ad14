"""The messages between the web process and the gateway. Those of the actors go through it: a head and its blobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from nst_core.jobs.messages import Blob, Message

# Commands: from the web process.


class StartActor(Message):
    """Start an actor, under a number that is never used again."""

    kind: Literal["start-actor"] = "start-actor"
    actor: int


class ToActor(Message):
    """A command for an actor."""

    kind: Literal["to-actor"] = "to-actor"
    actor: int
    head: Blob = Field(repr=False)
    blobs: tuple[Blob, ...] = Field((), repr=False)


class EndActor(Message):
    """End an actor now."""

    kind: Literal["end-actor"] = "end-actor"
    actor: int


class Want(Message):
    """So many runs wait or have a worker."""

    kind: Literal["want"] = "want"
    runs: int


GatewayCommand = StartActor | ToActor | EndActor | Want


# Events: from the gateway.


class ClusterState(Message):
    """The gateway is connected; sent again whenever a value changes.

    Attributes:
        workers: how many there should be.
        room: how many the machines have room for, those that are there included.
    """

    kind: Literal["cluster"] = "cluster"
    workers: int
    room: int


class ClusterLost(Message):
    """There is no cluster, or none any more, for a reason in words; the gateway ends."""

    kind: Literal["lost"] = "lost"
    reason: str


class FromActor(Message):
    """An event of an actor."""

    kind: Literal["from-actor"] = "from-actor"
    actor: int
    head: Blob = Field(repr=False)
    blobs: tuple[Blob, ...] = Field((), repr=False)


class ActorLeaves(Message):
    """The machine of an actor is about to go."""

    kind: Literal["actor-leaves"] = "actor-leaves"
    actor: int


class ActorGone(Message):
    """An actor has ended, for a reason in words, perhaps with its machine; nothing comes from it any more."""

    kind: Literal["actor-gone"] = "actor-gone"
    actor: int
    reason: str
    with_machine: bool = False


GatewayEvent = ClusterState | ClusterLost | FromActor | ActorLeaves | ActorGone

GATEWAY_COMMANDS: TypeAdapter[GatewayCommand] = TypeAdapter(Annotated[GatewayCommand, Field(discriminator="kind")])
GATEWAY_EVENTS: TypeAdapter[GatewayEvent] = TypeAdapter(Annotated[GatewayEvent, Field(discriminator="kind")])
