"""Ray clusters of several machines, all of which are this one: a head without workers, and nodes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import psutil
import pytest

from tests.required import missing

TOY = ("-m", "nst_core.bench.service.toy_worker")
"""The program of a toy worker on this machine."""
TOY_WORKER = "nst_core.bench.service.toy_worker:create"
"""A toy worker in an actor."""
STORE_BYTES = 100_000_000
"""The object store of each node."""
MEMORY_BYTES = 8_000_000_000
"""What each node tells as its memory."""


def require_ray() -> None:
    """Skip the test without Ray; fail where Ray must be there."""
    if importlib.util.find_spec("ray") is None:
        missing("CLUSTER", "Ray is not installed: pip install -r requirements-cluster.txt")


class RayCluster:
    """A running cluster: a head without workers, and as many machines beside it as a test asks for.

    Attributes:
        nodes: the machines beside the head; each has room for one worker.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []

    def __enter__(self) -> RayCluster:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES}
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
            self._cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()

    @contextmanager
    def machines(self, number: int) -> Iterator[RayCluster]:
        """So many nodes, and settings by which a server uses this cluster. Nodes of an earlier test stay."""
        while len(self.nodes) > number:
            self.kill(self.nodes[-1])
        while len(self.nodes) < number:
            self.add()
        with pytest.MonkeyPatch.context() as patched:
            for name, value in (("RAY_CPUS", "1"), ("RAY_STAND_IN", "0"), ("DEVICE", "cpu"), ("WORKER_NICE", "0")):
                patched.setenv(f"NST_{name}", value)
            patched.setenv("NST_RAY_ADDRESS", self._cluster.address)
            yield self

    def add(self) -> None:
        """Another machine."""
        node = self._cluster.add_node(
            wait=False, num_cpus=1, object_store_memory=STORE_BYTES, memory=MEMORY_BYTES, include_dashboard=False
        )
        self.nodes.append(node)

    def kill(self, node: Any) -> None:
        """Lose a machine: all of its processes are killed."""
        self.nodes.remove(node)
        for process in _tree(node):
            process.kill()

    def kill_head(self) -> None:
        """Lose the head: the process that knows all nodes, and its machine."""
        for process in _tree(self._cluster.head_node):
            process.kill()

    def node_of_actor(self) -> Any:
        """The machine with the only actor."""
        (node,) = self.nodes_of_actors()
        return node

    def nodes_of_actors(self) -> list[Any]:
        """The machines that have actors."""
        return [node for node in self.nodes if _actors(node)]

    def drain(self, node: Any) -> None:
        """Say that a machine will go in a minute, as a cloud does before it takes one back."""
        reason = ("--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "a test")
        deadline = ("--deadline-remaining-seconds", "60")
        address = ("--address", self._cluster.address, "--node-id", node.node_id)
        command = [sys.executable, "-m", "ray.scripts.scripts", "drain-node", *address, *reason, *deadline]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def kill_actor_of(self, _: object) -> None:
        """Kill the process of the newest actor."""
        actors = [actor for node in self.nodes for actor in _actors(node)]
        os.kill(max(actors, key=lambda process: process.create_time()).pid, signal.SIGKILL)


def _tree(node: Any) -> list[psutil.Process]:
    """The processes of a node, which are this process's children, and theirs."""
    found = []
    for infos in node.all_processes.values():
        for info in infos:
            if psutil.pid_exists(info.process.pid):
                process = psutil.Process(info.process.pid)
                found += [process, *process.children(recursive=True)]
    return found


def _actors(node: Any) -> list[psutil.Process]:
    """The actors of a node; idle workers of Ray are none."""
    return [process for process in _tree(node) if "WorkerActor" in _title(process)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
