"""A step of the worker, sent as a message, changes the view of its run."""

import io

import numpy as np
import pytest

from nst_core.jobs import active_run, messages
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.messages import Stepped
from nst_core.jobs.step_events import stepped
from nst_core.jobs.views import JobView
from nst_core.jobs.worker import Worker
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs
from nst_core.step import Step
from tests.nst_core.jobs.servers import picture

FAST = {"fast": {"total": 2.5, "content": 1.0, "style": 1.5}}


def sent(step: Step) -> Stepped:
    """The event that the worker sends about a step, as the job service reads it."""
    out = io.BytesIO()
    Worker(CommandInbox(io.BytesIO()), out).send(stepped("id", step, CurvePoint.of(step), {"content": 2.0}))
    out.seek(0)
    event = messages.read(out, messages.EVENTS)
    assert isinstance(event, Stepped)
    assert event.memory_mb > 1
    return event


def after(*steps: Step, most_snapshots: int = 9) -> ActiveRun:
    run = ActiveRun(JobView("id", "running", make()))
    for step in steps:
        run.apply_step(sent(step), most_snapshots)
    return run


def test_a_step_is_a_point_of_the_curve() -> None:
    run = after(Step(1, 9, 96, 0.5, {"total": 3.0}, events=("scale 96 px",), evaluations=2))
    assert run.points == [CurvePoint(1, 0.5, {"total": 3.0}, ("scale 96 px",), 96, 2, {"content": 2.0})]


def test_a_step_without_losses_and_events_is_no_point() -> None:
    assert after(Step(1, 1, 96, 0.5, {})).points == []


def test_reference_losses_and_notes_of_a_step_stay() -> None:
    first = Step(
        1, 9, 96, 0.5, {"total": 3.0}, reference_losses=FAST, notes=("The style was read whole.",), evaluations=2
    )
    view = after(first, Step(2, 9, 96, 1.0, {"total": 2.0}, notes=("Another.",), evaluations=3)).current_view()
    assert view.reference_losses == FAST
    assert view.notes == ("The style was read whole.", "Another.")
    assert (view.step, view.total_steps, view.evaluations) == (2, 9, 3)


@pytest.mark.parametrize("later", [None, np.zeros((1, 8, 8, 3), np.float32)], ids=["none", "a picture"])
def test_the_snapshot_is_the_newest_picture(later: np.ndarray | None) -> None:
    white = np.ones((1, 8, 8, 3), np.float32)
    first = after(Step(1, 9, 96, 0.5, {}, picture=white)).current_view()
    view = after(Step(1, 9, 96, 0.5, {}, picture=white), Step(2, 9, 96, 1.0, {}, picture=later)).current_view()
    assert view.snapshot_step == (1 if later is None else 2)
    assert (view.snapshot == first.snapshot) == (later is None)


def test_snapshots_are_bounded() -> None:
    grey = np.full((1, 8, 8, 3), 0.5, np.float32)
    run = after(*(Step(n, 9, 8, n / 2, {}, picture=grey) for n in range(9)), most_snapshots=3)
    assert (run.snapshot_steps[0], run.snapshot_steps[-1], len(run.snapshot_steps)) == (0, 8, 3)
    assert sorted(run.pending) == run.snapshot_steps


def test_an_interruption_is_told_while_it_lasts_and_as_a_note_afterwards() -> None:
    run = ActiveRun(JobView("job", "queued", make(), step=3), interrupted="The server was restarted")
    assert run.current_view().notes == ("The server was restarted; this run waits to go on.",)
    assert run.view.notes == ()
    run.restart([])
    assert run.current_view().notes == ("The server was restarted; this run began again.",)


def test_an_interruption_that_cost_nothing_is_not_told() -> None:
    assert (
        ActiveRun(JobView("job", "queued", make()), interrupted="The server was restarted").current_view().notes == ()
    )


@pytest.mark.parametrize(("kept_bytes", "is_kept"), [(10_000, True), (10, False)])
def test_small_pictures_stay_until_the_run_is_over_and_are_stored_once(
    monkeypatch: pytest.MonkeyPatch, kept_bytes: int, is_kept: bool
) -> None:
    monkeypatch.setattr(active_run, "KEPT_INPUT_BYTES", kept_bytes)
    inputs = RunInputs(picture(), (picture(1),))
    run = ActiveRun(JobView("a" * 32, "queued", make()), inputs=inputs)
    change = run.pending_changes()
    assert change.inputs is inputs
    run.mark_saved(change)
    assert run.pending_changes().inputs is None
    assert (run.inputs is inputs) == is_kept
