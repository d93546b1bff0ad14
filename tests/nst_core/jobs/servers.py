"""Desks that are closed and opened again on one folder, with a worker that does and tells what the test says."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.jobs.process import OnEvent, OnExit
from nst_core.jobs.service import JobService
from nst_core.jobs.supervisor import SpawnWorker
from nst_core.picture.upload import Picture
from nst_core.recipe import make


class Played:
    """A worker that is told about and told to by the test."""

    pid = 1

    def __init__(self, hear: OnEvent, gone: OnExit) -> None:
        self._hear, self.die = hear, gone
        self.asked: list[Mapping[str, Any]] = []
        self.blobs: list[Sequence[bytes | memoryview]] = []

    def send(self, command: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
        self.asked.append(command)
        self.blobs.append(blobs)

    def end(self) -> None:
        pass

    def tell(self, event: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        self._hear({"event": event, "memory_mb": 1.0, **facts}, list(blobs))

    def ready(self) -> None:
        self.tell("ready", device="a desk fan", precision="float32", sources={})

    def order(self) -> Mapping[str, Any]:
        """The run it was handed last; waits for it."""
        until(lambda: any(command["do"] == "run" for command in self.asked))
        return next(command for command in reversed(self.asked) if command["do"] == "run")

    def begin(self, job: str, points: Sequence[int] = ()) -> None:
        told = [
            {"number": n, "seconds": n / 4, "losses": {"total": 1.0}, "scale_px": 64, "evaluations": n} for n in points
        ]
        self.tell("began", [b"content"], job=job, curve=told)

    def step(self, job: str, number: int) -> None:
        facts = {"of": 9, "seconds": number / 4, "scale_px": 64, "losses": {"total": 1.0}, "marks": []}
        more = {"evaluations": number, "levels": {}, "notes": []}
        self.tell("step", [f"jpeg {number}".encode()], job=job, number=number, **facts, **more)

    def finish(self, job: str, state: str = "done") -> None:
        self.tell("result", [b"png"], job=job)
        self.tell(state, job=job, report={"recipe": make().model_dump(mode="json"), "size": [7, 5]})


class Servers:
    """One desk after another on the same folder."""

    def __init__(self) -> None:
        self.workers: list[Played] = []
        self._desk: JobService | None = None

    @property
    def worker(self) -> Played:
        return self.workers[-1]

    def hire(self) -> SpawnWorker:
        def hire(hear: OnEvent, gone: OnExit) -> Played:
            self.workers.append(Played(hear, gone))
            return self.worker

        return hire

    def start(self) -> JobService:
        self.stop()
        self._desk = JobService(spawn=self.hire())
        return self._desk

    def stop(self) -> None:
        if self._desk:
            self._desk.close()
        self._desk = None


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def picture(seed: int = 0) -> Picture:
    values = np.random.default_rng(seed).integers(0, 256, (5, 7, 4), np.uint8)
    return Picture.from_pixels(values[..., :3], values[..., 3])


def submit(desk: JobService, visitor: str = "ann") -> str:
    return desk.submit(make(settings={"steps": 9}), picture(), [picture(1)], visitor=visitor)


def under_way(servers: Servers, desk: JobService, steps: int = 4) -> str:
    """A run with so many steps behind it."""
    job = submit(desk)
    servers.worker.ready()
    servers.worker.begin(job)
    for number in range(steps):
        servers.worker.step(job, number)
    return job


def save(servers: Servers) -> None:
    """Put a checkpoint where the worker was told to."""
    path = Path(servers.worker.order()["checkpoint"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")


def numbers(desk: JobService, job: str) -> list[int]:
    return [point.step for point in desk.view(job).points]
