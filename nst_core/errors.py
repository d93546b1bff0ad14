"""Every error a user can cause or meet. Anything else that escapes is a bug.

    NSTError                 one sentence: what was required, what came, what to try
    ├── RecipeError          a setting is unknown, of the wrong type or out of range
    ├── PictureError         bytes that are no usable picture
    ├── FetchError           an address on the network did not give what was asked
    ├── WeightsError         no source gave a network's weights, or they are damaged
    ├── DivergedError        an optimisation stopped being finite
    ├── CheckpointError      a checkpoint is of another version, truncated or of another run
    ├── JobError             a job is unknown, or cannot do what was asked in its state
    │   └── QueueFullError   no room for another job now; try again after `retry_after_seconds`
    ├── WorkerError          the process that holds the networks died or did not start
    └── ToolError            a program that only a measurement needs is not installed

Each class has a stable `code`, which interfaces may show and programs may match.
"""

from __future__ import annotations

from typing import ClassVar


class NSTError(Exception):
    """A failure to be shown to the user as it is: one sentence, no traceback."""

    code: ClassVar[str] = "nst"


class RecipeError(NSTError):
    """A setting is unknown, of the wrong type or out of range."""

    code = "recipe"


class PictureError(NSTError):
    """Bytes that are no usable picture."""

    code = "picture"


class FetchError(NSTError):
    """An address on the network did not give what was asked."""

    code = "fetch"


class WeightsError(NSTError):
    """No source gave a network's weights, or they are damaged."""

    code = "weights"


class DivergedError(NSTError):
    """An optimisation stopped being finite."""

    code = "diverged"


class CheckpointError(NSTError):
    """A checkpoint is of another version, truncated or of another run."""

    code = "checkpoint"


class JobError(NSTError):
    """A job is unknown, or cannot do what was asked in its state."""

    code = "job"


class QueueFullError(JobError):
    """No room for another job now; `own` if the visitor's own jobs take it up."""

    code = "queue-full"

    def __init__(self, message: str, *, retry_after_seconds: float, own: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds, self.own = retry_after_seconds, own


class WorkerError(NSTError):
    """The process that holds the networks died or did not start."""

    code = "worker"


class ToolError(NSTError):
    """A program that only a measurement needs is not installed."""

    code = "tool"
