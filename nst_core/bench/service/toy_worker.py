"""The worker program with a toy in place of engines and networks: pipes, checkpoints and commands are the real ones.

It is ready in a second and needs no weights, so that a benchmark can kill it hundreds of times.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import nullcontext
from typing import Any, BinaryIO

import numpy as np

from nst_core.film import run as film_run
from nst_core.film.engines import forward
from nst_core.film.engines.frames import FilmStep, FrameTask, PaintedFrame, to_bytes
from nst_core.film.spread import plan
from nst_core.jobs import worker
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.messages import Ready
from nst_core.picture.resize import fit
from nst_core.recipe import Provenance, Recipe
from nst_core.runs import runner
from nst_core.step import Pixels, Step

STEP_SECONDS = 0.02
MEASURE_SECONDS = 0.3


def loss(number: int) -> float:
    """The loss of a step: a function of its number, so that a curve shows whether a run continued at the right step."""
    return 1.0 / (1 + number)


def losses(number: int) -> dict[str, float]:
    """The losses of a step: the total, and the two parts that every slow run has."""
    return {"total": loss(number), "content": loss(number) / 4, "style": 3 * loss(number) / 4}


def steps(  # noqa: PLR0913 - the arguments of an engine
    content: Pixels,
    styles: Any,
    recipe: Recipe,
    start: Any = None,
    masks: Any = (),
    resume: Mapping[str, Any] | None = None,
) -> Generator[Step, Recipe | None, None]:
    """Yield the content, darker with every step; same arguments as `runner.run_recipe`."""
    shown = fit(content, recipe.longest_edge_px)
    if recipe.method == "fast":
        time.sleep(STEP_SECONDS)
        yield Step(1, 1, recipe.longest_edge_px, STEP_SECONDS, {}, shown)
        return
    before = 0.0 if resume is None else float(resume["seconds"])
    for number in range(0 if resume is None else int(resume["number"]) + 1, recipe.steps + 1):
        time.sleep(STEP_SECONDS)
        seconds = before = before + STEP_SECONDS
        picture = (shown * np.float32(1 - 0.5 * number / recipe.steps)).astype(np.float32)
        state = {"number": number, "seconds": seconds, "shown": picture}
        yield Step(
            number,
            recipe.steps,
            recipe.longest_edge_px,
            seconds,
            losses(number),
            picture if number % recipe.snapshot_every == 0 else None,
            state=lambda state=state: state,  # type: ignore[misc]
            evaluations=number + 1,
        )


class ToyPainter:
    """Darkens the frames of a film."""

    def paint(self, task: FrameTask) -> PaintedFrame:
        """The frame at half of its brightness, with a loss as `loss` gives it."""
        time.sleep(STEP_SECONDS)
        number = int(task.carried.get("number", 0)) + 1
        picture = to_bytes(task.content[..., :3] * np.float32(0.5))
        return PaintedFrame(picture, {"temporal": loss(number)}, {"number": np.array(number)})


def stylise(
    frames: Any, _styles: Any, recipe: Recipe, masks: Any, resume: Any, **_: Any
) -> Generator[FilmStep, Recipe | None, None]:
    """Yield the frames of a film, darker; arguments as of the methods."""
    return forward.play(ToyPainter(), frames, recipe, masks, resume)


class ToyWorker(worker.Worker):
    """The worker, without networks to load."""

    def _warm(self) -> None:
        self.send(Ready(device="a toy", precision="float32", sources={}))


def _prepare(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"provenance": Provenance(version="toy", weights={"toy": "0" * 64}, device="toy")})


def _measures(*_: Any) -> dict[str, Any]:
    time.sleep(MEASURE_SECONDS)
    return {}


def create(inbox: CommandInbox, out: BinaryIO) -> worker.Worker:
    """A toy worker; replaces the engines of this process."""
    vars(runner).update(engine_steps=steps, prepare=_prepare, measures=_measures, peak_gpu_mb=dict)
    vars(film_run).update(method=lambda *_: nullcontext(stylise))
    vars(worker).update(_is_calibrated=lambda: True)
    vars(plan).update(WORTH_SECONDS=0.0)  # a toy paints parts of any film
    return ToyWorker(inbox, out)


if __name__ == "__main__":
    worker.main(create)
