"""The worker follows commands between two steps of a run, and keeps the best picture of a diverged run."""

import io
import threading
import time
from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import DivergedError, WeightsError
from nst_core.jobs import messages
from nst_core.jobs import worker as worker_module
from nst_core.jobs.inbox import RunControl
from nst_core.jobs.messages import Beat, LoadFailed, Stepped
from nst_core.jobs.views import InspectionRequest
from nst_core.jobs.worker import Worker, _End
from nst_core.recipe import Recipe, make
from nst_core.runs import runner, usage
from nst_core.runs.inputs import EngineInputs
from nst_core.runs.log import RunLog
from nst_core.step import Step

GREY = np.full((1, 8, 8, 3), 0.5, np.float32)


class Orders:
    """An inbox with one command for each step."""

    def __init__(self, *controls: RunControl) -> None:
        self._controls = list(controls)

    def control(self, job: str, **_: Any) -> RunControl:
        return self._controls.pop(0) if self._controls else RunControl()


class Engine:
    """Makes so many steps, and records the recipes sent to it; from step `lost` on, its loss is not finite."""

    def __init__(self, steps: int, lost: int | None = None) -> None:
        self.steps, self.lost, self.sent = steps, lost, list[tuple[int, Recipe]]()

    def run_recipe(self, *_: Any, **__: Any) -> Generator[Step, Recipe | None, None]:
        for number in range(self.steps):
            if number == self.lost:
                raise DivergedError("the loss was not finite")
            recipe = yield Step(number, self.steps - 1, 8, number / 4, {"total": 10.0 - number}, GREY)
            if recipe is not None:
                self.sent.append((number, recipe))


def optimize(
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
    *controls: RunControl,
    begin: RunControl = RunControl(),  # noqa: B008 - frozen
) -> tuple[_End, list[int]]:
    """Run the steps; returns the end of the run, and the steps that the worker reported."""
    monkeypatch.setattr(runner, "run_recipe", engine.run_recipe)
    out = io.BytesIO()
    recipe = make(settings={"optimizer": {"average_decay": 0.0}})
    inputs = EngineInputs(GREY, (GREY,), None, (), None)
    worker = Worker(Orders(*controls), out)  # type: ignore[arg-type]
    end = worker._optimize("a", inputs, _End(recipe, begin), RunLog(recipe), usage.RunTimer(), None)
    out.seek(0)
    numbers = []
    while (event := messages.read(out, messages.EVENTS)) is not None:
        assert isinstance(event, Stepped)
        numbers.append(event.point.step)
    return end, numbers


def test_an_undisturbed_run_reports_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    end, numbers = optimize(monkeypatch, Engine(5))
    assert numbers == [0, 1, 2, 3, 4]
    assert (end.control, end.diverged) == (RunControl(), "")


def test_steering_is_sent_to_the_engine_once_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(6)
    steered = RunControl(settings=({"style_weight": 7.0}, {"tv_weight": 3.0}))
    end, numbers = optimize(monkeypatch, engine, RunControl(), steered)
    ((number, recipe),) = engine.sent
    assert (number, numbers) == (1, [0, 1, 2, 3, 4, 5])
    assert (recipe.objective.style_weight, recipe.objective.tv_weight) == (7, 3)
    assert end.recipe == recipe


def test_steering_after_the_last_step_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    end, _ = optimize(monkeypatch, Engine(2), RunControl(), RunControl(settings=({"style_weight": 7.0},)))
    assert end.recipe.objective.style_weight == make().objective.style_weight


@pytest.mark.parametrize("order", [RunControl(stop=True), RunControl(preempt=True)])
def test_an_order_to_end_holds_at_once(monkeypatch: pytest.MonkeyPatch, order: RunControl) -> None:
    end, numbers = optimize(monkeypatch, Engine(9), RunControl(), RunControl(), order)
    assert (end.control, numbers) == (order, [0, 1, 2])


def test_a_run_that_is_stopped_from_the_beginning_makes_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    end, numbers = optimize(monkeypatch, Engine(9), begin=RunControl(stop=True))
    assert (end.control, numbers) == (RunControl(stop=True), [0])


def test_a_run_that_diverges_says_what_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    end, numbers = optimize(monkeypatch, Engine(9, lost=4))
    assert numbers == [0, 1, 2, 3]
    assert end.diverged == "the loss was not finite; its best picture, of step 3, is kept"


def test_a_run_that_diverges_before_its_first_picture_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DivergedError):
        optimize(monkeypatch, Engine(9, lost=0))


class Visitors:
    """An inbox that is quiet, or not, each time it is asked, and then gives a question until none is left."""

    def __init__(self, *quiet: bool) -> None:
        self.quiet = list(quiet)

    def is_quiet(self, seconds: float) -> bool:
        return self.quiet.pop(0)

    def next(self) -> messages.Inspect:
        if not self.quiet:
            raise EOFError
        return messages.Inspect(question=InspectionRequest("features", "block1_conv1"), shapes=(), pictures=())


def measurements(monkeypatch: pytest.MonkeyPatch, *quiet: bool, fails: bool = False) -> tuple[int, list[bool]]:
    """How often a worker on a new machine measured it, and the answers that its inbox still had."""
    measured = []
    monkeypatch.setattr(worker_module, "_is_calibrated", lambda: False)
    monkeypatch.setattr(worker_module, "_calibrate", lambda: measured.append(True))
    inbox = Visitors(*quiet)
    worker = Worker(inbox, io.BytesIO())  # type: ignore[arg-type]
    monkeypatch.setattr(worker, "_inspect", lambda _: None)

    def warm() -> None:
        if fails:
            raise WeightsError("no source gave the weights")

    monkeypatch.setattr(worker, "_warm", warm)
    with pytest.raises(EOFError):
        worker.serve()
    return len(measured), inbox.quiet


def test_a_new_machine_is_measured_once_at_its_first_quiet_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor who comes at once must not prevent the measurement, and so all estimates, for ever."""
    assert measurements(monkeypatch, False, False, True) == (1, [])


def test_a_busy_machine_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measurements(monkeypatch, False, False) == (0, [])


def test_a_machine_without_networks_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Visitors, "next", lambda _: (_ for _ in ()).throw(EOFError))
    assert measurements(monkeypatch, True, fails=True) == (0, [True])


class SlowPipe(io.BytesIO):
    """A stream on which other threads get their turn between two pieces of a message."""

    def write(self, data: Any) -> int:
        time.sleep(0.001)
        return super().write(data)


def test_a_beat_never_falls_into_the_middle_of_another_message() -> None:
    out = SlowPipe()
    worker = Worker(Orders(), out)  # type: ignore[arg-type]
    beats = threading.Thread(target=lambda: deque(map(worker.send, 20 * [Beat(cpu_seconds=0.5)])))
    beats.start()
    for _ in range(20):
        worker.send(LoadFailed(message="words"))
    beats.join()
    out.seek(0)
    kinds = []
    while (event := messages.read(out, messages.EVENTS)) is not None:
        kinds.append(event.kind)
    assert sorted(kinds) == 20 * ["beat"] + 20 * ["load-failed"]


def test_a_checkpoint_behind_a_folder_that_may_not_be_entered_is_none(forbidden: Path) -> None:
    assert worker_module._load_checkpoint(forbidden / "checkpoint.npz") is None
