"""One run in this process, with its log and times; used by the command line and by `nst_core.studio`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import CheckpointError, DivergedError
from nst_core.picture.decode import Bytes
from nst_core.recipe import Recipe
from nst_core.runs import runner, usage
from nst_core.runs.inputs import RunInputs
from nst_core.runs.log import RunLog
from nst_core.step import Pixels, Step

if TYPE_CHECKING:
    from nst_core.slow.checkpoint import Checkpoint


class LoggedRun:
    """One run of a recipe: the networks are loaded when it is made, and each step is computed when it is requested.

    Attributes:
        recipe: the recipe with the provenance of this machine.
        log: the curve and the best Step so far.
        timer: the seconds of loading, compiling and running.
        notes: sentences for the user, from opening the pictures and from the steps so far.
        diverged: why the run ended early although there is a picture, or None.
    """

    def __init__(
        self, pictures: RunInputs, recipe: Recipe, checkpoint: Path | None = None, resume: Checkpoint | None = None
    ) -> None:
        """Load the networks.

        Args:
            pictures: content, styles, start and masks.
            recipe: every setting; it names these pictures.
            checkpoint: the file to save the run to, or None.
            resume: the checkpoint to continue from, or None.

        Raises:
            WeightsError: no source gave a network.
            CheckpointError: the checkpoint was made with other weights.
        """
        self.timer = usage.RunTimer()
        self.recipe = runner.prepare(recipe)
        self._resume = resume.state if resume is not None else None
        if resume is not None:
            _check_weights(resume.recipe, self.recipe)
        self.timer.mark_loaded(already=float(self._resume.get("seconds", 0.0)) if self._resume is not None else 0.0)
        self.log = RunLog(self.recipe, checkpoint, resume)
        self.diverged: DivergedError | None = None
        self.notes: tuple[str, ...] = ()
        self._pictures = pictures
        self._content = pictures.content.covered()
        self._styles = [style.covered() for style in pictures.styles]

    def steps(self) -> Generator[Step, None, None]:
        """Compute one Step after another and record each.

        A checkpoint is saved in every case when the loop over them ends.

        A run that diverges after its first step ends without an error, since there is a picture; see `diverged`.

        Raises:
            DivergedError: the run diverged at its first step.
            NSTError: see the engines.
        """
        start = self._pictures.start
        engine = runner.run_recipe(
            self._content,
            self._styles,
            self.recipe,
            start=start.covered() if start else None,
            masks=[mask.weights for mask in self._pictures.masks],
            resume=self._resume,
        )
        has_begun = False
        with closing(engine):
            try:
                for number, step in enumerate(engine):
                    if number == 0 and self._pictures.notes:
                        step = replace(step, notes=(*self._pictures.notes, *step.notes))  # noqa: PLW2901
                    self.notes += step.notes
                    self.timer.tick(step)
                    self.log.add(step)
                    has_begun = True
                    yield step
            except DivergedError as error:
                if not has_begun:
                    raise
                self.diverged = error
            finally:
                self.log.save()

    def picture(self) -> Pixels:
        """The best picture so far, [1, H, W, 3] in [0, 1]. Raises ValueError before the first step."""
        masks = [mask.weights for mask in self._pictures.masks]
        return runner.result_picture(self.log.best, self._content, self.recipe, masks)

    def picture_of(self, step: Step) -> Pixels:
        """The final picture of a step, [1, H, W, 3] in [0, 1]."""
        return runner.result_picture(step, self._content, self.recipe, [m.weights for m in self._pictures.masks])

    def alpha(self) -> Bytes | None:
        """The transparency of the result, uint8 [h, w] of any size, or None."""
        return runner.result_alpha(self._pictures.content.alpha, self.recipe)

    def report(self) -> dict[str, Any]:
        """Settings, times, memory, measures, curve and notes of the run, with its best picture as the result."""
        report = runner.report(self._content, self._styles, self.recipe, self.picture(), self.timer)
        return {**report, **self.log.report(), "notes": list(self.notes)}


def _check_weights(before: Recipe, now: Recipe) -> None:
    """Raise CheckpointError unless the checkpoint was made with the weights of this machine."""
    for network, here in now.provenance.weights.items():
        saved = before.provenance.weights.get(network, here)
        if saved != here:
            raise CheckpointError(
                f"the checkpoint was made with weights of {network} whose SHA-256 is {saved[:12]}, but those here are "
                f"{here[:12]}; resume it where it was made, or start a new run"
            )
