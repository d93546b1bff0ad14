"""The displays of a run under way: none, a bar on stderr, or the live view of a notebook."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nst_core.errors import RecipeError
from nst_core.runs.curve import CurvePoint
from nst_core.step import Step

if TYPE_CHECKING:
    from nst_core.studio.result import Result

DisplayName = Literal["auto", "none", "bar", "live"]


class Display(Protocol):
    """Shows a run. It receives each step, and decides itself when to draw."""

    def update(self, step: Step, points: Sequence[CurvePoint]) -> None:
        """Show a step; `points` is the curve up to it."""

    def end(self, result: Result) -> None:
        """Show the end of the run."""


def choose(name: DisplayName) -> Display:
    """The display of this name. Raises RecipeError if there is none, or no notebook for "live"."""
    if name == "auto":
        name = "live" if in_notebook() else "bar" if sys.stderr.isatty() else "none"
    if name == "live":
        if not in_notebook():
            raise RecipeError('display "live" needs a notebook, got a plain Python process; choose "bar" or "none"')
        from nst_core.studio.live import LiveView

        return LiveView()
    if name == "bar":
        return Bar()
    if name == "none":
        return Silence()
    raise RecipeError(f"display must be auto, none, bar or live, got {str(name)[:40]!r}")


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook: Jupyter, VS Code, Colab and the like."""
    ipython = sys.modules.get("IPython")  # the kernel of a notebook has imported IPython
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


class Silence:
    """Shows nothing."""

    def update(self, step: Step, points: Sequence[CurvePoint]) -> None:
        """Do nothing."""

    def end(self, result: Result) -> None:
        """Do nothing."""


class Bar:
    """A progress bar with the loss on stderr, and the notes of the run below it."""

    def __init__(self) -> None:
        self._bar: Any = None

    def update(self, step: Step, points: Sequence[CurvePoint]) -> None:
        """Move the bar to the step."""
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=step.total, unit="step", file=sys.stderr)
        self._bar.total = step.total
        if "total" in step.losses:
            self._bar.set_postfix_str(f"loss {step.losses['total']:.4g}", refresh=False)
        self._bar.update(step.number - self._bar.n)

    def end(self, result: Result) -> None:
        """Close the bar and write the notes."""
        if self._bar is not None:
            self._bar.close()
        for note in result.notes:
            print(f"note: {note}", file=sys.stderr)
