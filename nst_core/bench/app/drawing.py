"""What it costs a run that somebody watches its curves: its pace with them and without, by turns. Part of `bench live`.

A browser works on the same cores as the painting here, on which a hosted app's visitors have none: so the cost is
measured with `bench.onlooker`'s visitor too, who has no browser.
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

from nst_core.bench.app.headless_client import looking
from nst_core.errors import WorkerError

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from nst_core.jobs.database import RunDatabase

UNSEEN = "unseen"
WATCHING = {
    UNSEEN: "nobody watches",
    "elsewhere": "a browser elsewhere watches",
    "beside": "a browser on the same cores watches",
}
PAIRS = {"elsewhere": 100, "beside": 6}
"""How often each way of watching takes turns with nobody. A machine's pace drifts: what is compared are neighbours."""
PHASE_SECONDS = 3.0
"""How long a turn is ..."""
SETTLING_SECONDS = {"elsewhere": 0.75, "beside": 2.0}
"""... after one who comes or goes has made work of their own, and the record, a moment late, tells of no step from
before. The visitor elsewhere stays, and asks for nothing."""
SURE = 0.95
HAS_CURVE = "() => (document.querySelector('.js-plotly-plot')?.data?.[0]?.x ?? []).length > 1"
_WAITS_MS = 120_000


@dataclass(frozen=True)
class Watched:
    """A run under way: where it is watched, with which browser, its server's process, and the record of its steps."""

    address: str
    page: Page
    web: psutil.Process
    rows: RunDatabase
    job: str


@dataclass(frozen=True)
class Turn:
    """What happened in one: seconds a step took, and seconds that the server and the run's process computed."""

    step: float
    web: float
    run: float


def cost(watched: Watched, pairs: Mapping[str, int] = PAIRS) -> dict[str, Any]:
    """Let each way of watching take turns with nobody.

    Returns:
        `step_seconds`: medians over the turns of each of `WATCHING`. For each way, `longer`: how much longer a step is
        than in the turn of nobody beside it (0.03: 3 %), as `middle` has it; and `pairs`, of so many turns.
        `web_share`: what the server computes for one who watches elsewhere, in parts of what the run computes.

    Raises:
        WorkerError: the app broke off, or the run ended.
    """
    turns: dict[str, list[tuple[Turn, Turn]]] = {}
    with looking(watched.address) as onlooker:
        look: Callable[[], Any] = partial(setattr, onlooker, "rests", False)
        leave: Callable[[], Any] = partial(setattr, onlooker, "rests", True)
        turns["elsewhere"] = _by_turns(watched, pairs["elsewhere"], SETTLING_SECONDS["elsewhere"], look, leave)
    look, leave = partial(_open, watched), partial(watched.page.goto, "about:blank")
    turns["beside"] = _by_turns(watched, pairs["beside"], SETTLING_SECONDS["beside"], look, leave)
    unseen = [without.step for of in turns.values() for without, _ in of]
    seen = {way: [seen.step for _, seen in of] for way, of in turns.items()}
    return {
        "step_seconds": {UNSEEN: statistics.median(unseen)} | {way: statistics.median(of) for way, of in seen.items()},
        "longer": {way: middle([seen.step / without.step - 1 for without, seen in of]) for way, of in turns.items()},
        "pairs": dict(pairs),
        "web_share": _web_share(turns["elsewhere"]),
    }


def table(report: Mapping[str, Any]) -> list[str]:
    """What `cost` found as lines for people."""
    lines = []
    for way, seconds in report["step_seconds"].items():
        longer = f" ({told(report['longer'][way])}, {report['pairs'][way]} pairs)" if way in report["longer"] else ""
        lines.append(f"a step while {WATCHING[way]}: {seconds:.3f} s{longer}")
    return [*lines, f"the server computes {100 * report['web_share']:.1f} % of the run for one who watches elsewhere"]


def told(longer: Mapping[str, float]) -> str:
    """A share that `middle` has found, in percent, with where it lies."""
    return "{median:+.1f} %, between {least:+.1f} and {most:+.1f}".format(**{k: 100 * v for k, v in longer.items()})


def middle(values: Sequence[float], sure: float = SURE) -> dict[str, float]:
    """The median of values, and `least` and `most`, between which that of all there could be lies, as `sure` as asked.

    Whatever their distribution: each lies below its median as often as above it, so that of n values more than k lie
    on one side with the probability that the binomial distribution tells. Too few values are never sure; then it is
    the least and the most of them.
    """
    ordered, count = sorted(values), len(values)
    outside = below = 0
    while (below := below + math.comb(count, outside)) / 2**count <= (1 - sure) / 2:
        outside += 1
    cut = max(outside - 1, 0)
    return {"median": statistics.median(ordered), "least": ordered[cut], "most": ordered[count - 1 - cut]}


def _by_turns(
    watched: Watched, count: int, settling: float, look: Callable[[], Any], leave: Callable[[], Any]
) -> list[tuple[Turn, Turn]]:
    """Pairs of turns of nobody and of one who watches, which of them is first by turns too."""

    def taken(begin: Callable[[], Any]) -> Turn:
        begin()
        time.sleep(settling)
        return _turn(watched)

    pairs = []
    for number in range(count):
        first, second = (look, leave) if number % 2 else (leave, look)
        one, other = taken(first), taken(second)
        pairs.append((other, one) if number % 2 else (one, other))
    leave()
    return pairs


def _turn(watched: Watched) -> Turn:
    """The pace of the run from now on, so long; each step counts, for a drawing delays but some of them."""
    before, known = _processor_seconds(watched.web), len(watched.rows.points(watched.job))
    time.sleep(PHASE_SECONDS)
    made = [point.seconds for point in watched.rows.points(watched.job)[known:]]
    if len(made) < 2:
        raise WorkerError(f"a run should go on while it is measured, but made {len(made)} steps in {PHASE_SECONDS:g} s")
    web, run = (after - before[name] for name, after in _processor_seconds(watched.web).items())
    return Turn((made[-1] - made[0]) / (len(made) - 1), web, run)


def _open(watched: Watched) -> None:
    """Have the browser on the same cores watch."""
    watched.page.goto(watched.address)
    watched.page.wait_for_function(HAS_CURVE, timeout=_WAITS_MS)


def _web_share(turns: Sequence[tuple[Turn, Turn]]) -> float:
    """What the server computes for those who watch, in parts of what the run computes meanwhile."""
    return sum(seen.web - without.web for without, seen in turns) / sum(seen.run for _, seen in turns)


def _processor_seconds(web: psutil.Process) -> dict[str, float]:
    """What the server and the process that paints for it have computed so far."""

    def seconds(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    return {"web": seconds(web), "run": sum(seconds(child) for child in web.children())}
