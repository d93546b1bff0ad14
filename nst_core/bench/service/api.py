"""The REST API of a real server: fast pictures against the engine, and the cost of listeners. `bench api`."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from nst_core.bench.app.browser import NETWORKS_SECONDS, App, app
from nst_core.bench.app.watching import format_interval, median_interval
from nst_core.bench.report.tools import in_subprocess, median_and_most
from nst_core.bench.service.api_listeners import listening
from nst_core.bench.service.host import until
from nst_core.errors import WorkerError
from nst_core.jobs.records import StoredCurves
from nst_core.picture import samples
from nst_core.picture.encode import to_jpeg
from nst_core.recipe import make

EDGE_PX = 384
CLIENTS = 4
"""Clients of `POST /stylize`, each of which sends its next request when it has its picture."""
REQUESTS, WARM_UPS = 12, 2
"""Requests of each client."""
PASSES = 20
LISTENERS = 200
LISTENED_PX = 192
PAIRS = 8
"""Pairs of neighbouring phases, without and with listeners: a machine's speed drifts."""
PHASE_SECONDS, SETTLING_SECONDS = 4.0, 1.0
CONTENTS, STYLE = ("coffee", "chelsea", "astronaut", "rocket"), "night-swirls"
_RATES = ("NST_API_PER_MINUTE", "NST_API_LISTENERS", "NST_API_LISTENERS_PER_ADDRESS")
UNLIMITED = {**dict.fromkeys(_RATES, "100000"), "NST_RUNS_PER_ADDRESS": "100"}
"""All clients of this benchmark have one address."""
_WAIT_SECONDS = 60.0
_CALIBRATION_SECONDS = 120.0


def run() -> dict[str, Any]:
    """Measure a fresh server on 127.0.0.1.

    Returns:
        `pass_seconds`: the engine's own, before and after the requests. `stylize`: seconds of a request. Both are
        {median, most}. `ratio`: the median request over as many passes in a row as there are clients. `rate_ratio`:
        seconds for each picture over those of a pass. `listeners`: see `listeners`.

    Raises:
        WorkerError: the server did not answer, or did not load its networks.
    """
    with app(**UNLIMITED) as served, httpx.Client(base_url=f"{served.url}/api/v1", timeout=_WAIT_SECONDS) as client:
        form = {"content_id": CONTENTS[0], "style_id": STYLE}  # the first run starts the worker
        if not until(lambda: client.post("/stylize", data=form).status_code == 200, NETWORKS_SECONDS, 0.5):
            raise WorkerError("the server should have loaded its networks; look at GET /readyz")
        until(lambda: _is_calibrated(client), _CALIBRATION_SECONDS, 1.0)
        return {**stylize(client), "listeners": listeners(served, client)}


def _is_calibrated(client: httpx.Client) -> bool:
    """Whether the worker has measured the machine; it does so in its first idle seconds, which occupies it."""
    return bool(client.post("/estimate", json={"width": EDGE_PX, "height": EDGE_PX}).json()["calibrated"])


def stylize(client: httpx.Client) -> dict[str, Any]:
    """Compare requests for a fast picture with the engine's passes before and after them; see `run`."""
    passes = in_subprocess(engine_passes)
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda name: _requests(client, name, WARM_UPS), CONTENTS))
        began = time.perf_counter()
        found = list(pool.map(lambda name: _requests(client, name, REQUESTS), CONTENTS))
        seconds = [each for of_client in found for each in of_client]
        spent = (time.perf_counter() - began) / len(seconds)
    passes += in_subprocess(engine_passes)
    one = statistics.median(passes)
    return {
        "edge_px": EDGE_PX,
        "clients": CLIENTS,
        "pass_seconds": median_and_most(passes),
        "stylize": median_and_most(seconds),
        "ratio": round(statistics.median(seconds) / (CLIENTS * one), 2),
        "rate_ratio": round(spent / one, 2),
    }


def engine_passes() -> list[float]:
    """Seconds of the engine's warm passes over the same pictures, in this process."""
    from nst_core.runs import runner

    style = samples.find(STYLE).load(EDGE_PX)
    contents = [samples.find(name).load(EDGE_PX) for name in CONTENTS]
    recipe = runner.prepare(
        make(settings={"method": "fast", "longest_edge_px": EDGE_PX, "styles": [{"sha256": style.sha256}]})
    )
    seconds = []
    for number in range(WARM_UPS * len(contents) + PASSES):
        began = time.perf_counter()
        (_,) = runner.run_recipe(contents[number % len(contents)].tensor(), [style.tensor()], recipe)
        seconds.append(time.perf_counter() - began)
    return seconds[-PASSES:]


def _requests(client: httpx.Client, name: str, count: int) -> list[float]:
    """Seconds of `count` requests, one after another."""
    form = {"style_id": STYLE, "recipe": json.dumps({"longest_edge_px": EDGE_PX})}
    photograph = to_jpeg(samples.find(name).load(EDGE_PX).tensor())
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        answer = client.post("/stylize", data=form, files={"content": photograph})
        if answer.status_code != 200:
            got = f"{answer.status_code}: {answer.text[:200]}"
            raise WorkerError(f"POST /stylize should answer with a picture, got {got}")
        seconds.append(time.perf_counter() - began)
    return seconds


def listeners(served: App, client: httpx.Client) -> dict[str, Any]:
    """The time of a step with `LISTENERS` listeners and without, in turns, and the delay of a step's event.

    Returns:
        `count`. `step_seconds`: medians, {without, with}. `longer`: growth of a step against its neighbour without
        listeners (0.03: 3 %), as `median_interval` gives it. `late`: seconds from a step to its event, minus those of
        the quickest event, {median, most}. `first`: seconds from a request to the first event, {median, most}.
    """
    recipe = json.dumps({"longest_edge_px": LISTENED_PX, "steps": 5000, "pyramid": "off"})
    answer = client.post(
        "/runs", data={"content_id": CONTENTS[0], "style_id": STYLE, "recipe": recipe, "measure": "false"}
    ).json()
    job, curves = answer["id"], StoredCurves(served.data)
    if not until(lambda: len(curves.points(job)) > 5, _WAIT_SECONDS, 0.2):
        raise WorkerError("a run should begin within a minute, and has not")
    url = f"{served.url}{answer['links']['events']}"
    pairs, steps, first = [], list[tuple[int, float, float]](), list[float]()
    for _ in range(PAIRS):
        time.sleep(SETTLING_SECONDS)
        without = _step_seconds(curves, job)
        with listening(url, curves.points(job)[-1].step, LISTENERS) as heard:
            time.sleep(SETTLING_SECONDS)
            seen = _step_seconds(curves, job)
        if heard.count < LISTENERS:
            raise WorkerError(f"{LISTENERS} listeners should stay, and {heard.count} did")
        pairs.append((without, seen))
        steps += heard.steps
        first += heard.first_seconds
    client.post(f"/runs/{job}/stop", headers={"X-Run-Secret": answer["secret"]})
    return {
        "count": LISTENERS,
        "step_seconds": {
            "without": round(statistics.median(without for without, _ in pairs), 3),
            "with": round(statistics.median(seen for _, seen in pairs), 3),
        },
        "longer": median_interval([seen / without - 1 for without, seen in pairs]),
        "late": median_and_most(lateness(steps)),
        "first": median_and_most(first),
    }


def lateness(steps: Sequence[tuple[int, float, float]]) -> list[float]:
    """The delay of each event after its step, minus the delay of the quickest event.

    Args:
        steps: step, seconds of the run's clock at its end, and seconds of another clock when its event came.
    """
    behind = [came - ended for _, ended, came in steps]
    return [each - min(behind) for each in behind]


def _step_seconds(curves: StoredCurves, job: str) -> float:
    """Seconds of a step during the next phase."""
    known = len(curves.points(job))
    time.sleep(PHASE_SECONDS)
    stamps = [point.seconds for point in curves.points(job)[known:]]
    if len(stamps) < 2:
        raise WorkerError(f"a run should go on while it is measured, but made {len(stamps)} steps in a phase")
    return (stamps[-1] - stamps[0]) / (len(stamps) - 1)


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    heard = report["listeners"]
    step = heard["step_seconds"]
    return "\n".join(
        [
            f"POST /stylize, {report['edge_px']} px, {report['clients']} clients: {report['stylize']['median']:.3f} s, "
            f"{report['ratio']:.2f} times as long as {report['clients']} passes of the engine, each "
            f"{report['pass_seconds']['median']:.3f} s; a picture takes {report['rate_ratio']:.2f} passes",
            f"a step with {heard['count']} listeners: {step['with']:.3f} s, without: {step['without']:.3f} s "
            f"({format_interval(heard['longer'])})",
            f"an event comes {heard['late']['median']:.2f} s after its step, at most {heard['late']['most']:.2f} s; "
            f"the first one {heard['first']['median']:.2f} s after a request, at most {heard['first']['most']:.2f} s",
        ]
    )
