"""The queue is bounded, says when to try again, and lets visitors take turns."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nst_core.errors import JobError, QueueFullError
from nst_core.jobs.queue import FairQueue, QueueEntry, QueueLimits, serving_order
from nst_core.settings import Settings


def admit(entries: Any, entry: Any, limits: Any, seconds_each: Any) -> Any:
    """The entries after a newcomer was admitted."""
    queue = FairQueue(limits, entries)
    queue.admit(entry, lambda *_: seconds_each)
    return queue._entries


def entries_of(visitors: Any) -> Any:
    """One job for each letter, named by its arrival: "aab" -> a's jobs 0 and 1, b's job 2."""
    return tuple(QueueEntry(str(i), visitor) for i, visitor in enumerate(visitors))


def served(visitors: Any, last: str = "") -> Any:
    return [f"{p.visitor}{p.job}" for p in serving_order(entries_of(visitors), last)]


def test_a_newcomer_goes_to_the_end() -> None:
    before = entries_of("ab")
    after = admit(before, QueueEntry("n", "c"), QueueLimits(), 10)
    assert after == (*before, QueueEntry("n", "c"))


def test_the_runs_of_one_visitor_are_bounded() -> None:
    limits = QueueLimits(waiting=8, per_visitor=2)
    assert len(admit(entries_of("ab"), QueueEntry("n", "a"), limits, 10)) == 3
    with pytest.raises(QueueFullError, match="2 of your runs are waiting already; wait for one of them, or stop it"):
        admit(entries_of("aba"), QueueEntry("n", "a"), limits, 10)
    assert len(admit(entries_of("aba"), QueueEntry("n", "b"), limits, 10)) == 4


def test_the_runs_of_all_visitors_are_bounded() -> None:
    limits = QueueLimits(waiting=3, per_visitor=2)
    assert len(admit(entries_of("ab"), QueueEntry("n", "c"), limits, 10)) == 3
    with pytest.raises(QueueFullError, match="3 runs are waiting, which is as many as fit; try again when"):
        admit(entries_of("abc"), QueueEntry("n", "d"), limits, 10)


@pytest.mark.parametrize(("visitors", "own"), [("aa", True), ("bbccddee", False)])
def test_a_refusal_says_when_to_try_again_and_whose_runs_take_the_room(visitors: str, own: bool) -> None:
    with pytest.raises(QueueFullError) as refused:
        admit(entries_of(visitors), QueueEntry("n", "a"), QueueLimits(8, 2), 42.5)
    assert (refused.value.retry_after_seconds, refused.value.own) == (42.5, own)
    assert refused.value.code == "queue-full"
    assert isinstance(refused.value, JobError)


@pytest.mark.parametrize(
    ("visitors", "last", "expected"),
    [
        ("", "", []),
        ("a", "a", ["a0"]),
        ("aaa", "", ["a0", "a1", "a2"]),
        ("aab", "", ["a0", "b2", "a1"]),
        ("aab", "a", ["b2", "a0", "a1"]),
        ("ab", "b", ["a0", "b1"]),
        ("ab", "z", ["a0", "b1"]),
        ("aabbc", "", ["a0", "b2", "c4", "a1", "b3"]),
    ],
)
def test_visitors_take_turns(visitors: str, last: str, expected: Any) -> None:
    assert served(visitors, last) == expected


@pytest.mark.parametrize("seed", range(20))
def test_any_queue_is_served_completely_in_order_and_fairly(seed: Any) -> None:
    rng = np.random.default_rng(seed)
    waiting = entries_of(rng.choice(list("abcd"), rng.integers(1, 15)))
    last = str(rng.choice(list("abcdz")))
    queue = serving_order(waiting, last)
    assert Counter(queue) == Counter(waiting)
    for visitor in "abcd":
        own = [int(p.job) for p in queue if p.visitor == visitor]
        assert own == sorted(own)
    for cut in range(len(queue)):
        had = Counter({last: 1}) + Counter(p.visitor for p in queue[: cut + 1])
        others = {p.visitor for p in queue[cut + 1 :]}
        for visitor in others:  # no visitor was served two runs more than another one who still waits
            assert max(had.values()) - had[visitor] <= 1


def test_a_visitor_who_always_has_runs_waiting_starves_nobody() -> None:
    """One visitor always has two waiting runs; each run of the others waits for at most one of these."""
    waiting, last, history = (*entries_of("aab"), QueueEntry("x", "c")), "", []
    for turn in range(12):
        first, *rest = serving_order(waiting, last)
        waiting = tuple(p for p in waiting if p in rest)
        last = first.visitor
        history.append(last)
        if last == "a":
            waiting = (*waiting, QueueEntry(f"more{turn}", "a"))
    assert set(history[:4]) == {"a", "b", "c"}
    assert all(pair != ("a", "a") for pair in pairwise(history[:5]))


def of_address(addresses: str) -> tuple[QueueEntry, ...]:
    """A job of another visitor for each letter, which is the visitor's address."""
    return tuple(QueueEntry(str(i), f"visitor {i}", address=address) for i, address in enumerate(addresses))


@pytest.mark.parametrize(("waiting", "begun", "fits"), [("aabb", 1, True), ("aaab", 1, False), ("aab", 2, False)])
def test_the_runs_of_one_address_are_bounded_with_those_that_have_begun(waiting: str, begun: int, fits: bool) -> None:
    queue = FairQueue(QueueLimits(per_address=4), of_address(waiting))
    blocking: list[Any] = []

    def seconds(jobs: Any, must_end: bool) -> float:
        assert must_end  # a run that has begun counts until its end
        blocking.extend(jobs)
        return 7.0

    newcomer = QueueEntry("n", "new", address="a")
    if fits:
        queue.admit(newcomer, seconds, begun)
        return
    with pytest.raises(QueueFullError, match="4 runs may wait or run for one network address") as refused:
        queue.admit(newcomer, seconds, begun)
    assert (refused.value.retry_after_seconds, refused.value.own) == (7.0, True)
    assert blocking == [str(n) for n, address in enumerate(waiting) if address == "a"]


def test_unknown_addresses_are_not_one_address() -> None:
    queue = FairQueue(
        QueueLimits(waiting=9, per_address=1), tuple(QueueEntry(str(i), f"visitor {i}") for i in range(5))
    )
    queue.admit(QueueEntry("n", "new"), lambda *_: 7.0)
    assert len(queue) == 6


def test_the_operator_sets_the_limits() -> None:
    assert QueueLimits.of(Settings()) == QueueLimits()
    read = Settings.read({"NST_QUEUE_RUNS": "3", "NST_RUNS_PER_VISITOR": "1", "NST_RUNS_PER_ADDRESS": "9"})
    assert QueueLimits.of(read) == QueueLimits(waiting=3, per_visitor=1, per_address=9)


def test_fewer_runs_wait_where_there_is_little_memory_for_their_pictures() -> None:
    assert QueueLimits.of(Settings.read({"NST_MEMORY_MB": "1000"})).waiting < QueueLimits().waiting
    assert QueueLimits.of(Settings.read({"NST_MEMORY_MB": "1000", "NST_QUEUE_RUNS": "1"})).waiting == 1


def test_a_held_run_counts_in_the_limits_and_is_served_in_its_turn_after_its_release() -> None:
    queue = FairQueue(QueueLimits(waiting=2), entries_of("ab"))
    assert queue.hold("0")
    assert not queue.hold("unknown")
    assert (len(queue), queue.servable(), queue.jobs()) == (1, ["1"], ["1", "0"])
    with pytest.raises(QueueFullError):
        queue.check_room(QueueEntry("n", "c"), lambda *_: 10)
    assert queue.release("0")
    assert not queue.release("0")
    assert [queue.pop(), queue.pop()] == ["0", "1"]


def test_a_held_run_that_leaves_the_queue_is_forgotten() -> None:
    queue = FairQueue(QueueLimits(), entries_of("a"))
    queue.hold("0")
    queue.remove("0")
    assert (len(queue), queue.jobs(), queue.release("0")) == (0, [], False)
