"""The log of a run: its best picture, its checkpoints, and the start of a resumed run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe, change
from nst_core.runs import log as records
from nst_core.runs.log import CHECKPOINT_SECONDS, CHECKPOINT_SHARE, RunLog
from nst_core.slow import checkpoint
from nst_core.slow.checkpoint import Checkpoint
from nst_core.step import Step


def step(number: Any, total: float = 1.0, scale: int = 64, marks: Any = ()) -> Any:
    """A Step whose pictures are as grey as its number."""
    grey = np.full((1, 2, 2, 3), number / 100, np.float32)
    state = {"picture": grey, "shown": grey, "number": number, "seconds": number / 2}
    losses = {"total": total, "content": total, "style": 0.0, "variation": 0.0}
    return Step(number, 9, scale, number / 2, losses, state=lambda: state, events=marks, evaluations=number + 1)


def record_of(*steps: Any, recipe: Any = None, **more: Any) -> Any:
    record = RunLog(recipe or change(Recipe(), {"average_decay": 0.0}), **more)
    for each in steps:
        record.add(each)
    return record


def best_of(*steps: Any, **more: Any) -> Any:
    return record_of(*steps, **more).best.number


def test_the_best_is_the_least_loss_and_of_equal_ones_the_later() -> None:
    assert best_of(step(0, 5.0)) == 0
    assert best_of(step(0, 5.0), step(1, 3.0), step(2, 4.0)) == 1
    assert best_of(step(0, 5.0), step(1, 3.0), step(2, 3.0)) == 2


def test_losses_of_two_sizes_do_not_compare() -> None:
    assert best_of(step(0, 5.0), step(1, 0.1), step(2, 9.0, 91), step(3, 9.5, 91)) == 2
    assert best_of(step(0, 5.0), step(1, 0.1), step(2, 9.0, 91), step(3, 8.0, 91)) == 3


def test_losses_by_two_weights_do_not_compare() -> None:
    assert best_of(step(0, 5.0), step(1, 0.1), step(2, 9.0, marks=("steered tv_weight to 9",)), step(3, 9.5)) == 2
    for mark in ("plateau", "steered steps to 9", "steered learning_rate to 0.01"):
        assert best_of(step(0, 5.0), step(1, 0.1), step(2, 9.0, marks=(mark,))) == 1


def test_where_pictures_are_averaged_the_last_is_the_best() -> None:
    recipe = change(Recipe(), {"average_decay": 0.9})
    assert best_of(step(0, 5.0), step(1, 0.1), step(2, 9.0), recipe=recipe) == 2


def test_what_is_told_of_a_run_is_its_whole_curve() -> None:
    told = record_of(step(0, 5.0), step(1, 3.0, marks=("plateau", "scale 91 px")), step(2, 9.0, 91)).report()
    assert [(p["number"], p["total"], p["seconds"], p["scale_px"]) for p in told["losses"]] == [
        (0, 5.0, 0.0, 64),
        (1, 3.0, 0.5, 64),
        (2, 9.0, 1.0, 91),
    ]
    assert told["marks"] == [[1, "plateau"], [1, "scale 91 px"]]
    assert told["evaluations"] == 3
    assert all(isinstance(v, int | float) for p in told["losses"] for v in p.values())


# --- checkpoints


class Clock:
    """A clock that the test advances; each written checkpoint advances it by `cost`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cost, self.saved = 1000.0, 0.0, []
        real = checkpoint.save

        def save(path: Any, what: Any) -> None:
            self.now += self.cost
            self.saved.append(what.state["number"])
            real(path, what)

        monkeypatch.setattr(records.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(checkpoint, "save", save)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    return Clock(monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(("each", "cost"), [(0.1, 0.0), (0.1, 0.01), (0.5, 0.4), (5.0, 0.1), (1.0, 3.0)])
def test_checkpoints_are_as_frequent_as_their_cost_allows(clock: Any, tmp_path: Path, each: float, cost: float) -> None:
    clock.cost = cost
    record = RunLog(Recipe(), tmp_path / "run")
    began, times = clock.now, []
    for number in range(400):
        count = len(clock.saved)
        record.add(step(number))
        if len(clock.saved) > count:
            times.append(clock.now)
        clock.now += each
    assert clock.saved[0] == 0  # at once: a place that cannot be written is told before the work, not after
    spent = len(clock.saved) * cost
    assert spent <= 1.1 * CHECKPOINT_SHARE * (clock.now - began) + cost
    most = max(CHECKPOINT_SECONDS, cost / CHECKPOINT_SHARE) + each + cost
    assert np.diff(times).max() <= most + 1e-6


def test_every_size_begins_with_a_checkpoint(clock: Any, tmp_path: Path) -> None:
    record_of(*(step(n, scale=64 + 27 * (n // 3)) for n in range(9)), path=tmp_path / "run")
    assert clock.saved == [0, 3, 6]


def test_no_checkpoint_is_written_where_none_was_asked_for(clock: Any) -> None:
    record_of(step(0), step(1)).save()
    assert clock.saved == []


def test_the_one_step_of_the_fast_method_needs_no_checkpoint(clock: Any, tmp_path: Path) -> None:
    only = Step(1, 1, 64, 0.1, {"total": 1.0}, np.zeros((1, 2, 2, 3), np.float32))
    record_of(only, path=tmp_path / "run").save()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_at_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CheckpointError, match="must be a file that can be written"):
        record_of(step(0), path=tmp_path / "file" / "run")


def test_a_disk_that_fills_up_costs_checkpoints_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = record_of(step(0), path=tmp_path / "run")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    record.add(step(1))
    record.save()
    assert capsys.readouterr().err == "no checkpoint at step 1: No space left on device\n"
    assert checkpoint.load(tmp_path / "run").state["number"] == 0


# --- resuming


def saved_and_gone_on(tmp_path: Path, *steps: Any, changes: Any = None, recipe: Any = None) -> Any:
    recipe = recipe or change(Recipe(), {"average_decay": 0.0})
    record_of(*steps, recipe=recipe, path=tmp_path / "run").save()
    return RunLog(change(recipe, changes or {}), before=checkpoint.load(tmp_path / "run"))


def test_the_curve_and_the_best_are_those_before_and_after(tmp_path: Path) -> None:
    begun = [step(0, 5.0), step(1, 2.0, marks=("plateau",)), step(2, 3.0)]
    record = saved_and_gone_on(tmp_path, *begun)
    assert (record.best.number, record.best.losses["total"]) == (1, 2.0)
    np.testing.assert_array_equal(record.best.state()["shown"], begun[1].state()["shown"])
    record.add(step(3, 2.5))
    assert record.best.number == 1
    whole = record_of(*begun, step(3, 2.5))
    assert record.report() == whole.report()
    record.add(step(4, 1.0))
    assert record.best.number == 4


def test_the_last_step_of_a_checkpoint_may_be_its_best(tmp_path: Path) -> None:
    record = saved_and_gone_on(tmp_path, step(0, 5.0), step(1, 4.0))
    assert "shown" not in checkpoint.load(tmp_path / "run").best
    assert record.best.number == 1
    record.add(step(2, 4.5))
    assert record.best.number == 1


def test_the_best_of_another_size_is_not_the_best_after_the_climb(tmp_path: Path) -> None:
    record = saved_and_gone_on(tmp_path, step(0, 5.0), step(1, 0.1), step(2, 0.2))
    record.add(step(3, 8.0, 91))
    assert record.best.number == 3


def test_other_settings_count_as_steering(tmp_path: Path) -> None:
    """The engine reports only that weights changed; the log knows which settings."""
    record = saved_and_gone_on(tmp_path, step(0, 5.0), step(1, 0.1), changes={"steps": 77, "tv_weight": 9.0})
    record.add(step(2, 8.0, marks=("steered", "plateau")))
    record.add(step(3, 7.0))
    assert set(map(tuple, record.report()["marks"])) == {
        (2, "steered steps to 77"),
        (2, "steered tv_weight to 9"),
        (2, "plateau"),
    }
    assert record.best.number == 3


def test_another_version_or_machine_is_no_steering(tmp_path: Path) -> None:
    record = saved_and_gone_on(tmp_path, step(0), changes={"provenance": {"version": "9.9.9", "device": "Abacus"}})
    record.add(step(1))
    assert record.report()["marks"] == []


def test_a_checkpoint_without_a_curve_is_gone_on_from_all_the_same() -> None:
    record = RunLog(Recipe(), before=Checkpoint(Recipe(), {"number": 3, "seconds": 1.0}))
    assert record.best is None
    record.add(step(4))
    assert record.best.number == 4
