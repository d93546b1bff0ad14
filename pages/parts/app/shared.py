"""Results that are the same for all visitors: made once, and found again quickly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from inspect import signature
from threading import RLock
from typing import TypeVar

R = TypeVar("R")


def shared(most: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """A decorator that keeps the last `most` results of a function of hashable arguments, given by position.

    Arguments whose names begin with an underscore do not count: the others determine the result. If several threads
    ask for the same at once, one makes it and the others wait. `st.cache_resource` does the same, but hashes all
    arguments at each call, which takes longer than anything else in a page's calls to it.
    """

    def decorate(make: Callable[..., R]) -> Callable[..., R]:
        counting = [index for index, name in enumerate(signature(make).parameters) if not name.startswith("_")]
        kept: OrderedDict[tuple[object, ...], R] = OrderedDict()
        looking, making = RLock(), RLock()

        def found(key: tuple[object, ...]) -> tuple[R] | None:
            with looking:
                if key not in kept:
                    return None
                kept.move_to_end(key)
                return (kept[key],)

        @wraps(make)
        def get(*arguments: object) -> R:
            key = tuple(arguments[index] for index in counting)
            if (known := found(key)) is not None:
                return known[0]
            with making:
                if (known := found(key)) is not None:
                    return known[0]
                made = make(*arguments)
                with looking:
                    kept[key] = made
                    if len(kept) > most:
                        kept.popitem(last=False)
                return made

        get.cache_clear = kept.clear  # type: ignore[attr-defined]  # by the name that `functools` gives it
        return get

    return decorate
