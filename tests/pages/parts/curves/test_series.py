"""The numbers of a curve: thinning keeps important points, and smoothing equals a naive loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pages.parts.curves import series
from tests.pages.fake_service import points


@pytest.mark.parametrize("count", [0, 1, 599, 600, 601, 5000])
def test_thinning_keeps_the_ends_and_the_limit(count: int) -> None:
    drawn = series.drawn_indices(points(count))
    assert len(drawn) <= series.MAX_POINTS + 1
    assert drawn == sorted(set(drawn))
    assert drawn[:1] + drawn[-1:] == ([0, count - 1] if count else [])


def test_events_and_what_is_asked_for_are_never_thinned_away() -> None:
    run = [replace(p, events=("plateau",)) if p.step == 1236 else p for p in points(5000)]
    drawn = series.drawn_indices(run, also=[77])
    assert {1235, 77} <= set(drawn)
    assert {1235, 77}.isdisjoint(series.drawn_indices(points(5000)))


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.95])
def test_smoothing_is_the_weighted_mean_of_all_before(decay: float) -> None:
    values = np.random.default_rng(0).random(30)
    for index, average in enumerate(series.smoothed(list(values), decay)):
        weights = decay ** np.arange(index, -1, -1)
        assert average == pytest.approx(float(weights @ values[: index + 1] / weights.sum()))


def test_smoothing_keeps_gaps_and_forgets_at_a_restart() -> None:
    assert series.smoothed([4.0, None, 4.0, 9.0], 0.9, restarts=[3]) == [
        pytest.approx(4.0),
        None,
        pytest.approx(4.0),
        9.0,
    ]


def test_the_axis_is_in_steps_seconds_or_evaluations() -> None:
    run = [replace(p, evaluations=3 * p.step) for p in points(3)]
    assert series.positions(run, "steps") == [1, 2, 3]
    assert series.positions(run, "seconds") == [0.5, 1.0, 1.5]
    assert series.positions(run, "evaluations") == [3, 6, 9]


def test_layers_are_told_in_the_runs_order() -> None:
    run = [replace(p, losses={**p.losses, "style/b": 1.0, "style/a": 2.0}) for p in points(2)]
    assert series.style_layer_terms(run) == ["style/b", "style/a"]


def test_a_film_has_its_temporal_term_and_the_others_only_if_it_has_an_objective() -> None:
    assert series.terms_of([]) == series.terms_of(points(3)) == list(series.TERMS)
    fast = [replace(p, losses={"temporal": 1.0}) for p in points(3)]
    slow = [replace(p, losses={**p.losses, "temporal": 1.0}) for p in points(3)]
    assert series.terms_of(fast) == ["temporal"]
    assert series.terms_of(slow) == [*series.TERMS, "temporal"]
    options = series.ChartOptions()
    assert (series.main_term(options, fast), series.main_term(options, slow)) == ("temporal", "total")
