"""Signs of life of the worker: a thread of it sends a `Beat` regularly, and a `HeartbeatMonitor` detects their absence.

A thread of its own sends the beats, so that they continue during a long step or compilation; only code that holds
Python's interpreter lock delays them. The longest delay was measured on two cores shared by six programs. It was 1.2 s
while TensorFlow was loaded or convolutions were compiled, 0.5 s in steps of 512 px with checkpoints, and 0.3 s in a
fast pass of 1,024 px. The default of NST_WORKER_SILENCE_SECONDS is 25 times as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nst_core.jobs import failure_messages
from nst_core.jobs.messages import Beat, WorkerEvent

BEAT_SECONDS = 1.0
"""Interval of the beats."""
FIRST_BEAT_FACTOR = 10.0
"""Factor by which the first beat may take longer: a program starts slowly from a cold disk."""
IDLE_FACTOR, IDLE_SHARE = 20.0, 0.01
"""A worker hangs if it has a run and beats, but neither reports anything nor uses IDLE_SHARE of one core for
IDLE_FACTOR times the longest silence. Downloads of weights are idle too, but end earlier."""
BUSY_FACTOR = 100.0
"""A worker that computes but reports nothing for this number times the longest silence is in an endless loop: the
longest known step, of 2,048 px on two cores, takes 49 s."""
MOST_A_ROUND_SECONDS = 2.0
"""The most seconds that one round of checks counts. A longer gap between two rounds means that the machine or the web
process itself was suspended, which is no fault of the worker."""


def start(send: Callable[[WorkerEvent], None]) -> None:
    """Send a beat every BEAT_SECONDS from a thread of this process, until it ends."""

    def beat() -> None:
        while True:
            send(Beat(cpu_seconds=time.process_time()))
            time.sleep(BEAT_SECONDS)

    threading.Thread(target=beat, name="nst-heartbeat", daemon=True).start()


@dataclass(frozen=True)
class Fault:
    """Why a worker must be replaced.

    Attributes:
        reason: for the message of a run that fails.
        note: for the message of one that continues.
        blames_run: whether the run itself may be the cause, so that it is not continued for ever.
    """

    reason: str
    note: str
    blames_run: bool = True


class HeartbeatMonitor:
    """The signs of life of one worker, judged in rounds.

    Times are monotonic, and leave out the time in which this process was suspended.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a worker that has just been started."""
        self._clock, self._last_round = clock, clock()
        self._silent = self._stalled = 0.0
        self._cpu = self._cpu_at_progress = 0.0
        self._has_beaten = False

    def on_event(self, event: WorkerEvent) -> None:
        """Note an event: each is a sign of life, and each but a beat is progress."""
        self._silent = 0.0
        if isinstance(event, Beat):
            self._cpu, self._has_beaten = event.cpu_seconds, True
        else:
            self._note_progress()

    def fault(self, silence_seconds: float, *, is_busy: bool, is_loading: bool) -> Fault | None:
        """End a round; returns the worker's fault, or None if it is well.

        Args:
            silence_seconds: the longest silence that is allowed; 0 for any.
            is_busy: whether the worker has work, and so must send an event other than a beat.
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
        """The longest wait for the worker's next event, as a multiple of the longest silence."""
        is_idle = self._cpu - self._cpu_at_progress < IDLE_SHARE * self._stalled
        return IDLE_FACTOR if is_idle and not is_loading else BUSY_FACTOR

    def _note_progress(self) -> None:
        self._stalled, self._cpu_at_progress = 0.0, self._cpu
