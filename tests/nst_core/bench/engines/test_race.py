"""The race to one loss: its report is true of real runs, here tiny ones on a random network."""

import itertools
from typing import Any

import pytest

from nst_core.bench.engines import race
from nst_core.runs import runner

STEPS = 12


@pytest.fixture(scope="module")
def raced(random_vgg: Any) -> Any:
    """A race at 64 px, run once."""
    import numpy as np

    from nst_core.models import vgg

    def picture(seed: Any) -> Any:
        return np.random.default_rng(seed).random((1, 64, 64, 3), np.float32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vgg, "load", lambda network, dtype="float32": random_vgg)
        patch.setattr(runner, "prepare", lambda recipe: recipe)
        return race.run({"noise": (picture(0), picture(1))}, [64], steps=STEPS)


@pytest.mark.slow
def test_the_quick_run_stops_where_the_goal_is_reached(raced: Any) -> None:
    (row,) = raced["races"]
    goal = race.WITHIN * row["reference"]["loss"]
    assert row["quick"]["reached"] == (row["quick"]["loss"] <= goal)
    assert row["quick"]["reached"]
    *before, last = (loss for _, _, loss in row["quick"]["curve"])
    assert last <= goal
    assert all(loss > goal for loss in before)


@pytest.mark.slow
def test_the_reference_runs_to_its_end_and_reports_its_last_loss(raced: Any) -> None:
    (row,) = raced["races"]
    reference = row["reference"]
    assert not reference["reckoned"]
    assert reference["curve"][-1][2] == reference["loss"]
    assert len(reference["curve"]) == STEPS + 1


@pytest.mark.slow
@pytest.mark.parametrize("run", ["reference", "quick"])
def test_curves_rise_in_time_and_evaluations(raced: Any, run: str) -> None:
    curve = raced["races"][0][run]["curve"]
    for (evaluations, seconds, _), (more, later, _) in itertools.pairwise(curve):
        assert more > evaluations
        assert later > seconds


@pytest.mark.slow
def test_the_ratio_is_that_of_the_seconds(raced: Any) -> None:
    (row,) = raced["races"]
    assert row["ratio"] == pytest.approx(row["reference"]["seconds"] / row["quick"]["seconds"])
    assert f"{row['ratio']:.1f}" in race.table(raced)
