"""Sheets of 5 by 5 cells and films of four scenes on one worker and on two. `bench sweep` measures them.

The job service, its queue and its workers are the real ones, and so is the filling of the sheet. Each worker uses one
core, as if it were the only one of its machine: one worker that has two cores uses most of both already. Both numbers
of workers take turns, so that a machine that slows down slows both.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nst_core.bench.service.host import Host, WorkerKind, until
from nst_core.errors import WorkerError
from nst_core.film.codecs import codec_of, encode_segment, rate_of
from nst_core.jobs.placement import THREADS
from nst_core.sweeps.axes import MAX_VALUES

WORKERS = (1, 2)
CELLS = MAX_VALUES**2
TURNS, RATE = 2, 25.0
"""How often each number of workers is measured, whose sums are compared; and the films' frames per second."""
SHEETS: Mapping[str, Mapping[str, Any]] = {
    "fast": {"method": "fast"},
    "slow": {"method": "slow", "steps": 10, "pyramid": "off"},
}
"""Sheet -> the settings that all of its cells share; a cell has the size of a sweep's cell."""
SCENES = ("astronaut", "chelsea", "coffee", "rocket")
"""The photographs of a film's scenes."""
FILMS: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "fast film": (125, {"method": "fast", "longest_edge_px": 256}),
    "slow film": (12, {"method": "slow", "longest_edge_px": 128, "steps": 20, "pyramid": "off"}),
}
"""Film -> the frames of each of its scenes, and the settings."""
READY_SECONDS = 180.0
_ONE_CORE = {THREADS: "1", "TF_NUM_INTEROP_THREADS": "1"}


def run(worker: WorkerKind = "real", turns: int = TURNS) -> dict[str, Any]:
    """Paint each sheet and each film with one worker and with two.

    Args:
        worker: "real" paints; "toy" tries the benchmark alone.
        turns: how often each number of workers is measured.

    Returns:
        `sheets`: rows {sheet, pictures, workers, seconds}: the shortest time of each sheet or film. `ratio`: sheet ->
        all times of two workers / all times of one.

    Raises:
        WorkerError: a worker did not load its networks, or a sheet or a film was not complete.
    """
    pictures = dict.fromkeys(SHEETS, CELLS) | {name: len(SCENES) * frames for name, (frames, _) in FILMS.items()}
    seconds: dict[tuple[str, int], list[float]] = {(sheet, count): [] for sheet in pictures for count in WORKERS}
    for turn in range(turns):
        for count in WORKERS:
            print(f"turn {turn + 1}, workers: {count}", file=sys.stderr)
            for sheet, taken in _measure(worker, count).items():
                seconds[sheet, count].append(taken)
    rows = [
        {"sheet": sheet, "pictures": pictures[sheet], "workers": count, "seconds": round(min(taken), 2)}
        for (sheet, count), taken in seconds.items()
    ]
    ratio = {sheet: round(sum(seconds[sheet, WORKERS[1]]) / sum(seconds[sheet, WORKERS[0]]), 3) for sheet in pictures}
    return {"sheets": rows, "ratio": ratio}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    names = ("sheet", "pictures", "workers", "seconds")
    rows = [" | ".join(str(row[name]) for name in names) for row in report["sheets"]]
    ratios = [f"{sheet}: {ratio:.0%} of one worker's time" for sheet, ratio in report["ratio"].items()]
    return "\n".join(["sheet | pictures | workers | s", *rows, *ratios])


def _measure(worker: WorkerKind, count: int) -> dict[str, float]:
    """Sheet or film -> seconds on so many workers, once each has traced the networks."""
    with tempfile.TemporaryDirectory(prefix="nst-sweep-", ignore_cleanup_errors=True) as folder:
        host = Host(Path(folder), worker, {"NST_WORKERS": str(count), "NST_QUEUE_RUNS": "100"} | _ONE_CORE)
        try:
            if not until(lambda: host.ask("workers") == count, READY_SECONDS, 0.2):
                raise WorkerError(f"{count} workers should be ready; look at python -m nst_core doctor")
            found = {}
            for sheet, settings in SHEETS.items():
                host.ask("sheet", dict(settings))  # each worker traces
                found[sheet] = _complete(host.ask("sheet", dict(settings)))
            for film, (frames, settings) in FILMS.items():
                path = _written(Path(folder) / f"{film}.mp4", frames, settings["longest_edge_px"])
                host.ask("film", str(path), dict(settings), count)  # each worker traces
                state, found[film] = host.ask("film", str(path), dict(settings), 1)
                if state != "done":
                    raise WorkerError(f"a film should be done, but it is {state}; try again")
            return found
        finally:
            host.end()


def _written(path: Path, frames: int, width: int) -> Path:
    """A film whose scenes are photographs under a camera that moves, each with so many frames."""
    from nst_core.bench.engines.known_films import Camera, filmed

    with path.open("wb") as file:
        scenes = [filmed(name, Camera(right=1.0), width, frames).frames for name in SCENES]
        encode_segment(itertools.chain(*scenes), rate_of(RATE), codec_of("mp4", None), file)
    return path


def _complete(answer: Sequence[Any]) -> float:
    """The seconds of a sheet's answer. Raises WorkerError if a cell is not painted."""
    states, seconds = answer
    if list(states) != ["painted"] * CELLS:
        raise WorkerError(f"all cells should be painted, got {', '.join(sorted(set(states)))}; try again")
    return float(seconds)
