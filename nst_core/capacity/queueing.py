"""The closed form of a queue before several workers. With it a number of workers is found without a simulation.

Exact where arrivals and service times are exponential (M/M/c). Other service times stretch the waits by half of one
plus their squared coefficient of variation, which is exact for one worker and close for several.

Source: Erlang 1917; Kleinrock 1975, Queueing Systems I, section 3.5; Allen 1990, Probability, Statistics and Queueing
Theory, section 5.2.3 (Allen and Cunneen's approximation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

EXPONENTIAL = 1.0
"""The squared coefficient of variation of exponential service times; that of equal ones is 0."""


@dataclass(frozen=True)
class Service:
    """Service times.

    Attributes:
        seconds: their mean.
        variation: their squared coefficient of variation: the variance over the squared mean.
    """

    seconds: float
    variation: float = EXPONENTIAL

    @classmethod
    def of(cls, seconds: Sequence[float], shares: Sequence[float]) -> Service:
        """The service times of several kinds of runs, whose shares add up to 1; runs of one kind take equally long."""
        mean = sum(share * each for share, each in zip(shares, seconds, strict=True))
        square = sum(share * each**2 for share, each in zip(shares, seconds, strict=True))
        return cls(mean, square / mean**2 - 1)

    @property
    def stretch(self) -> float:
        """How many times as long waits are as with exponential times."""
        return (1 + self.variation) / 2


def waiting_share(workers: int, load: float) -> float:
    """Erlang C: the share of runs that wait at all, in [0, 1]; 1 if the workers cannot keep up.

    Args:
        workers: at least 1.
        load: arrivals a second times the mean service time: the workers that are busy on average.
    """
    if load >= workers:
        return 1.0
    blocked = 1.0  # Erlang B by its recursion: factorials would overflow
    for number in range(1, workers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / workers * (1 - blocked))


def mean_wait(workers: int, load: float, service: Service) -> float:
    """The mean waiting time in seconds; infinite if the workers cannot keep up."""
    if load >= workers:
        return math.inf
    return waiting_share(workers, load) * service.seconds / (workers - load) * service.stretch


def longer_share(workers: int, load: float, service: Service, wait_seconds: float) -> float:
    """The share of runs that wait longer than `wait_seconds`."""
    if load >= workers:
        return 1.0
    waits_with = wait_seconds / (service.seconds * service.stretch)
    return waiting_share(workers, load) * math.exp(-(workers - load) * waits_with)


def least_workers(load: float, service: Service, wait_seconds: float, share: float = 0.05) -> int:
    """The least number of workers with which at most `share` of the runs wait longer than `wait_seconds`."""
    low, high = int(load), int(load) + 1
    while longer_share(high, load, service, wait_seconds) > share:
        low, high = high, high + max(high - int(load), 1)
    while high - low > 1:
        middle = (low + high) // 2
        if longer_share(middle, load, service, wait_seconds) > share:
            low = middle
        else:
            high = middle
    return high
