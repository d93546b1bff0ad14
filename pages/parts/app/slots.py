"""Typed names for what a visitor's tab remembers, in place of string keys of `st.session_state`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class Slot(Generic[T]):
    """One value of one feature, or one for each page, run or role; widgets take their `key` from here too.

    A feature declares its slots at the top of its module: `PICKED = Slot[int]("snapshots", "picked")`.

    Attributes:
        feature: the feature that owns the value.
        name: the value's name within it.
    """

    feature: str
    name: str

    def key(self, *of: object) -> str:
        """The session key of this value for `of`, such as a page or a run's id."""
        return "_".join(map(str, (self.feature, self.name, *of)))

    def get(self, *of: object) -> T | None:
        """The value, or None where there is none."""
        return cast("T | None", st.session_state.get(self.key(*of)))

    def put(self, value: T, *of: object) -> None:
        """Remember a value."""
        st.session_state[self.key(*of)] = value

    def pop(self, *of: object) -> T | None:
        """Forget the value, and return what it was."""
        return cast("T | None", st.session_state.pop(self.key(*of), None))

    def ensure(self, make: Callable[[], T], *of: object) -> T:
        """The value; where there is none, `make` gives one that is remembered."""
        if (key := self.key(*of)) not in st.session_state:
            st.session_state[key] = make()
        return cast("T", st.session_state[key])
