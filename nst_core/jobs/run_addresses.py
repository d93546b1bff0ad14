"""The hashed network addresses from which the runs under way were submitted. In memory only."""

from __future__ import annotations

from collections.abc import Callable, Collection

from nst_core.system.bounded_cache import BoundedCache

MAX_VISITORS = 2000
"""The most visitors whose last address is remembered, for follow-ups, which the server submits itself."""


class RunAddresses:
    """The address of each run under way, and the last one of each owner."""

    def __init__(self, is_under_way: Callable[[str], bool]) -> None:
        """`is_under_way` tells whether a run waits, runs or is paused."""
        self._is_under_way = is_under_way
        self._of_runs: dict[str, str] = {}
        self._of_owners: BoundedCache[str, str] = BoundedCache(MAX_VISITORS)

    def of(self, job: str) -> str:
        """A run's address; "" if it is unknown."""
        return self._of_runs.get(job, "")

    def last_of(self, owner: str) -> str:
        """The address of an owner's last run; "" if it is unknown."""
        return self._of_owners.get(owner) or ""

    def begun(self, address: str, waiting: Collection[str]) -> int:
        """The number of an address's runs under way that are not among the `waiting` ones."""
        self._of_runs = {job: at for job, at in self._of_runs.items() if self._is_under_way(job)}
        return sum(at == address and job not in waiting for job, at in self._of_runs.items())

    def note(self, job: str, owner: str, address: str) -> None:
        """Note a new run's address; "" is not noted."""
        if address:
            self._of_runs[job] = address
            self._of_owners.put(owner, address)
