"""Who paints which frames: each frame once, whole scenes, the nearest first."""

from __future__ import annotations

import pytest

from nst_core.film.spread import plan as plans
from nst_core.film.spread.plan import Part, PartPlan


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of any length."""
    monkeypatch.setattr(plans, "LEAST_FRAMES", 1)


def plan_of(cuts: list[int], total: int = 40, *, is_complete: bool = True, **more: object) -> PartPlan:
    plan = PartPlan(total, **more)  # type: ignore[arg-type]
    plan.cuts, plan.is_complete = cuts, is_complete
    return plan


def taken(plan: PartPlan) -> list[tuple[int, int]]:
    """All parts that are there to be taken."""
    found = []
    while part := plan.take():
        found.append(tuple(part))
    return found  # type: ignore[return-value]


def test_each_scene_that_lies_ahead_is_a_part() -> None:
    plan = plan_of([10, 15, 30])
    assert plan.goes_on(0)
    assert taken(plan) == [(10, 15), (15, 30), (30, 40)]


def test_a_film_without_cuts_has_no_parts() -> None:
    assert taken(plan_of([])) == []


def test_the_scene_under_way_is_not_given_away() -> None:
    plan = plan_of([10, 15, 30])
    assert plan.goes_on(10)
    assert taken(plan) == [(15, 30), (30, 40)]
    plan = plan_of([10, 15, 30])
    assert plan.goes_on(9)
    assert plan.take() == (10, 15), "frame 10 is not begun yet"
    assert not plan.goes_on(10)
    assert not plan.goes_on(12)


def test_a_scene_whose_end_is_not_known_yet_waits() -> None:
    plan = plan_of([10, 15], is_complete=False)
    assert taken(plan) == [(10, 15)]
    plan.cuts = [10, 15, 20]
    assert taken(plan) == [(15, 20)]
    plan.is_complete = True
    assert taken(plan) == [(20, 40)]


def test_short_scenes_are_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "LEAST_FRAMES", 12)
    plan = plan_of([3, 5, 9, 14, 16, 38])
    assert taken(plan) == [(3, 16), (16, 38)], "the last two frames are not worth it"
    plan = plan_of([3, 5, 9], is_complete=False)
    assert taken(plan) == [], "more may follow"


@pytest.mark.parametrize(("seconds", "least"), [(60.0, 1), (5.0, 1), (0.5, 10), (0.25, 20)])
def test_a_part_takes_at_least_seconds(seconds: float, least: int) -> None:
    plan = plan_of([10, 20])
    plan.spare(seconds)
    assert plan.least_frames == least
    assert taken(plan) == {1: [(10, 20), (20, 40)], 10: [(10, 20), (20, 40)], 20: [(10, 40)]}[least]


def test_a_part_that_was_left_is_taken_again_before_later_ones_and_a_whole_one_is_not() -> None:
    plan = plan_of([10, 20, 30])
    first, second = plan.take(), plan.take()
    assert (first, second) == ((10, 20), (20, 30))
    plan.leave(10, is_whole=False)
    plan.leave(20, is_whole=True)
    assert plan.kept(12) == (10, 20)
    assert plan.take() == (10, 20)
    assert plan.is_taken(19)
    assert taken(plan) == [(30, 40)]
    assert plan.kept(29) == (20, 30)


def test_a_part_that_is_refused_is_painted_in_order() -> None:
    plan = plan_of([10, 20])
    assert plan.take() == (10, 20)
    plan.leave(10, is_whole=False, is_refused=True)
    assert taken(plan) == [(20, 40)]
    assert not plan.goes_on(10), "its frames are taken over first"
    part = plan.kept(10)
    assert part is not None
    plan.forget(part, 10)  # nothing of it is painted
    assert plan.take() is None, "it is not offered again before it is begun in order"
    assert plan.goes_on(10)


def test_the_rest_of_a_part_that_was_taken_over_is_painted_in_order() -> None:
    plan = plan_of([10, 20])
    part = plan.take()
    assert part == (10, 20)
    plan.leave(10, is_whole=False)
    plan.forget(part, 13)
    assert taken(plan) == [(20, 40)]
    assert plan.goes_on(13)


def test_the_parts_of_an_earlier_worker_count_from_the_beginning() -> None:
    plan = plan_of([12, 20, 30], begin=11, taken=[Part(20, 30)], kept=[Part(12, 20), Part(20, 30)])
    assert plan.is_taken(20)
    assert plan.kept(20) is None
    assert plan.take() == (12, 20)
    assert taken(plan) == [(30, 40)]
    plan.leave(99, is_whole=True)  # unknown: nothing happens
    assert plan.kept(99) is None
