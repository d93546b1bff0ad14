"""What the scheduler needs of a worker, and of the place where workers are: two protocols.

`nst_core.executors` has the places. `tests/nst_core/executors/test_contract.py` holds each of them against what is
written here.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from nst_core.jobs.messages import Command, WorkerEvent

OnEvent = Callable[[WorkerEvent], None]
OnExit = Callable[[str], None]


class Leave(Enum):
    """When a worker is to be replaced by one elsewhere."""

    NEVER = "never"
    AFTER_RUN = "as soon as it has no run: there is a better place now"
    NOW = "as soon as its run is saved, which goes on with another worker: its machine is about to go"


class MachineLost(str):
    """A reason of a worker's end that is no fault of its run: its machine, or the whole cluster, was lost."""

    __slots__ = ()


class UnreachableError(OSError):
    """No worker can be started now, but later one can; runs wait meanwhile, however long that takes."""


class WorkerHandle(Protocol):
    """A worker, as the job service sees it.

    It loads the networks and reports `Ready`, or `LoadFailed`. Then it performs one `RunCommand` after another. `Stop`,
    `Pause`, `Resume`, `Preempt` and `Steer` take effect between two steps of the run that they name, and `Inspect` is
    answered between two steps of any run. It reports a `Beat` every second of its life, also while it computes. What
    it writes to the files that a `RunCommand` names is in the job service's folder before the event that follows. When
    it gets `PartLeft`, it has what the job service's folder has of that part.
    """

    @property
    def pid(self) -> int | None:
        """Its process id on this machine; None if it is on another one."""

    @property
    def leave(self) -> Leave:
        """When it is to be replaced; asked regularly."""

    def send(self, command: Command) -> None:
        """Queue a command, without waiting. A command to a worker that has just ended is lost."""

    def end(self) -> None:
        """End the worker now; waits for that for two seconds at most."""

    def kill(self) -> None:
        """End the worker now, without waiting."""


StartWorker = Callable[[OnEvent, OnExit], WorkerHandle]
"""Starts a worker and returns at once. Raises OSError."""


class Executor(Protocol):
    """Where workers are. It is used under the job service's lock, so that nothing in it may take long."""

    @property
    def capacity(self) -> int:
        """The number of workers that it has room for, at least 1; asked regularly, since it may change."""

    @property
    def problem(self) -> str:
        """Why workers are not where the operator wants them, in sentences for users; empty if they are."""

    def want(self, runs: int) -> None:
        """Note how many runs wait or have a worker: a hint for places that can grow; called regularly."""

    def start(self, number: int, on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        """Start a worker, and return before it is ready.

        Args:
            number: from 0 on; at most one worker at a time has it.
            on_event: gets each event of the worker, in order, on another thread.
            on_exit: gets the reason of its end in words, exactly once, after its last event.

        Raises:
            UnreachableError: it cannot be started now; the caller tries again.
            OSError: it cannot be started.
        """

    def close(self) -> None:
        """Return everything; called outside the lock when all workers have ended."""
