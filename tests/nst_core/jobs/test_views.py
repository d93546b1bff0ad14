"""What a Step changes in how a job is shown."""

import io

import numpy as np
import pytest

from nst_core.jobs import messages
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.views import JobView
from nst_core.jobs.worker import Worker
from nst_core.recipe import make
from nst_core.step import Step

FAST = {"fast": {"total": 2.5, "content": 1.0, "style": 1.5}}


def told(step: Step) -> tuple[dict, list[bytes]]:
    """What the worker sends about a Step, as the desk reads it."""
    out = io.BytesIO()
    Worker(CommandInbox(io.BytesIO()), out)._tell("id", step)
    out.seek(0)
    event = messages.read(out)
    assert event is not None
    return event


def after(*steps: Step) -> JobView:
    view = JobView("id", "running", make())
    for step in steps:
        view = view.after_step(*told(step))
    return view


def test_levels_and_notes_of_a_step_stay() -> None:
    first = Step(
        1, 9, 96, 0.5, {"total": 3.0}, reference_losses=FAST, notes=("The style was read whole.",), evaluations=2
    )
    view = after(first, Step(2, 9, 96, 1.0, {"total": 2.0}, notes=("Another.",), evaluations=3))
    assert view.reference_losses == FAST
    assert view.notes == ("The style was read whole.", "Another.")
    assert (view.step, view.total_steps, view.evaluations) == (2, 9, 3)


@pytest.mark.parametrize("later", [None, np.zeros((1, 8, 8, 3), np.float32)], ids=["none", "a picture"])
def test_the_snapshot_is_the_newest_picture(later: np.ndarray | None) -> None:
    white = np.ones((1, 8, 8, 3), np.float32)
    first = after(Step(1, 9, 96, 0.5, {}, picture=white))
    view = after(Step(1, 9, 96, 0.5, {}, picture=white), Step(2, 9, 96, 1.0, {}, picture=later))
    assert view.snapshot_step == (1 if later is None else 2)
    assert (view.snapshot == first.snapshot) == (later is None)
