"""Finished runs make room by the stated rule only: never the last ones, never young ones on a full disk."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_core.jobs.index import IndexRow
from nst_core.jobs.limits import StoreLimits, removable
from nst_core.settings import Settings

HOUR = 3600.0


def row(job: str, hours_ago: float, *, listed: bool = False, size: int = 10) -> IndexRow:
    at = time.time() - hours_ago * HOUR
    return IndexRow(job, at, at, "ann", listed, "done", True, size)


def in_order(rows: list[IndexRow]) -> list[IndexRow]:
    return sorted(rows, key=lambda row: (row.listed, row.created))


ROWS = in_order([row("old", 9), row("older", 10), row("listed", 20, listed=True), row("young", 0.5), row("new", 0.1)])


@pytest.mark.parametrize(
    ("limits", "needed", "removed"),
    [
        (StoreLimits(keep_runs=1), 0, []),
        (StoreLimits(keep_runs=1), 1, ["older"]),
        (StoreLimits(keep_runs=1), 15, ["older", "old"]),
        (StoreLimits(keep_runs=1), 1e9, ["older", "old", "listed"]),
        (StoreLimits(keep_runs=1, keep_hours=0), 1e9, ["older", "old", "young", "new"]),
        (StoreLimits(keep_runs=4), 1e9, ["older"]),
        (StoreLimits(keep_runs=5), 1e9, []),
        (StoreLimits(runs=3, keep_runs=1), 0, ["older"]),
        (StoreLimits(runs=1, keep_runs=1), 0, ["older", "old"]),
        (StoreLimits(total_bytes=45, keep_runs=1), 0, ["older"]),
        (StoreLimits(total_bytes=15, keep_runs=1), 0, ["older", "old", "young", "new"]),
        (StoreLimits(total_bytes=15, keep_runs=3), 0, ["older", "old"]),
    ],
)
def test_the_oldest_unlisted_runs_go_first_but_neither_the_last_nor_young_ones(
    limits: StoreLimits, needed: float, removed: list[str]
) -> None:
    assert [job for job, _ in removable(ROWS, limits, needed_bytes=needed)] == removed


def test_a_spared_run_stays_and_each_reason_is_told() -> None:
    assert removable(ROWS, StoreLimits(runs=3, keep_runs=1), spared=["older"]) == [("old", "3 unlisted runs are kept")]
    assert removable(ROWS, StoreLimits(keep_runs=1), needed_bytes=1) == [("older", "the disk was full")]
    assert removable(ROWS, StoreLimits(total_bytes=45, keep_runs=1))[0][1] == "finished runs may take 4.5e-08 GB"


@given(
    st.lists(st.tuples(st.floats(-1, 30), st.booleans(), st.integers(0, 50)), max_size=12),
    st.builds(
        StoreLimits,
        runs=st.integers(0, 8),
        total_bytes=st.floats(0, 300),
        keep_runs=st.integers(0, 8),
        keep_hours=st.floats(0, 20),
    ),
    st.floats(0, 500),
)
def test_floor_and_age_hold_for_any_runs(
    runs: list[tuple[float, bool, int]], limits: StoreLimits, needed: float
) -> None:
    rows = in_order([row(str(n), age, listed=on, size=size) for n, (age, on, size) in enumerate(runs)])
    removed = {job for job, _ in removable(rows, limits, needed_bytes=needed)}
    assert len(rows) - len(removed) >= min(limits.keep_runs, len(rows))
    if sum(row.bytes for row in rows) <= limits.total_bytes:
        assert all(row.ended <= time.time() - limits.keep_hours * HOUR for row in rows if row.job in removed)


def test_the_operator_sets_the_limits() -> None:
    environment = {
        "NST_KEEP_RUNS": "3",
        "NST_KEEP_HOURS": "12",
        "NST_STORE_RUNS": "7",
        "NST_STORE_GB": "0.5",
        "NST_FREE_DISK_MB": "9",
    }
    limits = StoreLimits.of(Settings.read(environment))
    assert limits == StoreLimits(runs=7, total_bytes=5e8, keep_runs=3, keep_hours=12, free_bytes=9e6)
    assert StoreLimits.of(Settings.read({})) == StoreLimits()
