"""Bradley-Terry strengths: planted ones are found, two contestants have a closed form, and intervals cover."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from nst_core.metrics import preference
from nst_core.metrics.preference import Matrix, covariance, log_strengths, share, standings

PLANTED = np.array([1.1, 0.4, 0.0, -0.5, -1.0])


def votes_of(strengths: Matrix, per_pair: int, seed: int) -> Matrix:
    """Votes of people who choose by these log strengths."""
    chance, wins = np.random.default_rng(seed), np.zeros((len(strengths), len(strengths)))
    for one, other in combinations(range(len(strengths)), 2):
        wins[one, other] = chance.binomial(per_pair, 1 / (1 + math.exp(strengths[other] - strengths[one])))
        wins[other, one] = per_pair - wins[one, other]
    return wins


@pytest.mark.parametrize(("won", "lost", "prior"), [(7, 3, 0.1), (7, 3, 1e-6), (12, 0, 0.1), (0, 0, 0.5)])
def test_two_contestants_have_the_closed_form(won: int, lost: int, prior: float) -> None:
    wins = np.array([[0.0, won], [lost, 0.0]])
    first, second = log_strengths(wins, prior)
    assert first - second == pytest.approx(math.log((won + prior) / (lost + prior)), abs=1e-6)
    variance = covariance(wins, np.array([first, second]), prior)
    of_difference = variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]
    assert of_difference == pytest.approx(1 / (won + prior) + 1 / (lost + prior), rel=1e-5), "the delta method"


def test_planted_strengths_are_found_from_many_votes() -> None:
    np.testing.assert_allclose(log_strengths(votes_of(PLANTED, 40_000, 1)), PLANTED, atol=0.03)


def test_the_found_strengths_are_the_most_probable_ones() -> None:
    wins = votes_of(PLANTED, 12, 2)
    found, prior = log_strengths(wins), preference.PRIOR_VOTES

    def log_probability(logs: Matrix) -> float:
        chance = 1 / (1 + np.exp(logs[None, :] - logs[:, None]))
        return float(((wins + prior * (1 - np.eye(5))) * np.log(chance)).sum())

    for axis in np.eye(5):
        around = [log_probability(found + step * axis) for step in (-1e-4, 0.0, 1e-4)]
        assert around[1] == max(around)
    # the covariance against second differences along a direction that changes no mean
    direction = np.array([1.0, -1.0, 0.0, 0.0, 0.0])
    bend = sum(log_probability(found + step * direction) for step in (-1e-3, 1e-3)) - 2 * log_probability(found)
    hessian = np.linalg.pinv(covariance(wins, found), hermitian=True)
    assert direction @ hessian @ direction == pytest.approx(-bend / 1e-6, rel=1e-3)


def test_the_intervals_cover_the_planted_strengths() -> None:
    inside = []
    for seed in range(150):
        wins = votes_of(PLANTED, 25, seed)
        logs = log_strengths(wins)
        half = preference.Z95 * np.sqrt(np.diag(covariance(wins, logs)))
        inside.append(np.abs(logs - PLANTED) <= half)
    assert 0.925 <= np.mean(inside) <= 0.985


def test_a_pair_that_was_never_asked_is_judged_through_the_others() -> None:
    wins = np.zeros((3, 3))
    wins[0, 1], wins[1, 0] = 30, 10
    wins[1, 2], wins[2, 1] = 30, 10
    first, _, last = log_strengths(wins)
    assert first - last == pytest.approx(2 * math.log(3), rel=0.1)


def test_standings_are_sorted_and_those_without_a_vote_come_last() -> None:
    found = standings(("a", "b", "c", "d"), {("b", "a"): 8, ("a", "b"): 2, ("c", "a"): 1})
    assert [each.name for each in found][-1] == "d"
    assert found[-1].votes == 0
    assert (found[-1].chance.low, found[-1].chance.high) == (0, 1)
    by_name = {each.name: each for each in found}
    assert (by_name["a"].won, by_name["a"].votes) == (2, 11)
    assert by_name["b"].chance.value > 0.5 > by_name["a"].chance.value
    assert all(each.chance.low < each.chance.value < each.chance.high for each in found)


def test_wilsons_interval_is_that_of_the_score_test() -> None:
    for successes, trials in ((3, 10), (0, 5), (40, 41)):
        found = share(successes, trials)
        for end in (found.low, found.high):
            if 0 < end < 1:  # the end is where the test of that share rejects
                score = abs(successes / trials - end) / math.sqrt(end * (1 - end) / trials)
                assert score == pytest.approx(preference.Z95, rel=1e-6)
    assert (share(0, 0).low, share(0, 0).high) == (0, 1)
    assert share(0, 5).low == 0 < share(0, 5).high < 1
