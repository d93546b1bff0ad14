"""What `python -m nst_core capacity` tells: a prediction for a server and its visitors, as values and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.capacity import queueing
from nst_core.capacity.service_times import ServiceTime
from nst_core.capacity.simulation import random_arrivals, simulate
from nst_core.capacity.workload import Workload

SIMULATED_RUNS = 20_000
WARM_UP_SHARE = 0.1
"""The share of the simulated time that is not counted."""


@dataclass(frozen=True)
class Server:
    """What waits for the visitors: the workers, the places in the queue, and the wait that the operator allows."""

    workers: int
    places: int
    wait_seconds: float


def predict(
    workload: Workload, times: Sequence[ServiceTime], server: Server, seed: int = 0, runs: int = SIMULATED_RUNS
) -> dict[str, Any]:
    """The busiest hour of a server, simulated.

    Args:
        workload: the visitors.
        times: of each of its kinds of runs.
        server: what serves them.
        seed: of the random numbers.
        runs: the number of runs to simulate.

    Returns:
        `visitors` a day; `runs_an_hour` in the busiest one; `kinds` with name, share and seconds; `source` of the
        seconds; `workers`, `places`; `load`: the workers that the runs keep busy on average; `busy`: the share of the
        workers' time that is used; `wait_seconds`: {mean, p95}; `found`: the mean number of waiting runs that a run
        finds; `left` and `refused`: shares of the runs; `workers_needed`: the least number with which 95 % wait at most
        `allowed_seconds`, by the closed form.
    """
    seconds = [time.seconds for time in times]
    service = queueing.Service.of(seconds, [kind.share for kind in workload.kinds])
    load = workload.arrivals_a_second * service.seconds
    arrivals = random_arrivals(workload, seconds, runs, seed)
    outcome = simulate(arrivals, server.workers, server.places, WARM_UP_SHARE * arrivals[-1].at)
    counted = max(len(outcome.found), 1)
    return {
        "visitors": workload.visitors,
        "runs_an_hour": 3600 * workload.arrivals_a_second,
        "kinds": [
            {"name": kind.name, "share": kind.share, "seconds": each}
            for kind, each in zip(workload.kinds, seconds, strict=True)
        ],
        "source": "; ".join(dict.fromkeys(time.source for time in times)),
        "workers": server.workers,
        "places": server.places,
        "load": load,
        "busy": outcome.busy,
        "wait_seconds": {"mean": outcome.mean_wait, "p95": outcome.wait_of(0.95)},
        "found": float(outcome.found.mean()) if len(outcome.found) else 0.0,
        "left": outcome.left / counted,
        "refused": outcome.refused / counted,
        "workers_needed": queueing.least_workers(load, service, server.wait_seconds),
        "allowed_seconds": server.wait_seconds,
        "simulated_runs": runs,
        "seed": seed,
    }


def as_text(told: Mapping[str, Any]) -> str:
    """A prediction as lines of text."""
    lines = [f"{told['visitors']:,.0f} visitors a day, {told['runs_an_hour']:,.1f} runs in the busiest hour", ""]
    lines += [f"{'run':<20}{'share':>8}{'at a worker':>14}"]
    lines += [f"{kind['name']:<20}{kind['share']:>8.0%}{duration(kind['seconds']):>14}" for kind in told["kinds"]]
    waits = told["wait_seconds"]
    lines += [
        f"times: {told['source']}",
        "",
        f"{told['workers']} {_workers(told['workers'])}, {told['places']} places in the queue:",
        f"  workers are busy    {told['busy']:.0%} of the time",
        f"  a run waits         {duration(waits['mean'])} on average, 95 of 100 at most {duration(waits['p95'])}",
        f"  it finds            {told['found']:.1f} runs before it",
        f"  visitors who leave  {told['left']:.1%}",
        f"  runs refused        {told['refused']:.1%}",
        "",
        f"95 of 100 runs wait at most {duration(told['allowed_seconds'])} with {told['workers_needed']:,} "
        f"{_workers(told['workers_needed'])}; {told['load']:,.2f} are busy on average",
    ]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """A time in two digits: seconds, minutes or hours."""
    for unit, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _workers(count: int) -> str:
    return "worker" if count == 1 else "workers"
