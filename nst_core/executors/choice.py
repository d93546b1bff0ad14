"""The place of workers that the operator has chosen."""

from __future__ import annotations

from nst_core.executors.local import LocalExecutor
from nst_core.jobs.executor import Executor
from nst_core.settings import Settings


def chosen() -> Executor:
    """The place by `NST_EXECUTOR`: this machine, or a cluster."""
    if Settings.read().executor == "ray":
        from nst_core.executors.cluster.executor import ClusterExecutor

        return ClusterExecutor()
    return LocalExecutor()
