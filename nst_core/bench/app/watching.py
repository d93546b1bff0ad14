"""The cost of watching a run: the time of a step with and without a client that follows its curves. Part of `live`.

A browser on this machine competes with the run for the processor; the browser of a hosted app's visitor does not. The
cost is therefore also measured with `headless_client`, which draws nothing.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil

from nst_core.bench.app.headless_client import connected
from nst_core.errors import WorkerError

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from nst_core.jobs.records import StoredCurves

UNWATCHED = "unseen"
WATCHING = {
    UNWATCHED: "nobody watches",
    "elsewhere": "a browser elsewhere watches",
    "beside": "a browser on the same cores watches",
}
"""Key in the report -> its meaning."""
PAIRS = {"elsewhere": 100, "beside": 6}
"""Number of pairs of phases, unwatched and watched, for each way of watching. A machine's speed drifts, so that only
neighbouring phases are compared."""
PHASE_SECONDS = 3.0
"""Length of a phase."""
SETTLING_SECONDS = {"elsewhere": 0.75, "beside": 2.0}
"""Pause between the arrival or departure of a client and the next phase: both cause work, and the last steps are stored
with a delay. The headless client stays connected and is only paused."""
CONFIDENCE = 0.95
HAS_CURVE = "() => (document.querySelector('.js-plotly-plot')?.data?.[0]?.x ?? []).length > 1"
_WAITS_MS = 120_000


@dataclass(frozen=True)
class WatchedRun:
    """An active run, with the page, processes and curves for its measurement.

    Attributes:
        address: the page that shows the run, with its query.
        page: a page of the browser on this machine.
        server: the web process, whose children are the workers.
        curves: the stored curves, with the run's.
        job: the run's id.
    """

    address: str
    page: Page
    server: psutil.Process
    curves: StoredCurves
    job: str


@dataclass(frozen=True)
class Phase:
    """Seconds of one phase: wall time of a step, processor time of the web process and of the workers."""

    step: float
    server_cpu: float
    workers_cpu: float


def cost(run: WatchedRun, pairs: Mapping[str, int] = PAIRS) -> dict[str, Any]:
    """Compare phases in which a client watches with neighbouring phases in which none does.

    Returns:
        `step_seconds`: median over the phases, for each key of `WATCHING`. For each way of watching, `longer`: the
        growth of a step against the unwatched neighbour (0.03: 3 %), as `median_interval` gives it; `pairs`: their
        number. `web_share`: processor time of the web process for a client elsewhere, as a share of the workers'.

    Raises:
        WorkerError: the server disconnected, or the run ended.
    """
    phases: dict[str, list[tuple[Phase, Phase]]] = {}
    with connected(run.address) as client:
        watch: Callable[[], Any] = partial(setattr, client, "paused", False)
        leave: Callable[[], Any] = partial(setattr, client, "paused", True)
        phases["elsewhere"] = _alternate(run, pairs["elsewhere"], SETTLING_SECONDS["elsewhere"], watch, leave)
    watch, leave = partial(_open, run), partial(run.page.goto, "about:blank")
    phases["beside"] = _alternate(run, pairs["beside"], SETTLING_SECONDS["beside"], watch, leave)
    unwatched = [without.step for compared in phases.values() for without, _ in compared]
    watched = {way: [seen.step for _, seen in compared] for way, compared in phases.items()}
    return {
        "step_seconds": {UNWATCHED: statistics.median(unwatched)}
        | {way: statistics.median(seconds) for way, seconds in watched.items()},
        "longer": {
            way: median_interval([seen.step / without.step - 1 for without, seen in compared])
            for way, compared in phases.items()
        },
        "pairs": dict(pairs),
        "web_share": _web_share(phases["elsewhere"]),
    }


def table(report: Mapping[str, Any]) -> list[str]:
    """The report of `cost` as lines of text."""
    lines = []
    for way, seconds in report["step_seconds"].items():
        longer = (
            f" ({format_interval(report['longer'][way])}, {report['pairs'][way]} pairs)"
            if way in report["longer"]
            else ""
        )
        lines.append(f"a step while {WATCHING[way]}: {seconds:.3f} s{longer}")
    return [*lines, f"the server computes {100 * report['web_share']:.1f} % of the run for one who watches elsewhere"]


def format_interval(longer: Mapping[str, float]) -> str:
    """A result of `median_interval` in percent, such as "+1.5 %, between +0.4 and +2.4"."""
    return "{median:+.1f} %, between {least:+.1f} and {most:+.1f}".format(**{k: 100 * v for k, v in longer.items()})


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> dict[str, float]:
    """The median of a sample, with a confidence interval from `least` to `most` for the population's median.

    The interval is that of the sign test and holds for any distribution: each value lies below the population's median
    with probability 1/2, so that the number of values below it is binomial. A sample too small for the confidence gives
    its whole range.
    """
    ordered, count = sorted(values), len(values)
    outside = below = 0
    while (below := below + math.comb(count, outside)) / 2**count <= (1 - confidence) / 2:
        outside += 1
    cut = max(outside - 1, 0)
    return {"median": statistics.median(ordered), "least": ordered[cut], "most": ordered[count - 1 - cut]}


def _alternate(
    run: WatchedRun, count: int, settling: float, watch: Callable[[], Any], leave: Callable[[], Any]
) -> list[tuple[Phase, Phase]]:
    """Pairs (unwatched, watched) of neighbouring phases; every second pair is measured in the other order."""

    def measured(begin: Callable[[], Any]) -> Phase:
        begin()
        time.sleep(settling)
        return _measure_phase(run)

    pairs = []
    for number in range(count):
        first, second = (watch, leave) if number % 2 else (leave, watch)
        one, other = measured(first), measured(second)
        pairs.append((other, one) if number % 2 else (one, other))
    leave()
    return pairs


def _measure_phase(run: WatchedRun) -> Phase:
    """Measure the next PHASE_SECONDS of the run. All steps are averaged, since drawing delays only some of them."""
    cpu, known = _cpu_seconds(run.server), len(run.curves.points(run.job))
    time.sleep(PHASE_SECONDS)
    stamps = [point.seconds for point in run.curves.points(run.job)[known:]]
    if len(stamps) < 2:
        raise WorkerError(
            f"a run should go on while it is measured, but made {len(stamps)} steps in {PHASE_SECONDS:g} s"
        )
    server, workers = (after - before for after, before in zip(_cpu_seconds(run.server), cpu, strict=True))
    return Phase((stamps[-1] - stamps[0]) / (len(stamps) - 1), server, workers)


def _open(run: WatchedRun) -> None:
    """Show the run in the browser on this machine."""
    run.page.goto(run.address)
    run.page.wait_for_function(HAS_CURVE, timeout=_WAITS_MS)


def _web_share(pairs: Sequence[tuple[Phase, Phase]]) -> float:
    """Processor time of the web process that watching adds, as a share of the workers' time."""
    added = sum(seen.server_cpu - without.server_cpu for without, seen in pairs)
    return added / sum(seen.workers_cpu for _, seen in pairs)


def _cpu_seconds(server: psutil.Process) -> tuple[float, float]:
    """Processor time so far of the web process, and of its workers."""

    def seconds(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    return seconds(server), sum(seconds(child) for child in server.children())
