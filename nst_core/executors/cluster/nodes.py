"""The machines of a Ray cluster, and how many workers they have room for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.settings import Settings

MOST_WORKERS = 64
"""As many as `NST_WORKERS` allows."""


@dataclass(frozen=True)
class Share:
    """What one worker takes of a machine: an actor asks for these resources.

    Attributes:
        cpus: cores; TensorFlow gets as many threads.
        gpus: GPUs, or a part of one.
        memory_bytes: memory, which Ray counts and does not limit.
    """

    cpus: float
    gpus: float
    memory_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Share:
        """The operator's."""
        return cls(settings.ray_cpus, settings.ray_gpus, settings.worker_mb * 1_000_000)

    @property
    def resources(self) -> dict[str, float]:
        """As Ray names them; those that are not needed are left out."""
        named = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory_bytes)}
        return {name: amount for name, amount in named.items() if amount}

    def room(self, resources: Mapping[str, float]) -> int:
        """How many workers a machine with these resources has room for."""
        return min(math.floor(resources.get(name, 0) / amount + 1e-9) for name, amount in self.resources.items())

    @property
    def text(self) -> str:
        """In words."""
        gpus = f", {self.gpus:g} GPU" if self.gpus else ""
        return f"{self.cpus:g} cores{gpus} and {self.memory_bytes / 1e9:g} GB of memory"


@dataclass(frozen=True)
class Nodes:
    """The machines of the cluster at one moment.

    Attributes:
        room: how many workers each has room for, by the id of its node; without those that are about to go.
        leaving: the ids of those that are about to go.
    """

    room: Mapping[str, int]
    leaving: frozenset[str]

    @classmethod
    def read(cls, nodes: Sequence[Mapping[str, Any]], leaving: Sequence[str], share: Share) -> Nodes:
        """The machines of `ray.nodes()` that live; `leaving` are the ids of those that Ray drains."""
        alive = {node["NodeID"]: node["Resources"] for node in nodes if node["Alive"]}
        room = {node: share.room(resources) for node, resources in alive.items() if node not in leaving}
        return cls(room, frozenset(leaving) & frozenset(alive))

    @property
    def total(self) -> int:
        """How many workers all machines have room for, within `MOST_WORKERS`."""
        return min(sum(self.room.values()), MOST_WORKERS)

    def workers(self, wanted: int) -> int:
        """The number of workers: as many as the operator wants, or, for 0, as there is room for.

        A cluster that grows by itself has room for the first one later.
        """
        return wanted or max(1, self.total)
