"""The closed form against its own definition, and against values that can be found by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from nst_core.capacity import queueing
from nst_core.capacity.queueing import Service


def erlang_c(workers: int, load: Fraction) -> Fraction:
    """The definition: the terms of the stationary distribution, added up exactly."""
    full = load**workers / math.factorial(workers) / (1 - load / workers)
    return full / (sum((load**k / math.factorial(k) for k in range(workers)), Fraction(0)) + full)


@pytest.mark.parametrize(("workers", "load"), [(1, "0.7"), (2, "1"), (3, "2.9"), (20, "17"), (60, "51.5")])
def test_erlang_c_is_that_of_the_definition(workers: int, load: str) -> None:
    assert queueing.waiting_share(workers, float(load)) == pytest.approx(float(erlang_c(workers, Fraction(load))))


def test_values_that_are_known() -> None:
    assert queueing.waiting_share(1, 0.25) == pytest.approx(0.25)  # one worker: the share of time in which it is busy
    assert queueing.waiting_share(2, 1.0) == pytest.approx(1 / 3)
    assert queueing.mean_wait(1, 0.5, Service(4.0)) == pytest.approx(4.0)
    assert queueing.longer_share(1, 0.5, Service(4.0), 8.0) == pytest.approx(0.5 * math.exp(-1))


def test_thousands_of_workers_do_not_overflow() -> None:
    assert 0 < queueing.waiting_share(5000, 4990.0) < 1


def test_workers_that_cannot_keep_up_let_everybody_wait_for_ever() -> None:
    assert queueing.waiting_share(2, 2.0) == queueing.longer_share(2, 2.5, Service(1.0), 1e9) == 1.0
    assert queueing.mean_wait(2, 2.0, Service(1.0)) == math.inf


@pytest.mark.parametrize("load", [0.001, 0.8, 1.0, 7.5, 400.0, 15_000.0])
@pytest.mark.parametrize("wait", [0.5, 60.0])
def test_the_least_number_of_workers_is_enough_and_one_less_is_not(load: float, wait: float) -> None:
    workers = queueing.least_workers(load, Service(30.0), wait)
    assert queueing.longer_share(workers, load, Service(30.0), wait) <= 0.05
    assert workers == 1 or queueing.longer_share(workers - 1, load, Service(30.0), wait) > 0.05


def test_service_times_of_several_kinds_are_one_distribution() -> None:
    equal = Service.of([3.0, 3.0], [0.2, 0.8])
    assert (equal.seconds, equal.variation, equal.stretch) == pytest.approx((3.0, 0.0, 0.5))
    mixed = Service.of([1.0, 5.0], [0.5, 0.5])
    assert (mixed.seconds, mixed.variation) == pytest.approx((3.0, 4 / 9))
    assert Service(1.0).stretch == 1.0
