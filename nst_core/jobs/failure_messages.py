"""Sentences for the user about interruptions and errors of a run."""

from __future__ import annotations

import logging

_LOGGER = logging.getLogger(__name__)

RESTARTED = "The server was restarted"
LOST = "The process that paints ended unexpectedly"
MACHINE_LOST = "The machine that painted was lost"
SERVER_LOST = "The server that had this run ended unexpectedly"
NO_PICTURES = "the server ended before the pictures of this run were stored; start it again"
HUNG = "The process that paints did not answer any more and was replaced"
STALLED = "The process that paints made no progress any more and was replaced"


def continued(reason: str, step: int) -> str:
    """An interrupted run continues after `step`, or from its beginning if that is below 1."""
    return f"{reason}; this run {f'went on from step {step}' if step > 0 else 'began again'}."


def waits(reason: str) -> str:
    """An interrupted run waits in the queue to continue."""
    return f"{reason}; this run waits to go on."


def unseen(minutes: float, *, begun: bool) -> str:
    """A run was ended because no page had asked for it for `minutes`."""
    ended = "was stopped with the picture it had" if begun else "left the queue"
    return f"Nobody had looked at this run for {minutes:g} minutes, so it {ended}."


def bug(error: Exception) -> str:
    """A bug ended a run; the server's log gets the traceback."""
    _LOGGER.error("A bug ended a run", exc_info=error)
    return f"an internal error ended this run ({type(error).__name__}); start it again"


def died(times: int, reason: str) -> str:
    """The worker died too often during a run."""
    deaths = f"{times} times in the middle of this run, the last time because {reason}"
    return f"the process that paints ended {deaths}; try a smaller size"
