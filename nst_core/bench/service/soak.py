"""Long use of the job service: growth of memory, file handles and threads over many tiny runs. `bench soak` runs it."""

from __future__ import annotations

import collections
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from nst_core.bench.report.tools import slope
from nst_core.bench.service.host import Host, WorkerKind
from nst_core.errors import WorkerError

JOBS = 1000
EVERY_JOBS = 10
"""Runs between two samples; at least ten samples are taken."""
JOB_SECONDS = 300.0
"""The longest wait for one run: the first one waits for the networks, too."""
FIGURES = ("memory_mb", "handles", "threads")
VARIED: tuple[Mapping[str, Any], ...] = (
    {"method": "fast"},
    {"method": "slow"},
    {"method": "fast", "strength": 0.5},
    {"method": "slow", "optimizer": {"algorithm": "lbfgs"}},
    {"method": "slow", "colour_preservation": 1.0},
    {"method": "balanced"},
)
"""The settings of the runs, in turn; each is 64 px large and has two steps if it has any."""


@dataclass(frozen=True)
class MemorySample:
    """The memory, files and threads of the two processes after some runs; `worker` is the id of the worker process."""

    jobs: int
    worker: int
    web_figures: Mapping[str, float]
    worker_figures: Mapping[str, float]


def run(jobs: int = JOBS, worker: WorkerKind = "real") -> dict[str, Any]:
    """Perform many tiny runs, one after another.

    Args:
        jobs: number of runs.
        worker: "real" paints them; "toy" tries the service alone.

    Returns:
        `jobs`: their number. `runs`: how many ended in each state. `processes`: for the web process and the worker,
        `slope_per_100_jobs`, `first` and `last` of each of `FIGURES`; see `growth`. `workers`: how many worker
        processes there were, one after another. `seconds`: of the trial.

    Raises:
        WorkerError: the server or the worker ended.
    """
    began, states = time.monotonic(), collections.Counter[str]()
    every, samples = max(1, min(EVERY_JOBS, jobs // 10)), list[MemorySample]()
    with tempfile.TemporaryDirectory(prefix="nst-soak-", ignore_cleanup_errors=True) as folder:
        host = Host(Path(folder), worker)
        try:
            for number in range(1, jobs + 1):
                states[_perform(host, number)] += 1
                if number % every == 0:
                    samples.append(_sample(host, number))
                if number % 100 == 0:
                    print(f"{number} of {jobs} runs, {time.monotonic() - began:.0f} s", file=sys.stderr)
        finally:
            host.end()
    return {
        "jobs": jobs,
        "runs": dict(states),
        "processes": growth(samples),
        "workers": len({sample.worker for sample in samples}),
        "seconds": round(time.monotonic() - began, 1),
    }


def growth(samples: Sequence[MemorySample]) -> list[dict[str, Any]]:
    """For each process the slope of each of `FIGURES` per 100 runs, and its first and last value.

    The slope is that of least squares over the later half of the samples, since caches fill during the first. The
    worker's figures are those of the process that lasted longest, since the service replaces a worker that uses too
    much memory.
    """
    ages = collections.Counter(sample.worker for sample in samples)
    longest = ages.most_common(1)[0][0]
    lasting = [sample for sample in samples if sample.worker == longest]
    by_process = {
        "web": {sample.jobs: sample.web_figures for sample in samples},
        "worker": {sample.jobs: sample.worker_figures for sample in lasting},
    }
    return [{"process": name, **_figures(series)} for name, series in by_process.items()]


def _figures(series: Mapping[int, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    of_figure = {name: {jobs: figures[name] for jobs, figures in series.items()} for name in FIGURES}
    return {
        "slope_per_100_jobs": {name: round(slope(values), 3) for name, values in of_figure.items()},
        "first": {name: next(iter(values.values())) for name, values in of_figure.items()},
        "last": {name: list(values.values())[-1] for name, values in of_figure.items()},
    }


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["process | figure | first | last | per 100 runs"]
    for row in report["processes"]:
        for name in FIGURES:
            values = f"{row['first'][name]:.0f} | {row['last'][name]:.0f} | {row['slope_per_100_jobs'][name]:+.2f}"
            lines.append(f"{row['process']} | {name.replace('_', ' ')} | {values}")
    ended = ", ".join(f"{count} {state}" for state, count in report["runs"].items())
    return "\n".join([*lines, f"{report['jobs']} runs ({ended}), {report['workers']} worker processes"])


def _perform(host: Host, number: int) -> str:
    """The final state of one run."""
    settings = {"longest_edge_px": 64, "steps": 2, **VARIED[number % len(VARIED)]}
    answer = host.ask("submit", settings, number, number % 10 == 0)
    if "job" not in answer:
        raise WorkerError(f"run {number} should be accepted, got: {answer['refused']}; free the machine and try again")
    return str(host.ask("wait", answer["job"], JOB_SECONDS))


def _sample(host: Host, jobs: int) -> MemorySample:
    workers = host.workers()
    if len(workers) != 1:
        raise WorkerError(f"the job service should have one worker after run {jobs}, got {len(workers)}; try again")
    return MemorySample(jobs, workers[0].pid, _held(host.process), _held(workers[0]))


def _held(process: psutil.Process) -> dict[str, float]:
    with process.oneshot():
        memory = round(process.memory_info().rss / 1e6, 1)
        return {"memory_mb": memory, "handles": process.num_fds(), "threads": process.num_threads()}
