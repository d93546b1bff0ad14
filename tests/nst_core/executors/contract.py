"""Workers of an executor, outside a job service: commands are sent to them, and their events are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nst_core.film.reading import Film
from nst_core.jobs.executor import Executor, UnreachableError, WorkerHandle
from nst_core.jobs.messages import Beat, Command, FilmFiles, RunCommand, RunEvent, Stepped, WorkerEvent
from nst_core.picture.upload import Picture
from nst_core.recipe import make
from nst_core.runs.films import first_frame
from nst_core.runs.inputs import RunInputs
from tests.nst_core.jobs.servers import picture, until

E = TypeVar("E", bound=WorkerEvent)
PATIENCE = 60.0


@dataclass(frozen=True)
class Place:
    """An executor with toy workers, and how one of its workers is killed from outside."""

    executor: Executor
    kill: Callable[[WatchedWorker], None]


@dataclass(eq=False)
class WatchedWorker:
    """A worker with all that it has reported; it is ended by its test."""

    executor: Executor
    number: int = 0
    events: list[WorkerEvent] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    handle: WorkerHandle = field(init=False)

    def __post_init__(self) -> None:
        until(self._has_started, PATIENCE)

    def _has_started(self) -> bool:
        try:
            self.handle = self.executor.start(self.number, self.events.append, self.ends.append)
        except UnreachableError:
            return False
        return True

    def send(self, command: Command) -> None:
        self.handle.send(command)

    def all(self, kind: type[E], job: str = "") -> list[E]:
        """The events of a kind, of one run if it is named."""
        found = [event for event in list(self.events) if isinstance(event, kind)]
        return [event for event in found if not job or (isinstance(event, RunEvent) and event.job == job)]

    def wait(self, kind: type[E], job: str = "", count: int = 1) -> list[E]:
        """Wait for so many events of a kind; returns all of them."""
        until(lambda: len(self.all(kind, job)) >= count or bool(self.ends), PATIENCE)
        assert self.ends == []
        return self.all(kind, job)

    def run(self, job: str, path: Path | None = None, **changes: Any) -> None:
        """Send a run, with its checkpoint in `path`."""
        self.send(run_command(job, path, **changes))

    def steps(self, job: str) -> list[int]:
        return [event.point.step for event in self.all(Stepped, job)]

    def kinds(self, job: str) -> list[str]:
        """The kinds of a run's events, each once in a row."""
        kinds = [event.kind for event in self.events if isinstance(event, RunEvent) and event.job == job]
        return [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]

    def stands(self, job: str) -> int:
        """Wait until no step of a run has come for three beats; returns its last step."""
        while True:
            at, beats = self.steps(job)[-1], len(self.all(Beat))
            self.wait(Beat, count=beats + 3)
            if self.steps(job)[-1] == at:
                return at


def run_command(
    job: str, path: Path | None = None, content: Picture | None = None, settings: Mapping[str, Any] | None = None
) -> RunCommand:
    """A run of a toy worker: by default it is longer than any test."""
    inputs = RunInputs(content or picture(), (picture(1),))
    changes = {"steps": 5000, "longest_edge_px": 64, "snapshot_every": 5, **(settings or {})}
    recipe = inputs.named_in(make(settings=changes))
    arrays, data = inputs.packed()
    return RunCommand(
        job=job, recipe=recipe, arrays=arrays, data=data, measure=False, checkpoint=str(path) if path else ""
    )


def film_command(job: str, film: Film, folder: Path) -> RunCommand:
    """A run of a film with its files in a folder."""
    path = folder / film.path.name
    path.write_bytes(film.path.read_bytes())
    files = FilmFiles(
        path=str(path),
        sha256=film.sha256,
        info=film.info,
        work=str(folder / "work"),
        result=str(folder / "result.mp4"),
    )
    recipe = make(settings={"medium": "film", "method": "fast", "longest_edge_px": 64})
    inputs = RunInputs(first_frame(film, recipe), (picture(1),), film=film)
    arrays, data = inputs.packed()
    return RunCommand(job=job, recipe=inputs.named_in(recipe), arrays=arrays, data=data, film=files, measure=False)


def half_white(width: int, height: int) -> Picture:
    """Black above, white below, of noise in its lowest bits, so that no byte of it can be left out unseen."""
    values = np.random.default_rng(0).integers(0, 8, (height, width, 3), np.uint8)
    values[height // 2 :] += 248
    return Picture.from_pixels(values)


def seconds_of(act: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began
