"""A mix of runs is read or refused; the kinds are real recipes."""

from __future__ import annotations

import pytest

from nst_core.capacity.workload import DEFAULT_MIX, Workload, read_mix
from nst_core.errors import RecipeError


def test_a_mix_is_scaled_to_a_whole() -> None:
    fast, slow = read_mix("fast:512=3, slow:384=1")
    assert (fast.name, fast.share, slow.name, slow.share) == ("fast, 512 px", 0.75, "slow, 384 px", 0.25)
    assert sum(kind.share for kind in read_mix(DEFAULT_MIX)) == pytest.approx(1)


def test_a_kind_is_a_recipe_as_a_page_begins_with() -> None:
    recipes = [kind.recipe() for kind in read_mix("fast:512=1,slow:384=1,balanced:256=1")]
    assert [(recipe.method, recipe.longest_edge_px) for recipe in recipes] == [
        ("fast", 512),
        ("slow", 384),
        ("balanced", 256),
    ]
    assert recipes[1].schedule.pyramid == "auto"  # Painterly's


@pytest.mark.parametrize(
    "text",
    ["", "fast", "fast:512", "fast:512=x", "fast:big=1", "fast:512=0", "fast:512=-1", "fast:512=nan", "quick:9=1"],
)
def test_a_mix_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        read_mix(text)


def test_the_busiest_hour_has_more_runs_than_an_average_one() -> None:
    workload = Workload(1000, read_mix(DEFAULT_MIX), runs_each=1.5, peak=3.0, on_device=0.2)
    assert workload.runs_a_day == 1200
    assert 3600 * workload.arrivals_a_second == pytest.approx(150)
