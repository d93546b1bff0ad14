"""Many visitors at once, without a browser: waits, errors, fairness, and the memory of the web process. `bench load`.

The visitors open pages, move sliders, start runs and wait for them (`load_visitor`, `load_tab`). The server is another
process on 127.0.0.1; the visitors share one event loop, whose own load the report states.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil

from nst_core.bench.app.browser import NETWORKS_SECONDS, App, app
from nst_core.bench.app.load_tab import Records, opened
from nst_core.bench.app.load_visitor import BROWSED, Visitor
from nst_core.errors import RecipeError, WorkerError

WAITS = {
    "opening": "to open the app in a new tab",
    "switch": "to switch to another page",
    "interaction": "to see the answer to a moved slider or a pressed button",
    "start": "to see whether a run is admitted; a fast one often has its picture by then",
}
"""The kinds of waits: name -> what the visitor is waiting for."""
VISITORS, MINUTES = 20, 2.0
MAX_VISITORS, MAX_MINUTES = 200, 60.0
PAINTS_EVERY = 4
"""One in this many visitors starts runs: more would only fill the queue, whose length is limited."""
ARRIVAL_SECONDS = 0.2
"""The interval between the arrivals of two visitors."""
BUSY_SHARE = 0.5
"""Share of a core above which the visitors' own event loop may distort the measurement."""
_SAMPLE_SECONDS = 1.0
_MB = 1e6
_SHOWN_ERRORS = 20


@dataclass
class Samples:
    """The web process and this one, once a second.

    Attributes:
        memory: (seconds since the start, resident memory of the web process in MB).
        lags: by how many seconds this process's event loop was late.
    """

    memory: list[tuple[float, float]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)


def run(visitors: int = VISITORS, minutes: float = MINUTES, seed: int = 0) -> dict[str, Any]:
    """Let visitors use a fresh server for some minutes.

    Args:
        visitors: their number, at most MAX_VISITORS.
        minutes: how long they stay, at most MAX_MINUTES.
        seed: of the random choices of their actions and pauses.

    Returns:
        `load`: for each of `WAITS` that occurred, {median, p95, most} of its `seconds`, their `count`, and `visitors`.
        `errors`: the first ones, and `error_count`: exceptions on pages, lost connections, HTTP errors, no answer.
        `memory`: see `memory_report`. `fairness`: see `fairness`. `runs_per_minute`: runs seen to their end.
        `refusals` of a full queue, after which visitors try again.
        `processor`: shares of a core that the web process and this client took, and the client's p95 of lateness in
        seconds. `minutes`, `seed`.

    Raises:
        RecipeError: a number is out of bounds.
        WorkerError: the app did not answer, or did not load its networks.
    """
    if not 1 <= visitors <= MAX_VISITORS:
        raise RecipeError(f"--visitors must be from 1 to {MAX_VISITORS}, got {visitors}")
    if not 0 < minutes <= MAX_MINUTES:
        raise RecipeError(f"--minutes must be more than 0 and at most {MAX_MINUTES:g}, got {minutes:g}")
    with app() as served:
        asyncio.run(_warm_up(served))
        return measure(served, visitors, minutes, seed)


def measure(served: App, visitors: int, minutes: float, seed: int) -> dict[str, Any]:
    """The report of `run`, from a server that is up."""
    began = time.monotonic()
    records, samples, processor = asyncio.run(_crowd(served, visitors, 60 * minutes, seed))
    passed_minutes = (time.monotonic() - began) / 60
    return {
        "load": [row | {"visitors": visitors} for row in waits(records.seconds)],
        "errors": records.errors[:_SHOWN_ERRORS],
        "error_count": len(records.errors),
        "memory": memory_report(samples.memory),
        "fairness": fairness(records.served),
        "runs_per_minute": round(sum(map(len, records.served.values())) / passed_minutes, 2),
        "refusals": records.refusals,
        "processor": processor | {"client_late_p95": round(percentile(samples.lags, 95), 3)},
        "received_mb": round(records.received / _MB, 1),
        "minutes": minutes,
        "seed": seed,
    }


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["a visitor waits | s: median, p95, most | times"]
    for row in report["load"]:
        seconds = row["seconds"]
        figures = f"{seconds['median']:.2f}, {seconds['p95']:.2f}, {seconds['most']:.2f}"
        lines.append(f"{WAITS[row['wait']]} | {figures} | {row['count']}")
    return "\n".join([*lines, *sentences(report), *report["errors"]])


def sentences(report: Mapping[str, Any]) -> list[str]:
    """The other results, one sentence each."""
    memory, fair, processor = report["memory"], report["fairness"], report["processor"]
    busy = "; it may have delayed what it measured" if processor["client"] > BUSY_SHARE else ""
    return [
        f"Errors: {report['error_count']}. Runs: {report['runs_per_minute']:g} a minute; refused by a full queue and "
        f"tried again: {report['refusals']}.",
        f"Web process: at most {memory['most_mb']:.0f} MB, {memory['slope_mb_per_minute']:+.2f} MB a minute over the "
        f"later half; {100 * processor['web']:.0f} % of a core.",
        f"Of {fair['painters']} visitors who painted, each waited {fair['median_seconds']:.1f} s for a result "
        f"(median), and the one who waited longest {fair['most_ratio']:.2f} times as long.",
        f"The visitors' own process took {100 * processor['client']:.0f} % of a core{busy}.",
    ]


def waits(seconds: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """A row for each kind of wait that occurred: {median, p95, most} in seconds, and the count."""
    return [
        {
            "wait": kind,
            "seconds": {
                "median": round(statistics.median(taken), 3),
                "p95": round(percentile(taken, 95), 3),
                "most": round(max(taken), 3),
            },
            "count": len(taken),
        }
        for kind in WAITS
        if (taken := seconds.get(kind))
    ]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed; 0 without values."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)] if ranked else 0.0


def memory_report(samples: Sequence[tuple[float, float]]) -> dict[str, float]:
    """`least_mb`, `most_mb`, and `slope_mb_per_minute` by least squares over the later half, once caches are full.

    Args:
        samples: (seconds since the start, MB), in order of time.
    """
    later = [sample for sample in samples if 2 * sample[0] >= samples[-1][0]]
    slope = 60 * float(np.polyfit([at for at, _ in later], [mb for _, mb in later], 1)[0]) if len(later) > 2 else 0.0
    sizes = [mb for _, mb in samples] or [0.0]
    return {"least_mb": min(sizes), "most_mb": max(sizes), "slope_mb_per_minute": round(slope, 2)}


def fairness(served: Mapping[int, Sequence[float]]) -> dict[str, float]:
    """How evenly visitors who paint are served.

    Args:
        served: visitor -> seconds from the first press to each result; refusals and further presses lie between.

    Returns:
        `painters`: their number; `median_seconds`: the median over them of each one's mean wait; `most_ratio`: the
        longest mean wait as a multiple of that median.
    """
    means = [statistics.fmean(seconds) for seconds in served.values() if seconds]
    middle = statistics.median(means) if means else 0.0
    ratio = max(means) / middle if middle else 0.0
    return {"painters": len(means), "median_seconds": round(middle, 2), "most_ratio": round(ratio, 2)}


async def _warm_up(served: App) -> None:
    """Open each page once, and wait until the networks are loaded: so that no measured visitor is the first one."""
    until = time.monotonic() + NETWORKS_SECONDS
    async with opened(served.url, "", "", Records()) as tab:
        for page in (*BROWSED, "slow"):  # the last one says whether the networks are loaded
            await tab.ask(tab.tab.go(page))
        while not tab.has_networks:
            if time.monotonic() > until:
                raise WorkerError(f"the networks should be loaded within {NETWORKS_SECONDS:g} s, and were not")
            await asyncio.sleep(_SAMPLE_SECONDS)


async def _crowd(served: App, visitors: int, seconds: float, seed: int) -> tuple[Records, Samples, dict[str, float]]:
    """Let the visitors come one after another, and stay until the time is over."""
    records, samples, web, client = Records(), Samples(), psutil.Process(served.pid), psutil.Process()
    began, cpu = time.monotonic(), [_processor_seconds(each) for each in (web, client)]
    sampling = asyncio.create_task(_sample(web, samples, began))

    async def come(number: int) -> None:
        await asyncio.sleep(min(ARRIVAL_SECONDS * number, seconds / 2))
        paints = number % PAINTS_EVERY == 0
        await Visitor(served.url, number, records, seed=seed, paints=paints).visit(began + seconds)

    await asyncio.gather(*(come(number) for number in range(visitors)))
    sampling.cancel()
    passed = time.monotonic() - began
    used = [_processor_seconds(each) - before for each, before in zip((web, client), cpu, strict=True)]
    return records, samples, {"web": round(used[0] / passed, 3), "client": round(used[1] / passed, 3)}


async def _sample(web: psutil.Process, samples: Samples, began: float) -> None:
    while True:
        samples.memory.append((time.monotonic() - began, web.memory_info().rss / _MB))
        due = time.monotonic() + _SAMPLE_SECONDS
        await asyncio.sleep(_SAMPLE_SECONDS)
        samples.lags.append(time.monotonic() - due)


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
