"""A request that is sent again starts nothing a second time."""

from __future__ import annotations

import threading

import pytest

from nst_core.api.idempotency import KEPT_SECONDS, MOST_KEYS, IdempotencyKeys, fingerprint_of
from nst_core.api.problems import IDEMPOTENCY, IN_PROGRESS, ProblemError


def test_the_second_answer_is_the_first() -> None:
    keys, answers = IdempotencyKeys(), iter("ab")
    assert [keys.once("ann", "key", "same", lambda: next(answers)) for _ in range(3)] == ["a"] * 3


def test_without_a_key_each_request_counts() -> None:
    keys, answers = IdempotencyKeys(), iter("ab")
    assert [keys.once("ann", "", "same", lambda: next(answers)) for _ in range(2)] == ["a", "b"]


def test_keys_of_others_are_others() -> None:
    keys = IdempotencyKeys()
    assert keys.once("ann", "key", "same", lambda: 1) == 1
    assert keys.once("ben", "key", "same", lambda: 2) == 2


def test_a_key_is_for_one_request() -> None:
    keys = IdempotencyKeys()
    keys.once("ann", "key", "one", lambda: 1)
    with pytest.raises(ProblemError) as refused:
        keys.once("ann", "key", "another", lambda: 2)
    assert refused.value.kind == IDEMPOTENCY


def test_a_request_that_failed_may_be_sent_again() -> None:
    keys = IdempotencyKeys()
    with pytest.raises(ZeroDivisionError):
        keys.once("ann", "key", "same", lambda: 1 // 0)
    assert keys.once("ann", "key", "same", lambda: 2) == 2


def test_of_two_requests_at_once_one_is_performed() -> None:
    keys, begun, go_on, answers = IdempotencyKeys(), threading.Event(), threading.Event(), []

    def perform() -> int:
        begun.set()
        assert go_on.wait(5)
        return 1

    first = threading.Thread(target=lambda: answers.append(keys.once("ann", "key", "same", perform)))
    first.start()
    assert begun.wait(5)
    with pytest.raises(ProblemError) as refused:
        keys.once("ann", "key", "same", perform)
    go_on.set()
    first.join()
    assert refused.value.kind == IN_PROGRESS
    assert answers == [1]


def test_keys_are_forgotten_after_a_day_and_beyond_their_number() -> None:
    now = 0.0
    keys = IdempotencyKeys(lambda: now)
    assert keys.once("ann", "key", "same", lambda: 1) == 1
    now = KEPT_SECONDS + 1
    assert keys.once("ann", "key", "same", lambda: 2) == 2
    for number in range(MOST_KEYS):
        keys.once("ben", str(number), "same", lambda: 3)
    assert keys.once("ann", "key", "same", lambda: 4) == 4


def test_parts_of_a_request_do_not_run_into_each_other() -> None:
    assert fingerprint_of(["ab", "c"]) != fingerprint_of(["a", "bc"])
