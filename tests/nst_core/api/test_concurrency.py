"""Places for requests that take long: further requests are refused, at once or after a while."""

import threading

import pytest

from nst_core.api.concurrency import ConcurrencyLimit
from nst_core.api.problems import ProblemError


def test_who_finds_no_place_is_refused_at_once() -> None:
    places = ConcurrencyLimit(1)
    with places.taken("pictures", 2.0), pytest.raises(ProblemError, match="all places for pictures are taken"):
        places.taken("pictures", 2.0).__enter__()
    with places.taken("pictures", 2.0):
        pass  # the place is free again


def test_who_may_wait_gets_the_next_place() -> None:
    places, release, painted = ConcurrencyLimit(1), threading.Event(), []

    def hold() -> None:
        with places.taken("pictures", 2.0):
            painted.append("first")
            release.wait(10)

    first = threading.Thread(target=hold)
    first.start()
    while not painted:
        pass
    threading.Timer(0.1, release.set).start()
    with places.taken("pictures", 2.0, wait_seconds=10):
        painted.append("second")
    first.join()
    assert painted == ["first", "second"]
