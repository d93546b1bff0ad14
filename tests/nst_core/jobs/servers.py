"""Job services that are closed and opened again on one folder, with a worker whose events the test sends."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nst_core.jobs.executor import Leave, OnEvent, OnExit, StartWorker, WorkerHandle
from nst_core.jobs.messages import (
    Began,
    Command,
    Finished,
    Ready,
    ResultReady,
    RunCommand,
    Stepped,
    WorkerEvent,
)
from nst_core.jobs.service import CurvePoint, JobService, owner_of
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, make
from nst_core.settings import Settings

ANN, BEN = "a" * 32, "b" * 32
"""The secrets of two visitors."""


class FakeWorker:
    """A worker that records its commands and sends the events that the test gives it."""

    pid = 1
    leave = Leave.NEVER

    def __init__(self, on_event: OnEvent, on_exit: OnExit) -> None:
        self._on_event, self.die = on_event, on_exit
        self.commands: list[Command] = []

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def end(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def report(self, event: WorkerEvent, memory_mb: float = 1.0) -> None:
        self._on_event(event.model_copy(update={"memory_mb": memory_mb}))

    def ready(self) -> None:
        self.report(Ready(device="an abacus", precision="float32", sources={}))

    def run_command(self) -> RunCommand:
        """The newest run that it was given; waits for one."""
        until(lambda: any(isinstance(command, RunCommand) for command in self.commands))
        return next(command for command in reversed(self.commands) if isinstance(command, RunCommand))

    def begin(self, job: str, steps: Sequence[int] = ()) -> None:
        """Start a run, from a checkpoint whose curve has these steps."""
        self.report(Began(job=job, content=b"content", curve=tuple(map(point, steps))))

    def step(self, job: str, number: int) -> None:
        self.report(Stepped(job=job, point=point(number), total_steps=9, snapshot=f"jpeg {number}".encode()))

    def finish(self, job: str, *, stopped: bool = False, memory_mb: float = 1.0) -> None:
        self.report(ResultReady(job=job, png=b"png"))
        report = {"recipe": make().model_dump(mode="json"), "size": [7, 5]}
        self.report(Finished(job=job, report=report, stopped=stopped), memory_mb)

    def report_film_end(self, job: str, recipe: Recipe) -> None:
        """Report that a film's run is over; the test has written its film."""
        self.report(ResultReady(job=job, png=b"png"))
        self.report(Finished(job=job, report={"recipe": recipe.model_dump(mode="json"), "size": [7, 5]}))


def point(number: int) -> CurvePoint:
    return CurvePoint(number, number / 4, {"total": 1.0}, scale_px=64, evaluations=number)


class Workers:
    """An executor whose workers a function starts, on one place for each of NST_WORKERS."""

    def __init__(self, start: StartWorker) -> None:
        self._start, self.capacity = start, Settings.read().workers or 1
        self.problem, self.wanted, self.is_closed = "", 0, False
        self.numbers: list[int] = []

    def want(self, runs: int) -> None:
        self.wanted = runs

    def close(self) -> None:
        self.is_closed = True

    def start(self, number: int, on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        assert not self.is_closed
        self.numbers.append(number)
        return self._start(on_event, on_exit)


class Servers:
    """One job service after another on the same folder."""

    def __init__(self) -> None:
        self.workers: list[FakeWorker] = []
        self.executor = Workers(self.spawn)
        self._service: JobService | None = None

    @property
    def worker(self) -> FakeWorker:
        """The newest worker."""
        return self.workers[-1]

    def spawn(self, on_event: OnEvent, on_exit: OnExit) -> FakeWorker:
        self.workers.append(FakeWorker(on_event, on_exit))
        return self.worker

    def start(self) -> JobService:
        """The next service; the one before is closed."""
        self.stop()
        self.executor = Workers(self.spawn)
        self._service = JobService(executor=self.executor)
        return self._service

    def stop(self) -> None:
        if self._service:
            self._service.close(save_seconds=0)
        self._service = None


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def picture(seed: int = 0) -> Picture:
    values = np.random.default_rng(seed).integers(0, 256, (5, 7, 4), np.uint8)
    return Picture.from_pixels(values[..., :3], values[..., 3])


def submit(service: JobService, secret: str = ANN) -> str:
    """A run of the visitor with this secret."""
    return service.submit(make(settings={"steps": 9}), picture(), [picture(1)], owner=owner_of(secret))


def under_way(servers: Servers, service: JobService, steps: int = 4) -> str:
    """A run that has done so many steps."""
    job = submit(service)
    servers.worker.ready()
    servers.worker.begin(job)
    for number in range(steps):
        servers.worker.step(job, number)
    return job


def save(servers: Servers) -> None:
    """Write a checkpoint where the worker's run should have it."""
    path = Path(servers.worker.run_command().checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")


def numbers(service: JobService, job: str) -> list[int]:
    return [point.step for point in service.view(job).points]
