"""Worker processes on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from nst_core.jobs.executor import OnEvent, OnExit, WorkerHandle
from nst_core.jobs.messages import EVENTS
from nst_core.jobs.placement import environments
from nst_core.jobs.process import MessageProcess
from nst_core.settings import Settings

WORKER = ("-m", "nst_core.jobs.worker")
"""The worker, as arguments of Python's interpreter."""


class LocalExecutor:
    """One worker process, or one for each GPU, or as many as divide the cores; see `placement` and `Executor`."""

    problem = ""

    def __init__(self, program: Sequence[str] | None = None) -> None:
        """Read the operator's settings; `program` replaces `WORKER`."""
        self._program = program or WORKER
        self._environments = environments(Settings.read())

    @property
    def capacity(self) -> int:
        """As many as `placement` decides."""
        return len(self._environments)

    def want(self, runs: int) -> None:
        """Do nothing: a machine does not grow."""

    def start(self, number: int, on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        """Start a process with the environment of this number."""
        environment = self._environments[number % len(self._environments)]
        return MessageProcess(on_event, on_exit, self._program, EVENTS, environment)

    def close(self) -> None:
        """Do nothing: without workers there is nothing left."""
