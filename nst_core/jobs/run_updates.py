"""Applies a worker's events to a run. Called under the job service's lock."""

from __future__ import annotations

import time

from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.messages import Began, Failed, Finished, ResultReady, RunEvent, Stepped
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.views import FINAL
from nst_core.recipe import parse


def apply(repository: RunRepository, run: ActiveRun, event: RunEvent) -> None:
    """Apply an event to its run; events about its place in the queue are ignored here."""
    job = event.job
    repository.observers.event(run.view, event)
    match event:
        case Began():
            run.restart(event.curve)
            repository.update(job, content=event.content)
        case Stepped():
            run.apply_step(event, repository.store.limits.snapshots)
            repository.mark_dirty(job)
        case ResultReady():
            repository.update(job, result=event.png, notes=(*run.view.notes, *event.notes))
        case Finished():
            recipe = parse(event.report["recipe"])
            state = "stopped" if event.stopped else "done"
            repository.update(job, state=state, report=event.report, recipe=recipe, ended=time.time())
        case Failed():
            if event.report is not None:  # the run has its best picture as the result
                repository.update(job, report=event.report, recipe=parse(event.report["recipe"]))
            fail(repository, job, event.message)


def fail(repository: RunRepository, job: str, message: str) -> None:
    """End a run with an error; one that is over, or was deleted, stays as it is."""
    run = repository.active.get(job)
    if run is not None and run.view.state not in FINAL:
        repository.update(job, state="failed", error=message, ended=time.time())
