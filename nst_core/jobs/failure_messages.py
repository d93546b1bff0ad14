"""What befell a run that nobody asked for, in sentences for whoever looks at it."""

from __future__ import annotations

import traceback

RESTARTED = "The server was restarted"
LOST = "The process that paints ended unexpectedly"


def went_on(mishap: str, step: int) -> str:
    """A run that was broken off goes on from `step`, or from its beginning where that is below 1."""
    return f"{mishap}; this run {f'went on from step {step}' if step > 0 else 'began again'}."


def unseen(minutes: float, *, begun: bool) -> str:
    """A run was ended because nobody had looked at it for so long."""
    ended = "was stopped with the picture it had" if begun else "left the line"
    return f"Nobody had looked at this run for {minutes:g} minutes, so it {ended}."


def bug(error: Exception) -> str:
    """An error of ours ended a run; whoever keeps the server finds all of it in the log."""
    traceback.print_exception(error)
    return f"an internal error ended this run ({type(error).__name__}); start it again"


def died(times: int, reason: str) -> str:
    """The worker died too often in the middle of a run."""
    often = f"{times} times in the middle of this run, the last time because {reason}"
    return f"the process that paints ended {often}; try a smaller size"
