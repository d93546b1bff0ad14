"""A method without a network for the command `film`, and for its processes, which get it with what they are given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from nst_core.cli import film
from nst_core.film import run
from nst_core.film.engines import forward
from nst_core.film.engines.frames import FrameTask, PaintedFrame, to_bytes
from nst_core.recipe import Recipe

_keep = film._keep


class Inverting:
    """Stands in for a method: paints the negative."""

    def paint(self, task: FrameTask) -> PaintedFrame:
        return PaintedFrame(to_bytes(1 - task.content), {"temporal": 1.0})


def stylise(contents: Any, styles: Any, recipe: Recipe, masks: Any, resume: Any, **_: Any) -> Any:
    return forward.play(Inverting(), contents, recipe, masks, resume)


class Keep:
    """The command's own function; a process that gets it has the method too."""

    def __call__(self, *arguments: Any) -> None:
        _keep(*arguments)

    def __reduce__(self) -> tuple[Callable[[], Keep], tuple[()]]:
        return _in_a_process, ()


def _in_a_process() -> Keep:
    vars(run).update(method=lambda *_: nullcontext(stylise))
    return Keep()
