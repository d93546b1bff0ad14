"""Which contestant people prefer: strengths from votes on pairs, with intervals.

Source: Bradley and Terry 1952: i is preferred to j with probability p_i / (p_i + p_j), where p are the strengths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRIOR_VOTES = 0.5
"""Votes that each contestant is given against each other one before any is cast; of two, this is Jeffreys' prior.

They keep the strength of a contestant finite who was always or never preferred. Davidson and Solomon 1973 call it the
conjugate prior of the model.
"""
Z95 = 1.959964
"""Half the width of a 95 % interval, in standard deviations of a normal distribution."""
_ROUNDS = 20_000
_TOLERANCE = 1e-10

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A probability or a share with the ends of its 95 % interval, each in [0, 1]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """The place of one contestant.

    Attributes:
        chance: the probability to be preferred to a contestant of average strength, the mean of the log strengths of
            all that have votes; without a vote, anything from 0 to 1.
        won: the votes for it.
        votes: the votes on pairs that it was in.
    """

    name: str
    chance: Estimate
    won: int
    votes: int


def standings(names: Sequence[str], votes: Mapping[tuple[str, str], int]) -> tuple[Standing, ...]:
    """The contestants, the most preferred first; those without any vote come last.

    Args:
        names: all contestants.
        votes: (preferred, other) -> how often; each of `names`.
    """
    judged = [name for name in names if any(name in pair and count for pair, count in votes.items())]
    wins = np.array([[votes.get((one, other), 0) for other in judged] for one in judged], np.float64)
    found = []
    if judged:
        strengths = log_strengths(wins)
        halves = Z95 * np.sqrt(np.diag(covariance(wins, strengths)))
        won, lost = wins.sum(axis=1), wins.sum(axis=0)
        for n, name in enumerate(judged):
            found.append(Standing(name, _chance(strengths[n], halves[n]), int(won[n]), int(won[n] + lost[n])))
    unjudged = [Standing(name, share(0, 0), 0, 0) for name in names if name not in judged]
    return (*sorted(found, key=lambda each: -each.chance.value), *unjudged)


def log_strengths(wins: Matrix, prior: float = PRIOR_VOTES) -> Matrix:
    """The logarithms of the strengths, [n], whose mean is 0: the most probable ones, given the votes and the prior.

    Args:
        wins: [n, n]; how often the row's contestant was preferred to the column's. The diagonal does not count.
        prior: votes of each contestant against each other one, added to `wins`; above 0.

    Computed by the MM algorithm of Hunter 2004, eq. 3, which raises the likelihood in each round.
    """
    wins = _with_prior(wins, prior)
    games, won = wins + wins.T, wins.sum(axis=1)
    logs = np.zeros(len(wins))
    for _ in range(_ROUNDS):
        strengths = np.exp(logs)
        updated = np.log(won / (games / (strengths[:, None] + strengths)).sum(axis=1))
        updated -= updated.mean()  # the votes determine ratios alone
        change, logs = np.abs(updated - logs).max(), updated
        if change < _TOLERANCE:
            break
    return logs


def covariance(wins: Matrix, logs: Matrix, prior: float = PRIOR_VOTES) -> Matrix:
    """The covariance [n, n] of log strengths whose mean is 0: the inverse of the Hessian at its maximum.

    Args:
        wins: as in `log_strengths`.
        logs: its result, [n].
        prior: likewise.

    The Hessian is singular, since a common factor of all strengths changes nothing; its pseudo-inverse is the
    covariance under a mean of 0.
    """
    wins = _with_prior(wins, prior)
    chance = 1 / (1 + np.exp(logs[None, :] - logs[:, None]))  # that the row is preferred to the column
    information = (wins + wins.T) * chance * chance.T
    hessian = np.diag(information.sum(axis=1)) - information
    return np.asarray(np.linalg.pinv(hessian, hermitian=True), np.float64)


def share(successes: int, trials: int) -> Estimate:
    """A share with Wilson's interval, which is right for few trials too; of no trials, the whole range."""
    if trials == 0:
        return Estimate(0.5, 0.0, 1.0)
    value, spread = successes / trials, Z95**2 / trials
    middle = (value + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(value * (1 - value) / trials + spread / trials / 4) / (1 + spread)
    return Estimate(value, max(0.0, middle - half), min(1.0, middle + half))


def _with_prior(wins: Matrix, prior: float) -> Matrix:
    return np.where(np.eye(len(wins), dtype=bool), 0.0, wins + prior)


def _chance(log_strength: float, half: float) -> Estimate:
    value, low, high = (1 / (1 + math.exp(-at)) for at in (log_strength, log_strength - half, log_strength + half))
    return Estimate(value, low, high)
