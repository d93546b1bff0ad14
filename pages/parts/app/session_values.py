"""Typed keys of `st.session_state`, the memory of one visitor's tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class SessionValue(Generic[T]):
    """One value of one feature, or one value for each page, run or role; widgets take their `key` from here too.

    A feature declares its values at the top of its module: `PICKED = SessionValue[int]("snapshots", "picked")`.

    Attributes:
        feature: the feature that owns the value.
        name: the value's name within the feature.
    """

    feature: str
    name: str

    def key(self, *scope: object) -> str:
        """The session key of this value; `scope` names a page, a run or a role, if each has a value of its own."""
        return "_".join(map(str, (self.feature, self.name, *scope)))

    def get(self, *scope: object) -> T | None:
        """The value, or None if there is none."""
        return cast("T | None", st.session_state.get(self.key(*scope)))

    def put(self, value: T, *scope: object) -> None:
        """Store a value."""
        st.session_state[self.key(*scope)] = value

    def pop(self, *scope: object) -> T | None:
        """Remove the value and return it; None if there was none."""
        return cast("T | None", st.session_state.pop(self.key(*scope), None))

    def ensure(self, make: Callable[[], T], *scope: object) -> T:
        """The value; if there is none, the result of `make`, which is stored."""
        if (key := self.key(*scope)) not in st.session_state:
            st.session_state[key] = make()
        return cast("T", st.session_state[key])


PAINTED = SessionValue[bool]("fragment", "painted")
"""By fragment, whether the browser has shown it."""


def has_painted(fragment: str) -> bool:
    """Whether the browser has shown a fragment before; False at the fragment's first run, True at each later one.

    The browser asks for a fragment's later runs, so it has painted the first one by then.
    """
    painted = bool(PAINTED.get(fragment))
    PAINTED.put(True, fragment)
    return painted
