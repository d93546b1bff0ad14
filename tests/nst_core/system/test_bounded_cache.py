"""The cache keeps the values used last, and loads a missing value once for all threads that ask."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nst_core.system.bounded_cache import BoundedCache


def filled(limit: int, *keys: str) -> BoundedCache[str, str]:
    """A cache in which each key has its upper-case letter as value."""
    cache: BoundedCache[str, str] = BoundedCache(limit)
    for key in keys:
        cache.put(key, key.upper())
    return cache


def test_the_oldest_goes_first() -> None:
    cache = filled(2, "a", "b", "c")
    assert [cache.get(key) for key in "abc"] == [None, "B", "C"]
    assert cache.values() == ["B", "C"]
    assert len(cache) == 2


def test_a_value_that_is_read_or_replaced_counts_as_used() -> None:
    cache = filled(3, "a", "b", "c")
    assert cache.get("a") == "A"
    cache.put("b", "new")
    cache.put("d", "D")
    assert cache.values() == ["A", "new", "D"]


def test_a_missing_value_is_loaded_and_stored() -> None:
    cache = filled(2, "a")
    assert cache.get("b", lambda: "loaded") == "loaded"
    assert cache.get("b", lambda: "again") == "loaded"
    assert cache.get("a", lambda: "again") == "A"


def test_nothing_loaded_is_not_stored() -> None:
    cache = filled(2)
    assert cache.get("a", lambda: None) is None
    assert len(cache) == 0


def test_a_removed_value_is_returned_once() -> None:
    cache = filled(2, "a")
    assert (cache.pop("a"), cache.pop("a"), cache.get("a")) == ("A", None, None)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_cache_without_room_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1, got {limit}"):
        BoundedCache(limit)


def test_threads_share_one_load() -> None:
    cache = filled(2)
    together, loads = threading.Barrier(8), list[str]()

    def load() -> str:
        loads.append("once")
        return "value"

    def ask(_: int) -> str | None:
        together.wait()
        return cache.get("a", load)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == 8 * ["value"]
    assert loads == ["once"]


def test_the_bound_holds_under_many_threads() -> None:
    cache: BoundedCache[int, int] = BoundedCache(5)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: cache.put(n, n), range(500)))
    assert len(cache) == 5
