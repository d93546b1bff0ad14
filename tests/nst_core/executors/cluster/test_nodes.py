"""How many workers the machines of a cluster have room for."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.executors.cluster.nodes import MOST_WORKERS, Nodes, Share
from nst_core.settings import Settings

SHARE = Share(cpus=2, gpus=0, memory_bytes=2_500_000_000)
GB = 1e9


def node(name: str, cpus: float, gpus: float = 0.0, memory: float = 64 * GB, *, alive: bool = True) -> dict[str, Any]:
    resources = {"CPU": cpus, "memory": memory, **({"GPU": gpus} if gpus else {})}
    return {"NodeID": name, "Alive": alive, "Resources": resources if alive else {}}


@pytest.mark.parametrize(
    ("share", "machine", "room"),
    [
        (SHARE, node("a", 8), 4),
        (SHARE, node("a", 7), 3),
        (SHARE, node("a", 1), 0),
        (SHARE, node("a", 8, memory=6 * GB), 2),
        (Share(1, 1, 0), node("a", 8, gpus=3), 3),
        (Share(1, 1, 0), node("a", 8), 0),
        (Share(0.1, 0, 0), node("a", 0.3), 3),  # 0.3 / 0.1 is a little less than 3
    ],
)
def test_a_machine_has_room_for_as_many_as_its_scarcest_resource(share: Share, machine: Any, room: int) -> None:
    assert Nodes.read([machine], [], share).total == room


def test_machines_that_are_gone_or_about_to_go_have_no_room() -> None:
    nodes = Nodes.read([node("a", 4), node("b", 8), node("c", 8, alive=False)], ["b", "c"], SHARE)
    assert (nodes.total, nodes.leaving) == (2, frozenset({"b"}))


def test_the_number_of_workers_is_the_operators_or_the_room_and_never_none() -> None:
    nodes = Nodes.read([node("a", 8)], [], SHARE)
    assert (nodes.workers(0), nodes.workers(9)) == (4, 9)
    assert Nodes.read([], [], SHARE).workers(0) == 1
    assert Nodes.read([node("a", 10_000, memory=1e15)], [], SHARE).workers(0) == MOST_WORKERS


def test_a_worker_takes_what_the_operator_says() -> None:
    share = Share.of(Settings.read({"NST_RAY_CPUS": "4", "NST_RAY_GPUS": "0.5", "NST_WORKER_MB": "3000"}))
    assert share.resources == {"CPU": 4, "GPU": 0.5, "memory": 3e9}
    assert share.text == "4 cores, 0.5 GPU and 3 GB of memory"
    assert "GPU" not in SHARE.resources
