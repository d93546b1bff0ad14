"""A job service in a process of its own. A benchmark controls it by lines of JSON, kills it and starts it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
import psutil

from nst_core.errors import NSTError, WorkerError
from nst_core.executors.local import LocalExecutor
from nst_core.film.reading import Film
from nst_core.jobs.observers import RunObserver
from nst_core.jobs.owners import owner_of
from nst_core.jobs.service import JobService
from nst_core.jobs.views import JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, make
from nst_core.runs.films import first_frame
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.axes import MAX_VALUES, Axis, axis, options, settings_for
from nst_core.sweeps.plan import make_plan
from nst_core.sweeps.runner import Sweep
from nst_core.sweeps.store import SavedSweep

WorkerKind = Literal["toy", "real"]
PROGRAMS = {"toy": "nst_core.bench.service.toy_worker", "real": "nst_core.jobs.worker"}
SECRET = "the benchmark"  # noqa: S105 - owns all runs of a folder that is deleted
STARTS_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 15.0
RUN_SECONDS, FILM_SECONDS = 120.0, 600.0
"""The longest wait for a run of a load, and for a film."""
_ROOT = Path(__file__).resolve().parents[3]


class HostGoneError(WorkerError):
    """The host process has ended."""


class Host:
    """The handle of the process in the benchmark.

    Attributes:
        process: the web process, as psutil sees it.
    """

    def __init__(self, folder: Path, worker: WorkerKind, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start it on a data folder, and wait until it answers. `settings`: variables. Raises WorkerError."""
        environment = {**os.environ, **settings, "NST_DATA_DIR": str(folder), "PYTHONPATH": str(_ROOT)}
        self._child = subprocess.Popen(  # noqa: S603 - a program of ours
            [sys.executable, "-m", __name__, worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.process = psutil.Process(self._child.pid)
        self.ask("status")

    def ask(self, name: str, *arguments: Any) -> Any:
        """The answer of one of `REQUESTS`. Raises HostGoneError if the process has ended."""
        try:
            print(json.dumps([name, *arguments]), file=self._child.stdin, flush=True)
            line = cast(Any, self._child.stdout).readline()
        except OSError:
            line = ""
        if not line:
            raise HostGoneError(f"the job service should answer {name!r}, but its process has ended; run it again")
        return json.loads(line)

    def workers(self) -> list[psutil.Process]:
        """Its worker processes: one, or none while it is replaced."""
        try:
            return list(self.process.children())
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self._child.kill()
        self._child.wait()
        self._close_pipes()

    def end(self) -> None:
        """Terminate it as an operator would; kill it if that takes too long."""
        cast(Any, self._child.stdin).close()
        try:
            self._child.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                cast(Any, pipe).close()
            except OSError:  # the last line written has no reader
                continue


def until(condition: Callable[[], Any], seconds: float, pause: float = 0.02) -> bool:
    """Wait until a condition holds, at most for `seconds`; returns whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# In the host process.


def _submit(service: JobService, settings: dict[str, Any], seed: int, measure: bool) -> dict[str, Any]:
    width, height = (64, 48) if seed % 2 else (48, 64)
    values = np.random.default_rng(seed).integers(0, 256, (2, height, width, 3), np.uint8)
    content, style = (Picture.from_pixels(pixels) for pixels in values)
    owner = owner_of(SECRET)
    try:
        return {"job": service.submit(make(settings=settings), content, [style], owner=owner, measure=measure)}
    except NSTError as error:
        return {"refused": str(error)}


def _view(service: JobService, job: str) -> dict[str, Any]:
    try:
        view = service.view(job)
    except NSTError as error:
        return {"state": "unknown", "error": str(error)}
    return {
        "state": view.state,
        "error": view.error,
        "has_result": view.result is not None,
        "has_report": view.report is not None,
        "points": [[point.step, point.losses.get("total")] for point in view.points],
    }


class _Stopwatch(RunObserver):
    """Notes when each run reached each state, by the monotonic clock."""

    def __init__(self) -> None:
        self.reached: dict[str, dict[str, float]] = {}

    def on_state(self, view: JobView) -> None:
        """Note the moment."""
        self.reached.setdefault(view.id, {})[view.state] = time.monotonic()


def _load(service: JobService, runs: Sequence[tuple[float, dict[str, Any]]], measure: bool) -> list[dict[str, Any]]:
    """Submit runs at their seconds from now; returns their final states, and the seconds at which they reached each."""
    watch, jobs = _Stopwatch(), list[str]()
    service.observe(watch)
    began = time.monotonic()
    for at, settings in runs:
        time.sleep(max(began + at - time.monotonic(), 0.0))
        jobs.append(_submit(service, settings, len(jobs), measure)["job"])
    states = [service.wait(job, RUN_SECONDS).state for job in jobs]
    return [
        {"state": state} | {name: at - began for name, at in watch.reached[job].items()}
        for job, state in zip(jobs, states, strict=True)
    ]


def _sheet(service: JobService, settings: dict[str, Any]) -> tuple[list[str], float]:
    """Paint a sweep of 5 by 5 cells; returns the cells' states, and the seconds that it took."""
    # None of these changes the size of a picture, for which a worker would trace the network anew.
    names = ("strength", "colour_preservation") if settings["method"] == "fast" else ("content_weight", "tv_weight")
    base = make(settings=settings)
    across, down = (_axis_of_five(base, name) for name in names)
    values = np.random.default_rng(0).integers(0, 256, (2, 96, 128, 3), np.uint8)
    content, style = (Picture.from_pixels(pixels) for pixels in values)
    sweep = Sweep(service, SavedSweep(make_plan(base, across, down), RunInputs(content, (style,)), owner_of(SECRET)))
    began = time.monotonic()
    sweep.filler.ensure_running()
    sweep.filler.join(RUN_SECONDS)
    return [cell.state for cell in sweep.cells], time.monotonic() - began


def _film(service: JobService, path: str, settings: dict[str, Any], runs: int) -> tuple[str, float]:
    """Paint a film so many times at once; returns the worst state, and the seconds that it took."""
    film, recipe = Film.open(Path(path)), make(settings={**settings, "medium": "film"})
    content = first_frame(film, recipe)
    style = Picture.from_pixels(np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8))
    owner, began = owner_of(SECRET), time.monotonic()
    jobs = [service.submit(recipe, content, [style], film=film, owner=owner, measure=False) for _ in range(runs)]
    states = {service.wait(job, FILM_SECONDS).state for job in jobs}
    seconds = time.monotonic() - began
    return next((state for state in states if state != "done"), "done"), seconds


def _axis_of_five(base: Recipe, name: str) -> Axis:
    setting = next(each for each in settings_for(base) if each.name == name)
    return axis(setting, base, tuple(options(setting, base))[-MAX_VALUES:])


def _act(service: JobService, action: str, job: str) -> None:
    getattr(service, action)(job, SECRET)


REQUESTS: dict[str, Callable[..., Any]] = {
    "submit": _submit,
    "view": _view,
    "act": _act,
    "load": _load,
    "sheet": _sheet,
    "film": _film,
    "status": lambda service: service.status().state,
    "workers": lambda service: service.status().workers,
    "wait": lambda service, job, seconds: service.wait(job, seconds).state,
}
"""The requests that a host answers, by name."""


def main() -> None:
    """Answer the benchmark's requests until it closes the pipe."""
    answers, requests = os.fdopen(os.dup(1), "w"), sys.stdin
    os.dup2(2, 1)
    service = JobService(executor=LocalExecutor(("-m", PROGRAMS[sys.argv[1]])))
    service.warm()
    try:
        for line in requests:
            name, *arguments = json.loads(line)
            print(json.dumps(REQUESTS[name](service, *arguments)), file=answers, flush=True)
    except BrokenPipeError:
        pass  # the benchmark ended in the middle of a request
    finally:
        service.close()


if __name__ == "__main__":
    main()
