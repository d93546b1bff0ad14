"""A sweep of six cells, and a job service whose runs are over at once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from nst_core.errors import JobError, NSTError
from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.service import JobService, JobView, owner_of
from nst_core.jobs.views import WorkerStatus
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, make
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.axes import Axis
from nst_core.sweeps.plan import make_plan
from nst_core.sweeps.store import SavedSweep

FAST, SLOW = make(settings={"method": "fast"}), make("bold", {"reference_loss": "fast"})
STRENGTH = Axis("strength", "Strength", (0.5, 1.0, 1.5), ("50 %", "100 %", "150 %"))
STROKES = Axis("style_scale", "Stroke size", (0.5, 2.0), ("0.5", "2"))
PLAN = make_plan(FAST, STRENGTH, STROKES)

SECRET = "a" * 32
"""The secret of the visitor whose sweep it is."""


def picture(width: int = 640, height: int = 480) -> Picture:
    """A grey picture."""
    return Picture.from_pixels(np.full((height, width, 3), 90, np.uint8))


def encoded(colour: tuple[int, int, int], kind: str = "JPEG") -> bytes:
    """A small encoded picture of one colour, 64 x 48."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, kind)
    return file.getvalue()


SAVED = SavedSweep(PLAN, RunInputs(picture(), (picture(64, 64),)), owner_of(SECRET))


class QuickService:
    """A job service without a worker: every run is done at once, and each submission is recorded."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobView] = {}
        self.submissions: list[tuple[Recipe, Picture, dict[str, Any]]] = []
        self.refuse: NSTError | None = None
        self.disk: Path | None = None
        self.workers = 1
        self.is_leading = True

    def status(self) -> WorkerStatus:
        return WorkerStatus("ready", workers=self.workers)

    def leads(self, name: str) -> bool:
        return self.is_leading

    @property
    def typed(self) -> JobService:
        """The fake service with the type of the real one."""
        return cast("JobService", self)

    def submit(self, recipe: Recipe, content: Picture, styles: tuple[Picture, ...], **more: Any) -> str:
        if self.refuse:
            raise self.refuse
        job = f"run{len(self.submissions)}"
        self.submissions.append((recipe, content, more))
        self.jobs[job] = JobView(job, "done", recipe, snapshot=encoded((40, 90, 160)), owner=more["owner"])
        return job

    def wait(self, job: str, seconds: float) -> JobView:
        return self.view(job)

    def view(self, job: str) -> JobView:
        if job not in self.jobs:
            raise JobError("this run is not here any more")
        return self.jobs[job]

    def discard(self, job: str) -> None:
        del self.jobs[self.view(job).id]

    def blob_store(self, name: str) -> DiskBlobStore | None:
        return DiskBlobStore(self.disk / name) if self.disk else None
