"""The limits of a store, and the rule by which finished runs make room for newer ones."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nst_core.jobs.index import IndexRow
from nst_core.settings import Settings


@dataclass(frozen=True)
class StoreLimits:
    """The limits of a store.

    Finished runs are removed when they are more than `runs`, when they take more than `total_bytes`, or when the disk
    is full: the oldest unlisted run first, then the oldest listed one. `keep_runs` and `keep_hours` limit this rule.

    Attributes:
        runs: number of unlisted runs that are over; listed ones do not count.
        total_bytes: size of the files of all runs that are over.
        snapshots: number of pictures along one run.
        keep_runs: number of runs that are over and always stay.
        keep_hours: hours for which a run stays after its end, unless `total_bytes` is exceeded.
        free_bytes: the space that must stay free on the disk beside a new run, since the size of its result is not
            known yet.
    """

    runs: int = Settings.most_runs
    total_bytes: float = Settings.most_gigabytes * 1e9
    snapshots: int = 120
    keep_runs: int = Settings.keep_runs
    keep_hours: float = Settings.keep_hours
    free_bytes: float = Settings.free_disk_mb * 1e6

    @classmethod
    def of(cls, settings: Settings) -> StoreLimits:
        """The limits on a disk, as the operator sets them."""
        return cls(
            runs=settings.most_runs,
            total_bytes=1e9 * settings.most_gigabytes,
            keep_runs=settings.keep_runs,
            keep_hours=settings.keep_hours,
            free_bytes=1e6 * settings.free_disk_mb,
        )


MEMORY = StoreLimits(runs=40, total_bytes=150e6, snapshots=24, keep_runs=1, keep_hours=0.0)
"""The limits where there is no disk."""


def removable(
    over: Sequence[IndexRow], limits: StoreLimits, *, spared: Collection[str] = (), needed_bytes: float = 0.0
) -> list[tuple[str, str]]:
    """The runs that have to make room, as (id, the rule in words), in the order in which they go.

    Args:
        over: all runs that are over, in the order in which they may be removed.
        limits: the limits of the store.
        spared: ids of runs that stay.
        needed_bytes: room to make on a full disk; 0 if it is not full.
    """
    total, unlisted, left = sum(row.bytes for row in over), sum(not row.listed for row in over), len(over)
    youngest, freed, chosen = time.time() - 3600 * limits.keep_hours, 0, []
    for row in over:
        if left <= limits.keep_runs:
            break
        is_old = row.ended <= youngest
        if total > limits.total_bytes:
            rule = f"finished runs may take {limits.total_bytes / 1e9:g} GB"
        elif is_old and not row.listed and unlisted > limits.runs:
            rule = f"{limits.runs} unlisted runs are kept"
        elif is_old and freed < needed_bytes:
            rule = "the disk was full"
        else:
            continue
        if row.job in spared:
            continue
        chosen.append((row.job, rule))
        total, unlisted, left, freed = total - row.bytes, unlisted - (not row.listed), left - 1, freed + row.bytes
    return chosen
