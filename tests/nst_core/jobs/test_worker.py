"""How the worker plays a run: between two steps it looks at what it is asked, and it keeps what a lost run had."""

import io
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import pytest

from nst_core.errors import DivergedError
from nst_core.jobs import messages
from nst_core.jobs.inbox import RunControl
from nst_core.jobs.worker import Worker, _Played
from nst_core.recipe import Recipe, make
from nst_core.runs import runner
from nst_core.runs.inputs import EngineInputs
from nst_core.runs.log import RunLog
from nst_core.step import Step

GREY = np.full((1, 8, 8, 3), 0.5, np.float32)


class Asked:
    """Commands whose orders come one a step."""

    def __init__(self, *orders: RunControl) -> None:
        self._orders = list(orders)

    def control(self, job: str, **_: Any) -> RunControl:
        return self._orders.pop(0) if self._orders else RunControl()


class Engine:
    """Paints so many steps, and notes the recipes that it is sent; from step `lost` on, its loss is not finite."""

    def __init__(self, steps: int, lost: int | None = None) -> None:
        self.steps, self.lost, self.sent = steps, lost, list[tuple[int, Recipe]]()

    def play(self, *_: Any, **__: Any) -> Generator[Step, Recipe | None, None]:
        for number in range(self.steps):
            if number == self.lost:
                raise DivergedError("the loss was not finite")
            recipe = yield Step(number, self.steps - 1, 8, number / 4, {"total": 10.0 - number}, GREY)
            if recipe is not None:
                self.sent.append((number, recipe))


def descend(
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
    *orders: RunControl,
    begin: RunControl = RunControl(),  # noqa: B008 - frozen
) -> tuple[_Played, list[int]]:
    """How a run was ended, and the steps that the desk was told of."""
    monkeypatch.setattr(runner, "run_recipe", engine.play)
    out = io.BytesIO()
    recipe = make(settings={"optimizer": {"average_decay": 0.0}})
    given = EngineInputs(GREY, (GREY,), None, (), None)
    worker = Worker(Asked(*orders), out)  # type: ignore[arg-type]
    played = worker._descend("a", given, _Played(recipe, begin), RunLog(recipe), runner.RunTimer(), None)
    out.seek(0)
    return played, [event["number"] for event in _events(out)]


def _events(out: io.BytesIO) -> Iterator[dict[str, Any]]:
    while (message := messages.read(out)) is not None:
        yield message[0]


def test_a_run_that_nobody_disturbs_is_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    played, numbers = descend(monkeypatch, Engine(5))
    assert numbers == [0, 1, 2, 3, 4]
    assert (played.orders, played.diverged) == (RunControl(), "")


def test_steering_is_sent_to_the_engine_once_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(6)
    steered = RunControl(settings=({"style_weight": 7.0}, {"tv_weight": 3.0}))
    played, numbers = descend(monkeypatch, engine, RunControl(), steered)
    ((number, recipe),) = engine.sent
    assert (number, numbers) == (1, [0, 1, 2, 3, 4, 5])
    assert (recipe.objective.style_weight, recipe.objective.tv_weight) == (7, 3)
    assert played.recipe == recipe


def test_steering_after_the_last_step_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    played, _ = descend(monkeypatch, Engine(2), RunControl(), RunControl(settings=({"style_weight": 7.0},)))
    assert played.recipe.objective.style_weight == make().objective.style_weight


@pytest.mark.parametrize("order", [RunControl(stop=True), RunControl(preempt=True)])
def test_an_order_to_end_holds_at_once(monkeypatch: pytest.MonkeyPatch, order: RunControl) -> None:
    played, numbers = descend(monkeypatch, Engine(9), RunControl(), RunControl(), order)
    assert (played.orders, numbers) == (order, [0, 1, 2])


def test_a_run_that_is_to_end_from_the_beginning_paints_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    played, numbers = descend(monkeypatch, Engine(9), begin=RunControl(stop=True))
    assert (played.orders, numbers) == (RunControl(stop=True), [0])


def test_a_run_that_diverges_says_what_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    played, numbers = descend(monkeypatch, Engine(9, lost=4))
    assert numbers == [0, 1, 2, 3]
    assert played.diverged == "the loss was not finite; its best picture, of step 3, is kept"


def test_a_run_that_diverges_before_its_first_picture_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DivergedError):
        descend(monkeypatch, Engine(9, lost=0))
