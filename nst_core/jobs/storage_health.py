"""Whether runs can be stored now, and when a run that could not be stored is tried again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from nst_core.jobs import storage_errors

_LOGGER = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.5, 60.0
"""The wait after the first failure; each further failure doubles it, up to the second value."""
PROBE_SECONDS, IDLE_PROBE_SECONDS = 1.0, 10.0
"""The least time between two probes of a disk that failed: while runs are submitted, and while none are."""
PROBE_BYTES = 1 << 18
"""Bytes that are written to probe the disk if no size is known."""
ROOM_SECONDS = 600.0
"""The time after which old runs may make room once more on a disk that stays full."""
LOG_SECONDS = 600.0
"""The least time between two equal lines in the server's log."""


@dataclass(frozen=True)
class _Failure:
    reason: str
    wait: float
    retry_at: float


class StorageHealth:
    """Tracks failures to store runs.

    Attributes:
        fault: why no run can be stored now, as a clause; empty if runs can be stored.
    """

    def __init__(self, probe: Callable[[int], None], fault: str = "") -> None:
        """`probe` writes a number of bytes to the disk, or raises OSError; `fault` is a fault known from the start."""
        self._probe = probe
        self._failures: dict[str, _Failure] = {}
        self._logged: dict[str, float] = {}
        self._probed_at = -PROBE_SECONDS
        self._did_probe_fail = bool(fault)
        self._room_made_at = -ROOM_SECONDS
        self.fault = ""
        if fault:
            self._set_fault(fault)

    @property
    def problem(self) -> str:
        """Why no run can be stored, or why one run is not stored yet, as a clause; empty if all is well."""
        failures = list(self._failures.values())
        return self.fault or (failures[0].reason if failures else "")

    def note_fault(self, error: OSError) -> None:
        """Note that no run can be stored, and why."""
        self._set_fault(storage_errors.in_words(error))

    def note_failure(self, job: str, error: Exception) -> None:
        """Note that the changes of a run could not be stored."""
        reason = storage_errors.in_words(error)
        if isinstance(error, OSError):
            self._set_fault(reason)
        else:
            self._log(f"A run cannot be stored: {type(error).__name__}: {reason}")
        before = self._failures.get(job)
        wait = min(2 * before.wait, LAST_RETRY_SECONDS) if before else FIRST_RETRY_SECONDS
        self._failures[job] = _Failure(reason, wait, time.monotonic() + wait)

    def note_success(self, job: str) -> None:
        """Note that the changes of a run were stored."""
        self._failures.pop(job, None)
        self._room_made_at = -ROOM_SECONDS
        if not self._failures:
            self.fault = ""

    def forget(self, job: str) -> None:
        """Forget the failures of a run that was removed."""
        self._failures.pop(job, None)

    def is_due(self, job: str) -> bool:
        """Whether a run may be stored now."""
        failure = self._failures.get(job)
        return failure is None or failure.retry_at <= time.monotonic()

    def seconds_to_retry(self, changed: Collection[str]) -> float | None:
        """Seconds until the next attempt, for a failed run or for the disk; None if nothing failed."""
        waits = [self._failures[job].retry_at - time.monotonic() for job in changed if job in self._failures]
        waits += [IDLE_PROBE_SECONDS] if self.fault else []
        return max(0.0, min(waits)) if waits else None

    def may_make_room(self) -> bool:
        """Whether old runs may be removed now: not twice without a success or ROOM_SECONDS between. Notes a removal."""
        now = time.monotonic()
        may = now - self._room_made_at >= ROOM_SECONDS
        if may:
            self._room_made_at = now
        return may

    def recovers(self, size: int = PROBE_BYTES, *, at_once: bool = False) -> bool:
        """Whether the disk takes `size` bytes again.

        Unless `at_once`, it is probed only after a failure, and not too often.
        """
        if not at_once and (not self.problem or time.monotonic() - self._probed_at < PROBE_SECONDS):
            return False
        self._probed_at = time.monotonic()
        try:
            self._probe(size)
        except OSError as error:
            self._set_fault(storage_errors.in_words(error))
            self._did_probe_fail = True
            return False
        self.fault = ""
        if self._did_probe_fail:  # otherwise the fault is not the disk's, and an immediate attempt would not help
            self._did_probe_fail = False
            self._failures = {job: replace(each, retry_at=0.0) for job, each in self._failures.items()}
        return True

    def _set_fault(self, fault: str) -> None:
        self.fault = fault
        self._log(f"Runs cannot be stored: {fault}")

    def _log(self, line: str) -> None:
        if time.monotonic() - self._logged.get(line, -LOG_SECONDS) >= LOG_SECONDS:
            _LOGGER.warning("%s", line)
            self._logged[line] = time.monotonic()
