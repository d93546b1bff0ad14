"""The errors that a user can cause or meet. Any other exception that escapes is a bug.

    NSTError                 one sentence: the requirement, the value given, and advice
    ├── RecipeError          a setting is unknown, of the wrong type or out of range
    ├── PictureError         a file is not a usable picture, or cannot be read or written
    ├── FilmError            a file is not a usable film, or cannot be read or written
    ├── FetchError           a download failed, or its content is not usable
    ├── WeightsError         a network's weights cannot be had from any source, or are damaged
    ├── DivergedError        the loss of an optimisation is not finite
    ├── DeviceMemoryError    the device has too little memory for a run
    ├── CheckpointError      a checkpoint is damaged, of another version or of another run
    ├── JobError             a job is unknown, or its state does not allow the action
    │   ├── QueueFullError   the queue is full; try again after `retry_after_seconds`
    │   ├── NotYoursError    only the visitor who started a run may change it
    │   ├── LostRunError     a run cannot be opened, for the reason in the message
    │   └── StorageError     the disk does not take a run or a change of one, for the reason in the message
    ├── WorkerError          the worker process died or did not start
    └── ToolError            a program that a benchmark needs is not installed

Each class has a `code` that never changes: pages and the command line show it, and programs may match it.
"""

from __future__ import annotations

from typing import ClassVar


class NSTError(Exception):
    """A failure whose message is shown to the user as it is, without a traceback."""

    code: ClassVar[str] = "nst"

    def _render_traceback_(self) -> list[str]:
        """The text that IPython and Jupyter show in place of a traceback."""
        return [f"{self.code}: {self}"]


class RecipeError(NSTError):
    """A setting is unknown, of the wrong type or out of range."""

    code = "recipe"


class PictureError(NSTError):
    """A file is not a usable picture, or cannot be read or written."""

    code = "picture"


class FilmError(NSTError):
    """A file is not a usable film, or cannot be read or written."""

    code = "film"


class FetchError(NSTError):
    """A download failed, or its content is not usable."""

    code = "fetch"


class WeightsError(NSTError):
    """A network's weights cannot be had from any source, or are damaged."""

    code = "weights"


class ExportError(NSTError):
    """A network cannot be exported, or an export folder is not usable."""

    code = "export"


class DivergedError(NSTError):
    """The loss of an optimisation is not finite."""

    code = "diverged"


class DeviceMemoryError(NSTError):
    """The device that runs the networks has too little memory for a run."""

    code = "memory"


class CheckpointError(NSTError):
    """A checkpoint is damaged, of another version or of another run."""

    code = "checkpoint"


class JobError(NSTError):
    """A job is unknown, or its state does not allow the action."""

    code = "job"


class QueueFullError(JobError):
    """The queue is full.

    Attributes:
        retry_after_seconds: when to try again.
        own: whether the visitor's own jobs fill the queue, and not the jobs of others.
    """

    code = "queue-full"

    def __init__(self, message: str, *, retry_after_seconds: float, own: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds, self.own = retry_after_seconds, own


class NotYoursError(JobError):
    """Only the visitor who started a run may change it; others may view it."""

    code = "not-yours"


class LostRunError(JobError):
    """A run cannot be opened.

    Attributes:
        is_stored: whether its files are still there, so that it may be opened later.
    """

    code = "run-lost"

    def __init__(self, message: str, *, is_stored: bool = False) -> None:
        super().__init__(message)
        self.is_stored = is_stored


class StorageError(JobError):
    """The disk does not take a run, or a change of one."""

    code = "storage"


class WorkerError(NSTError):
    """The worker process, which runs the networks, died or did not start."""

    code = "worker"


class ToolError(NSTError):
    """A program that a benchmark needs is not installed."""

    code = "tool"


def with_code(code: str) -> type[NSTError]:
    """The class of the errors that have this code; NSTError if none has."""
    classes, found = [NSTError], NSTError
    while classes:
        each = classes.pop()
        classes += each.__subclasses__()
        if each.__dict__.get("code") == code:
            found = each
    return found
