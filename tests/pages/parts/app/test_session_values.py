"""A `SessionValue` is one value in the session, separate for each page, run or role."""

import pytest
import streamlit as st

from pages.parts.app.session_values import SessionValue

COUNT = SessionValue[int]("sheet", "count")


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})


def test_a_value_is_kept_for_each_page_apart() -> None:
    COUNT.put(3, "slow")
    COUNT.put(5, "fast")
    assert (COUNT.get("slow"), COUNT.get("fast"), COUNT.get()) == (3, 5, None)


def test_a_popped_value_is_gone() -> None:
    COUNT.put(3)
    assert (COUNT.pop(), COUNT.pop(), COUNT.get()) == (3, None, None)


def test_a_missing_value_is_made_once() -> None:
    made: list[int] = []
    for _ in range(2):
        assert COUNT.ensure(lambda: made.append(1) or 7) == 7
    assert made == [1]


def test_slots_of_two_features_do_not_meet() -> None:
    assert COUNT.key("slow") != SessionValue[int]("curves", "count").key("slow")
