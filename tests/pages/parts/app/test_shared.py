"""What is the same for all visitors is made once, also when several ask at once, and old results make room."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.parts.app.shared import shared


def test_the_last_results_are_kept_and_arguments_with_an_underscore_do_not_count() -> None:
    made: list[tuple[int, str]] = []

    @shared(2)
    def label(number: int, _words: str) -> str:
        made.append((number, _words))
        return f"{number} {_words}"

    assert [label(1, "a"), label(1, "b")] == ["1 a", "1 a"]
    label(2, "c")
    label(1, "d")  # used again, so that 2 is the oldest
    label(3, "e")
    assert made == [(1, "a"), (2, "c"), (3, "e")]
    assert label(1, "f") == "1 a"
    assert label(2, "g") == "2 g", "only two are kept"


def test_those_who_ask_at_once_share_one_result() -> None:
    made: list[int] = []
    begun = threading.Barrier(4)

    @shared(8)
    def slow(number: int) -> object:
        made.append(number)
        time.sleep(0.02)
        return object()

    def ask() -> object:
        begun.wait(5)
        return slow(1)

    with ThreadPoolExecutor(4) as threads:
        found = {id(each.result()) for each in [threads.submit(ask) for _ in range(4)]}
    assert (len(found), made) == (1, [1])


def test_a_failure_is_not_kept() -> None:
    outcomes: Iterator[int | Exception] = iter([ValueError("once"), 7])

    @shared(1)
    def next_outcome() -> int:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with pytest.raises(ValueError, match="once"):
        next_outcome()
    assert next_outcome() == 7
