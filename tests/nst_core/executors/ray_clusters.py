"""Ray clusters of several machines, all of which are this one: a head without workers, and nodes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any

import psutil
import pytest

TOY_WORKER = "nst_core.bench.service.toy_worker:create"
STORE_BYTES = 100_000_000
"""The object store of each node."""
MEMORY_BYTES = 8_000_000_000
"""What each node tells as its memory."""


def require_ray() -> None:
    """Skip the test without Ray; fail where Ray must be there."""
    if importlib.util.find_spec("ray") is None:
        reason = "Ray is not installed: pip install -r requirements-cluster.txt"
        if os.environ.get("NST_REQUIRE_CLUSTER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


class RayCluster:
    """A running cluster, to which `NST_RAY_ADDRESS` points meanwhile.

    Attributes:
        nodes: the machines beside the head.
    """

    def __init__(self, *cpus: int) -> None:
        """A head without workers, and a node with each of these numbers of cores; a worker takes one."""
        self._cpus = cpus
        self.nodes: list[Any] = []

    def __enter__(self) -> RayCluster:
        from ray.cluster_utils import Cluster

        self._patched = pytest.MonkeyPatch()
        for name, value in (("RAY_CPUS", "1"), ("RAY_STAND_IN", "0"), ("DEVICE", "cpu"), ("WORKER_NICE", "0")):
            self._patched.setenv(f"NST_{name}", value)
        self._patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES}
        self._cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
        self._patched.setenv("NST_RAY_ADDRESS", self._cluster.address)
        for cpus in self._cpus:
            self.add(cpus)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patched.undo()
        self._cluster.shutdown()

    def add(self, cpus: int) -> Any:
        """Another machine."""
        node = self._cluster.add_node(
            wait=False, num_cpus=cpus, object_store_memory=STORE_BYTES, memory=MEMORY_BYTES, include_dashboard=False
        )
        self.nodes.append(node)
        return node

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
