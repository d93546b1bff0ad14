"""Signs of life of the worker: a thread of it sends a `Beat` now and then; a `HeartbeatMonitor` judges their absence.

A beat comes from a thread of its own, so that a long step or compilation is no silence: only code that holds Python's
interpreter lock delays it. On two cores shared by six programs the longest delay of a worker without a fault was 1.2 s,
while TensorFlow was loaded and while convolutions were compiled; 0.5 s in steps of 512 px with their checkpoints, and
0.3 s in a fast pass of 1,024 px. The default of NST_WORKER_SILENCE_SECONDS is 25 times as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nst_core.jobs import failure_messages
from nst_core.jobs.messages import Beat, Event

BEAT_SECONDS = 1.0
"""Interval of the beats."""
FIRST_BEAT_FACTOR = 10.0
"""The first beat may take so many times longer: a program starts slowly from a cold disk."""
IDLE_FACTOR, IDLE_SHARE = 20.0, 0.01
"""A worker that has a run and beats, but neither reports anything nor uses this share of one core, for so many times
the longest silence, waits for something that does not come. Downloads of weights, which are idle too, end earlier."""
BUSY_FACTOR = 100.0
"""... and one that computes but reports nothing for so many times the longest silence goes round in circles: the
longest step known, of 2,048 px on two cores, takes 49 s."""
MOST_A_ROUND_SECONDS = 2.0
"""The most that one round of the watch counts: rounds are so far apart. A longer gap between two of them means that the
machine or the web process itself was suspended, for which the worker is not to blame."""


def start(send: Callable[[Event], None]) -> None:
    """Send a beat every BEAT_SECONDS from a thread of this process, until it ends."""

    def beat() -> None:
        while True:
            send(Beat(cpu_seconds=time.process_time()))
            time.sleep(BEAT_SECONDS)

    threading.Thread(target=beat, name="nst-heartbeat", daemon=True).start()


@dataclass(frozen=True)
class Fault:
    """Why a worker must be replaced: `reason` for the error of a run that it failed, `note` for one that goes on."""

    reason: str
    note: str


class HeartbeatMonitor:
    """The signs of life of one worker, judged in rounds. Times are monotonic, and of rounds in which we were awake."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a worker that has just been started."""
        self._clock, self._last_round = clock, clock()
        self._silent = self._stalled = 0.0
        self._cpu = self._cpu_at_progress = 0.0
        self._has_beaten = False

    def on_event(self, event: Event) -> None:
        """Note an event: each is a sign of life, and each but a beat is progress."""
        self._silent = 0.0
        if isinstance(event, Beat):
            self._cpu, self._has_beaten = event.cpu_seconds, True
        else:
            self._note_progress()

    def fault(self, silence_seconds: float, *, is_busy: bool, is_loading: bool) -> Fault | None:
        """Close a round, and say what is wrong with the worker, if anything.

        Args:
            silence_seconds: the longest silence that is allowed; 0 for any.
            is_busy: whether the worker owes us an event other than a beat.
            is_loading: whether it may wait for downloads.
        """
        now = self._clock()
        seconds, self._last_round = min(now - self._last_round, MOST_A_ROUND_SECONDS), now
        self._silent, self._stalled = self._silent + seconds, self._stalled + seconds
        if not is_busy:
            self._note_progress()
        if silence_seconds <= 0:
            return None
        if self._silent > silence_seconds * (1 if self._has_beaten else FIRST_BEAT_FACTOR):
            return Fault(f"it did not answer for {self._silent:.0f} seconds", failure_messages.HUNG)
        if self._stalled > silence_seconds * self._patience(is_loading):
            return Fault(f"it made no progress for {self._stalled / 60:.0f} minutes", failure_messages.STALLED)
        return None

    def _patience(self, is_loading: bool) -> float:
        """How many times the longest silence the worker may take to its next event."""
        is_idle = self._cpu - self._cpu_at_progress < IDLE_SHARE * self._stalled
        return IDLE_FACTOR if is_idle and not is_loading else BUSY_FACTOR

    def _note_progress(self) -> None:
        self._stalled, self._cpu_at_progress = 0.0, self._cpu
