"""Waiting times of the real job service beside simulated ones, at three loads. `bench queue` measures them.

Short real runs arrive at random moments. The simulation gets the same arrivals and, one after the other: each run's own
measured service time, which holds its rules of the queue against the real ones; service times drawn from those of the
load, which leaves out that slow runs of a busy machine follow each other; and, for a prediction, service times drawn
from those of an idle service before.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.bench.report.tools import median_and_most
from nst_core.bench.service.host import Host, WorkerKind, until
from nst_core.capacity.simulation import Arrival, simulate
from nst_core.errors import WorkerError
from nst_core.recipe import make
from nst_core.runs import cost

LOADS = (0.4, 0.6, 0.8)
"""The share of the worker's time that the runs of each load would take."""
SECONDS = 50.0
"""How long runs arrive, at each load; the last ones are over a little later."""
KINDS: tuple[tuple[float, Mapping[str, Any]], ...] = (
    (0.7, {"method": "fast", "longest_edge_px": 256}),
    (0.3, {"method": "slow", "longest_edge_px": 128, "steps": 6}),
)
"""Share of the runs, and settings. Runs of the two kinds last differently, so that the order matters."""
MEASURED = {"method": "fast", "longest_edge_px": 512}
"""A whole run of the fast method as a visitor starts it: its result is measured too."""
WARM_UPS, IDLE_RUNS = 2, 8
"""Runs of each kind before the loads, one at a time: the first ones also trace the networks."""
RESAMPLED = 50
"""Simulations of each load; their mean counts."""
READY_SECONDS = 180.0
_UNLIMITED = dict.fromkeys(("NST_QUEUE_RUNS", "NST_RUNS_PER_VISITOR", "NST_RUNS_PER_ADDRESS"), "1000")


@dataclass(frozen=True)
class Served:
    """What was measured of one run, in seconds since the beginning of its load: when it queued, began and ended."""

    kind: int
    queued: float
    began: float
    ended: float

    @property
    def wait(self) -> float:
        """The time in the queue."""
        return self.began - self.queued

    @property
    def service(self) -> float:
        """The time at the worker."""
        return self.ended - self.began


@dataclass(frozen=True)
class Alone:
    """Runs of an idle service.

    Attributes:
        seconds: kind -> service times.
        handover: the wait of a run that nothing is before, in seconds: it is stored and sent.
    """

    seconds: Mapping[int, Sequence[float]]
    handover: float


def run(seed: int = 0, worker: WorkerKind = "real", seconds: float = SECONDS) -> dict[str, Any]:
    """Measure a job service with one worker.

    Args:
        seed: of the arrivals.
        worker: "real" paints; "toy" tries the benchmark alone.
        seconds: how long runs arrive, at each load.

    Returns:
        `loads`: rows as `compared` makes them. `kinds`: method, edge and seconds {median, most} of an idle service.
        `handover_seconds`: see `Alone`.
        `extra`: method -> seconds that a whole run takes beside its estimate, if this machine is calibrated.

    Raises:
        WorkerError: the worker did not load its networks, or a run failed.
    """
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="nst-queue-", ignore_cleanup_errors=True) as folder:
        host = Host(Path(folder), worker, _UNLIMITED)
        try:
            if not until(lambda: host.ask("status") in ("ready", "busy"), READY_SECONDS, 0.2):
                raise WorkerError("the worker should have loaded its networks; look at python -m nst_core doctor")
            idle = _alone(host)
            extra = _extra(host)
            rows = []
            for load in LOADS:
                print(f"load {load:.0%}, {seconds:.0f} s", file=sys.stderr)
                served = _serve(host, _arrivals(load, idle.seconds, seconds, random))
                rows.append(compared(load, served, idle, seed))
        finally:
            host.end()
    kinds = [
        {
            "method": settings["method"],
            "edge_px": settings["longest_edge_px"],
            "seconds": median_and_most(idle.seconds[number]),
        }
        for number, (_, settings) in enumerate(KINDS)
    ]
    return {"loads": rows, "kinds": kinds, "handover_seconds": round(idle.handover, 4), "extra": extra}


def compared(load: float, served: Sequence[Served], idle: Alone, seed: int) -> dict[str, Any]:
    """The measured and the simulated mean wait of one load.

    Args:
        load: as it was meant to be.
        served: its runs.
        idle: the runs that were measured before.
        seed: of the simulated service times.

    Returns:
        `load`; `runs`: their number; `service_seconds`: the mean; `busy`: the load as it came out. Mean waits, in
        seconds: `measured`, `simulated` with each run's own service time, `drawn` with those of the load at random,
        `predicted` with those of `idle`; `difference`: simulated / measured - 1.
    """
    own = {kind: [run.service for run in served if run.kind == kind] for kind in {run.kind for run in served}}
    measured = statistics.fmean(run.wait for run in served)
    simulated = _mean_wait(served, [run.service for run in served], idle.handover)
    service = statistics.fmean(run.service for run in served)
    return {
        "load": load,
        "runs": len(served),
        "service_seconds": round(service, 3),
        "busy": round(service * len(served) / (served[-1].ended - served[0].queued), 3),
        "measured": round(measured, 3),
        "simulated": round(simulated, 3),
        "drawn": round(_drawn(served, Alone(own, idle.handover), seed), 3),
        "predicted": round(_drawn(served, idle, seed), 3),
        "difference": round(simulated / measured - 1, 3) if measured else 0.0,
    }


def _mean_wait(served: Sequence[Served], services: Sequence[float], handover: float) -> float:
    """The mean wait of the same arrivals, in seconds, with other service times; each is preceded by a handover."""
    arrivals = [Arrival(run.queued, handover + each) for run, each in zip(served, services, strict=True)]
    return simulate(arrivals, 1).mean_wait + handover


def _drawn(served: Sequence[Served], alone: Alone, seed: int) -> float:
    """The mean wait over simulations with service times drawn anew, in seconds."""
    random = np.random.default_rng(seed)
    each = [
        _mean_wait(served, [float(random.choice(alone.seconds[run.kind])) for run in served], alone.handover)
        for _ in range(RESAMPLED)
    ]
    return statistics.fmean(each)


def _arrivals(
    load: float, idle: Mapping[int, Sequence[float]], seconds: float, random: np.random.Generator
) -> list[tuple[float, int]]:
    """Random moments within `seconds`, each with the number of a kind."""
    shares = [share for share, _ in KINDS]
    mean = sum(share * statistics.fmean(idle[number]) for number, share in enumerate(shares))
    count = max(round(load / mean * seconds), 2)
    return [(at, int(random.choice(len(KINDS), p=shares))) for at in sorted(random.uniform(0, seconds, count).tolist())]


def _serve(host: Host, arrivals: Sequence[tuple[float, int]], *, measure: bool = False) -> list[Served]:
    """Submit runs at their moments and wait until all are over. Raises WorkerError if one is not done."""
    answers = host.ask("load", [(at, dict(KINDS[kind][1])) for at, kind in arrivals], measure)
    return [Served(kind, *_stamps(answer)) for (_, kind), answer in zip(arrivals, answers, strict=True)]


def _stamps(answer: Mapping[str, Any]) -> tuple[float, float, float]:
    if answer["state"] != "done":
        raise WorkerError(f"each run of the benchmark should be done, and one is {answer['state']}; try again")
    return answer["queued"], answer["running"], answer["done"]


def _alone(host: Host) -> Alone:
    """Measure runs of each kind, one at a time."""
    runs = [_serve(host, [(0.0, kind)])[0] for kind in range(len(KINDS)) for _ in range(WARM_UPS + IDLE_RUNS)]
    each = [
        runs[first + WARM_UPS : first + WARM_UPS + IDLE_RUNS] for first in range(0, len(runs), WARM_UPS + IDLE_RUNS)
    ]
    seconds = {kind: [run.service for run in of_kind] for kind, of_kind in enumerate(each)}
    return Alone(seconds, statistics.median(run.wait for of_kind in each for run in of_kind))


def _extra(host: Host) -> dict[str, float]:
    """Seconds of a whole run of the fast method beside its estimate; nothing without a calibration."""
    if (machine := cost.stored()) is None:
        return {}
    answers = [host.ask("load", [(0.0, dict(MEASURED))], True)[0] for _ in range(WARM_UPS + 1)]
    _, began, ended = _stamps(answers[-1])
    estimated = cost.of(make(settings=dict(MEASURED)), (64, 48), machine=machine).seconds
    return {"fast": round(max(ended - began - estimated, 0.0), 2)}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["load | runs | a run takes | measured wait | simulated | drawn | predicted | difference"]
    for row in report["loads"]:
        begin = f"{row['busy']:.0%} | {row['runs']} | {row['service_seconds']:.2f} s"
        waits = [f"{row[name]:.2f} s" for name in ("measured", "simulated", "drawn", "predicted")]
        lines.append(" | ".join([begin, *waits, f"{row['difference']:+.0%}"]))
    return "\n".join(lines)
