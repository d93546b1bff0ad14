"""What a gateway says about an actor that has ended, and about a cluster that it cannot reach."""

from __future__ import annotations

import sys

import pytest

from nst_core.errors import WorkerError
from nst_core.executors.cluster import gateway
from nst_core.executors.cluster.gateway_messages import ActorGone
from nst_core.settings import Settings


@pytest.mark.parametrize(
    ("error", "reason", "with_machine"),
    [
        ("The actor died because its node has died. Node Id: 12ab", "its machine was lost from the cluster", True),
        ("The actor died unexpectedly.\nThe actor's node was terminated: preempted", "its machine was lost", True),
        ("The actor c3 is unavailable: RpcError: Socket closed", "its machine was lost from the cluster", True),
        ("Task was killed due to the node running low on memory (OOM)", "its machine ran out of memory", False),
        (
            "The worker died. Common causes: (1) it was killed by the OOM killer",
            "its process in the cluster ended",
            False,
        ),
        ("The actor is dead because it was killed by `ray.kill`.", "its process in the cluster ended", False),
        (
            "The actor died because of an error raised in its creation task.\n  File x\n"
            "RuntimeError: its machine has version 1.0 of NST Studio, and the server has 2.0",
            "its machine has version 1.0 of NST Studio, and the server has 2.0",
            False,
        ),
    ],
)
def test_an_actors_end_is_told_in_words(error: str, reason: str, with_machine: bool) -> None:
    gone = gateway._gone(7, error)
    assert gone.reason.startswith(reason)
    assert gone == ActorGone(actor=7, reason=gone.reason, with_machine=with_machine)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(WorkerError, match="Ray is not installed on the server; pip install -r requirements-cluster"):
        gateway._connected(Settings.read({}))
