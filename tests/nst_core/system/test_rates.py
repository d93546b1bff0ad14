import pytest

from nst_core.system import rates
from nst_core.system.rates import RateLimit


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_of_events_may_come_at_once_and_then_one_at_a_time() -> None:
    clock = Clock()
    limit = RateLimit(6, clock)
    assert [limit.wait_seconds("a") for _ in range(6)] == [0.0] * 6
    assert limit.wait_seconds("a") == pytest.approx(10)
    assert limit.wait_seconds("b") == 0.0
    clock.now = 4.0
    wait = limit.wait_seconds("a")
    assert wait == pytest.approx(6)
    clock.now += wait
    assert limit.wait_seconds("a") == 0.0
    assert limit.wait_seconds("a") > 0


def test_over_an_hour_no_more_events_pass_than_allowed() -> None:
    clock = Clock()
    limit, passed = RateLimit(30, clock), 0
    for _ in range(3600 * 5):
        clock.now += 0.2
        passed += limit.wait_seconds("a") == 0.0
    assert passed <= 30 * 60 + 30


def test_keys_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "KNOWN_KEYS", 100)
    limit = RateLimit(1, Clock())
    for number in range(1000):
        limit.wait_seconds(str(number))
    assert len(limit._room) == 100


def test_a_rate_must_allow_something() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RateLimit(0)
