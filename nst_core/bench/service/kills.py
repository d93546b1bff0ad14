"""Kills worker and server at random moments, and counts lost runs, stuck runs and leftover files. `bench kills`."""

from __future__ import annotations

import collections
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from nst_core.bench.service.host import Host, WorkerKind, is_alive, until
from nst_core.bench.service.toy_worker import loss

TIMES = 200
MOST_AT_ONCE = 3
"""The number of unfinished runs: one runs, the others wait."""
MOST_KNOWN = 150
"""The number of finished runs that are checked after each kill: the store keeps 200."""
MOMENTS = ("queued", "running", "paused", "measuring", "over")
"""The states of the newest unfinished run at the moment of the kill; "over": nothing is under way, a run has just
ended."""
MOMENT_SECONDS = 3.0
"""The longest wait for the randomly chosen moment."""
ORPHAN_SECONDS = 30.0
"""How long a worker may run after its server has ended: a worker that is just starting notices the end after it has
loaded its modules."""
DRAIN_SECONDS = 120.0
"""The longest time until all runs are over after the last kill."""
_FINAL = ("done", "stopped", "failed")


class Trial:
    """A host, the runs submitted to it, and the damage that its kills have done."""

    def __init__(self, folder: Path, worker: WorkerKind, seed: int) -> None:
        """Start a host on an empty folder."""
        self._folder, self._worker = folder, worker
        # Kills have a random generator of their own, because the number of choices for the runs depends on time.
        self._plan, self._random = random.Random(seed), random.Random(seed)
        self._host = Host(folder, worker)
        self._submitted = 0
        self.views: dict[str, dict[str, Any]] = {}
        self.kills: collections.Counter[tuple[str, str]] = collections.Counter()
        self.lost: dict[str, str] = {}
        self.orphans = 0

    def kill_once(self) -> None:
        """Start runs, wait for a moment, kill worker or server, and check every run."""
        self._keep_busy()
        moment = self._wait_for(self._plan.choice(MOMENTS))
        time.sleep(self._random.uniform(0, 0.1))
        victim = self._plan.choice(("worker", "server"))
        self.kills[victim, moment] += 1
        workers = self._host.workers()
        if victim == "server":
            self._host.kill()
            self._count_orphans(workers)
            self._host = Host(self._folder, self._worker)
        else:
            for worker in workers:
                os.kill(worker.pid, signal.SIGKILL)
        self._look()

    def drain(self) -> list[str]:
        """Wait until all runs are over; returns those that do not end."""

        def is_over() -> bool:
            self._look()
            for job in self._unfinished("paused"):
                self._host.ask("act", "resume", job)
            return not self._unfinished()

        until(is_over, DRAIN_SECONDS, pause=0.2)
        return self._unfinished()

    def end(self) -> list[str]:
        """End the host, check every run with a new one, and return the temporary files that are left."""
        self._end_host()
        self._host = Host(self._folder, self._worker)
        self._look()
        self._end_host()
        return [str(path.relative_to(self._folder)) for path in self._folder.rglob(".*") if path.name != ".writable"]

    def _end_host(self) -> None:
        workers = self._host.workers()
        self._host.end()
        self._count_orphans(workers)

    def _count_orphans(self, workers: Sequence[psutil.Process]) -> None:
        """Wait for the workers of a server that has ended; count and kill those that still run."""
        until(lambda: not any(map(is_alive, workers)), ORPHAN_SECONDS)
        for worker in filter(is_alive, workers):
            self.orphans += 1
            worker.kill()

    def _unfinished(self, *states: str) -> list[str]:
        return [
            job
            for job, view in self.views.items()
            if (view["state"] in states if states else view["state"] not in (*_FINAL, "unknown"))
        ]

    def _keep_busy(self) -> None:
        """Submit runs, and pause, resume or stop some."""
        while len(self._unfinished()) < MOST_AT_ONCE:
            method = self._random.choice(("slow", "slow", "fast"))
            steps = self._random.randint(2, 60)
            settings = {"method": method, "longest_edge_px": 64, "steps": steps, "snapshot_every": 5}
            self._submitted += 1
            measure = self._random.random() < 0.7
            answer = self._host.ask("submit", settings, self._submitted, measure)
            if "job" not in answer:
                break
            self.views[answer["job"]] = self._host.ask("view", answer["job"])
        for job in self._unfinished():
            action = self._random.choice(("pause", "resume", "stop", "", "", "", "", ""))
            if action:
                self._host.ask("act", action, job)

    def _wait_for(self, wanted: str) -> str:
        """Wait for a moment; returns the moment that was reached."""

        def has_come() -> bool:
            if wanted in self._moments():
                return True
            action, state = ("pause", "running") if wanted == "paused" else ("resume", "paused")
            for job in self._unfinished(state):
                self._host.ask("act", action, job)
            return False

        until(has_come, MOMENT_SECONDS)
        moments = self._moments()
        return wanted if wanted in moments else moments[-1]

    def _moments(self) -> list[str]:
        self._look(self._unfinished())
        unfinished = self._unfinished()
        moments = {self.views[job]["state"] for job in unfinished}
        if any(self.views[job]["has_result"] for job in unfinished):
            moments.add("measuring")
        return [moment for moment in MOMENTS if moment in moments] or ["over"]

    def _look(self, jobs: Sequence[str] | None = None) -> None:
        """Check runs, by default all: note those that the host does not know, and stop checking the oldest."""
        for job in list(self.views) if jobs is None else jobs:
            self.views[job] = view = self._host.ask("view", job)
            if view["state"] == "unknown":
                self.lost[job] = view["error"]
        over = [job for job, view in self.views.items() if view["state"] in _FINAL]
        for job in over[: max(0, len(over) - MOST_KNOWN)]:
            del self.views[job]

    def broken(self) -> list[str]:
        """The damaged runs, and what is missing of each."""
        return [f"{job}: {fault}" for job, view in self.views.items() if (fault := fault_of(view, self._worker))]


def fault_of(view: Mapping[str, Any], worker: WorkerKind = "toy") -> str:
    """The fault of a run that is over, as its host shows it; "" if there is none."""
    numbers = [number for number, _ in view["points"]]
    if numbers != list(range(len(numbers))):
        return f"its curve has the steps {numbers}"
    if worker == "toy" and any(value != loss(number) for number, value in view["points"]):
        return "its curve has values of other steps"
    if view["state"] == "failed" and not view["error"]:
        return "it failed without a reason"
    if view["state"] == "done" and not (view["has_result"] and view["has_report"]):
        return "it is done without a result"
    return ""


def run(times: int = TIMES, seed: int = 0, worker: WorkerKind = "toy") -> dict[str, Any]:
    """Kill worker or server at random moments.

    Args:
        times: number of kills.
        seed: of the random choices.
        worker: "toy" needs neither weights nor seconds; "real" loads the networks after each kill.

    Returns:
        `kills`: victim, moment and number. `runs`: how many are over, by state. `reasons`: those of failed runs.
        `lost`: runs that were known before and are unknown now. `stuck`: runs that do not end. `broken`: runs whose
        curve or result is incomplete. `orphans`: processes that outlived their server by ORPHAN_SECONDS.
        `temporary_files`: temporary files of interrupted writes. `seconds`: of the trial.

    Raises:
        WorkerError: a server did not start again.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nst-kills-", ignore_cleanup_errors=True) as folder:
        trial = Trial(Path(folder), worker, seed)
        for number in range(1, times + 1):
            trial.kill_once()
            if number % 20 == 0:
                print(f"{number} of {times} kills, {time.monotonic() - began:.0f} s", file=sys.stderr)
        stuck, broken = trial.drain(), trial.broken()
        temporary = trial.end()
    states = collections.Counter(view["state"] for view in trial.views.values())
    reasons = collections.Counter(view["error"] for view in trial.views.values() if view["state"] == "failed")
    return {
        "kills": [{"victim": v, "moment": m, "count": n} for (v, m), n in sorted(trial.kills.items())],
        "runs": dict(states),
        "reasons": dict(reasons),
        "lost": trial.lost,
        "stuck": stuck,
        "broken": broken,
        "orphans": trial.orphans,
        "temporary_files": temporary,
        "seconds": round(time.monotonic() - began, 1),
    }


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["victim | moment | kills"]
    lines += [f"{row['victim']} | {row['moment']} | {row['count']}" for row in report["kills"]]
    counts = {name: len(report[name]) for name in ("lost", "stuck", "broken", "temporary_files")}
    counts["orphans"] = report["orphans"]
    lines.append(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()))
    lines.append(f"runs: {', '.join(f'{count} {state}' for state, count in report['runs'].items())}")
    return "\n".join([*lines, *(f"{count} failed: {reason}" for reason, count in report["reasons"].items())])
