"""`paint` runs a recipe and returns its result; `steps` runs it step by step."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from nst_core.errors import RecipeError
from nst_core.picture.masks import mask_of
from nst_core.recipe import Method, Recipe, change, make, steered
from nst_core.runs import result_file
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs
from nst_core.runs.interruption import interruptible
from nst_core.runs.logged import LoggedRun
from nst_core.runs.naming import named, resumed
from nst_core.slow.checkpoint import Checkpoint
from nst_core.slow.checkpoint import load as load_checkpoint
from nst_core.step import Step
from nst_core.studio import arguments
from nst_core.studio.displays import DisplayName, choose
from nst_core.studio.pictures import PictureSource, open_picture
from nst_core.studio.quiet import load_tensorflow
from nst_core.studio.result import Result

MaskSource = tuple[PictureSource, Sequence[float]]
"""A picture of a region, white inside, and the share of each style there."""


def paint(  # noqa: PLR0913 - what a run can be given, by name
    content: PictureSource,
    *styles: PictureSource,
    preset: str | None = None,
    method: Method | None = None,
    recipe: Recipe | None = None,
    start_picture: PictureSource | None = None,
    style_weights: Sequence[float] = (),
    masks: Sequence[MaskSource] = (),
    checkpoint: str | Path | None = None,
    resume: str | Path | None = None,
    display: DisplayName = "auto",
    **settings: Any,
) -> Result:
    """Paint a picture in the style of others.

    Ctrl-C, or Stop in Jupyter, ends the run after its step: the best picture so far is the result, `stopped` is True,
    and nothing is raised. A second one raises KeyboardInterrupt at once.

    Args:
        content: the picture to paint, as `open_picture` takes it.
        styles: the style pictures. Not needed if `style_weight` is 0, as in preset "reconstruction".
        preset: named settings to begin with, a key of `PRESETS`; "painterly" if neither it nor `recipe` is given.
        method: "slow" optimises the picture, "fast" is one pass of a network, "balanced" is fast, then slow.
        recipe: settings to begin with in place of a preset, such as those of an earlier result.
        start_picture: a picture that the slow method starts from, instead of what the setting `start` names.
        style_weights: the share of each style; equal by default.
        masks: regions of the content, each a picture, white inside, and the share of each style there, such as
            `[("left.png", [1, 0]), ("right.png", [0, 1])]` for two styles.
        checkpoint: a file to save the run to; `resume` or the command line can continue from it.
        resume: the checkpoint of a slow run to continue, with the same pictures and masks. Its recipe is used, changed
            by `settings` such as more `steps`. The run is saved to this file again unless `checkpoint` names another
            one.
        display: "live": the picture and its curves, in a notebook; "bar": a progress bar on stderr; "none"; "auto":
            live in a notebook, a bar on a terminal, and otherwise none.
        settings: any setting of a recipe by name, such as `longest_edge_px=256` or `tv_weight=5.0`; the table in
            nst_core/recipe/README.md lists them.

    Raises:
        RecipeError: a setting is unknown or out of range, or does not fit the pictures.
        PictureError: a picture is not usable, or the checkpoint file cannot be written.
        CheckpointError: the checkpoint to resume is damaged, or of other pictures or weights.
        WeightsError: no source gave a network.
        DivergedError: the loss stopped being finite at the first step.
    """
    run = steps(
        content,
        *styles,
        preset=preset,
        method=method,
        recipe=recipe,
        start_picture=start_picture,
        style_weights=style_weights,
        masks=masks,
        checkpoint=checkpoint,
        resume=resume,
        **settings,
    )
    shown = choose(display)
    with interruptible() as interruption, closing(run.__iter__()) as computed:
        for step in computed:
            shown.update(step, run.points)
            if interruption.asked:
                run.interrupt()
                break
    result = run.result()
    shown.end(result)
    return result


def steps(  # noqa: PLR0913 - as paint
    content: PictureSource,
    *styles: PictureSource,
    preset: str | None = None,
    method: Method | None = None,
    recipe: Recipe | None = None,
    start_picture: PictureSource | None = None,
    style_weights: Sequence[float] = (),
    masks: Sequence[MaskSource] = (),
    checkpoint: str | Path | None = None,
    resume: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Prepare the same run as `paint`, to iterate over its steps; same arguments and errors.

    Leave the loop whenever the picture is good enough: `result()` of the run has the best picture so far.
    """
    pairs, style_weights = arguments.masks(masks), arguments.numbers("style_weights", style_weights)
    photograph = open_picture(content)
    opened = RunInputs(
        photograph,
        tuple(map(open_picture, styles)),
        open_picture(start_picture) if start_picture is not None else None,
        tuple(mask_of(open_picture(mask), (photograph.width, photograph.height)) for mask, _ in pairs),
    )
    shares = [shares for _, shares in pairs]
    settings = arguments.plain(settings) | ({"method": method} if method else {})
    saved = checkpoint if checkpoint is not None else resume
    if saved is not None:
        result_file.check_writable(Path(saved))
    if resume is not None:
        if preset is not None or recipe is not None or style_weights:
            raise RecipeError("a resumed run keeps its recipe; leave out preset, recipe and style_weights")
        earlier = load_checkpoint(Path(resume))
        return Run(opened, resumed(steered(earlier.recipe, settings), opened, shares), Path(saved or resume), earlier)
    chosen = _recipe(preset, recipe, settings, opened)
    if style_weights:
        chosen = _weighted(chosen, opened, style_weights)
    if not styles and (chosen.method != "slow" or chosen.objective.style_weight > 0):
        raise RecipeError("at least one style picture is needed, unless the method is slow and style_weight is 0")
    return Run(opened, named(chosen, opened, shares), Path(saved) if saved is not None else None)


class Run:
    """A run that computes each step when it is requested. The networks are loaded at the first one.

    Attributes:
        recipe: every setting; from the first step on it includes the weights and device of this machine.
    """

    def __init__(
        self, inputs: RunInputs, recipe: Recipe, checkpoint: Path | None, earlier: Checkpoint | None = None
    ) -> None:
        self.recipe = recipe
        self._inputs, self._checkpoint, self._earlier = inputs, checkpoint, earlier
        self._logged: LoggedRun | None = None
        self._notes: list[str] = []
        self._is_complete = False

    def __iter__(self) -> Generator[Step, None, None]:
        """The steps: the first one of a slow run is its start picture. A run can be iterated over once.

        Raises:
            NSTError: see `paint`.
        """
        if self._logged is not None:
            raise RecipeError("a run can be iterated over once; start another one with `steps`")
        return self._steps()

    def _steps(self) -> Generator[Step, None, None]:
        load_tensorflow()
        self._logged = LoggedRun(self._inputs, self.recipe, self._checkpoint, self._earlier)
        self.recipe = self._logged.recipe
        for step in self._logged.steps():
            self._notes += step.notes
            yield step
        self._is_complete = self._logged.diverged is None

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """The curve so far: a `CurvePoint` for each step."""
        return self._logged.log.points() if self._logged is not None else ()

    def interrupt(self) -> None:
        """Note that the user ended the run."""
        step = self.points[-1].step if self.points else 0
        self._notes.append(f"interrupted after step {step}: this is the best picture so far")

    def result(self) -> Result:
        """The best picture so far. Raises RecipeError before the first step."""
        if self._logged is None or self._logged.log.best is None:
            raise RecipeError("a run has a result from its first step on, got none yet; iterate over it first")
        diverged = self._logged.diverged
        return Result(
            pixels=self._logged.picture(),
            recipe=self.recipe,
            points=self._logged.log.points(),
            losses=dict(self._logged.log.best.losses),
            seconds=self._logged.timer.seconds(),
            stopped=not self._is_complete,
            notes=(*self._notes, *([f"{diverged}; this is the best picture so far"] if diverged else [])),
            inputs=self._inputs,
        )


def _recipe(preset: str | None, recipe: Recipe | None, settings: Mapping[str, Any], pictures: RunInputs) -> Recipe:
    """The settings of a run, without the pictures' hashes."""
    if preset is not None and recipe is not None:
        raise RecipeError("either a preset or a recipe must be given, got both; leave one out")
    if recipe is not None and not isinstance(recipe, Recipe):
        raise RecipeError(f"recipe must be a Recipe, such as the one of a result, got {type(recipe).__name__}")
    given = dict(settings)
    if pictures.start is not None:
        given.setdefault("start", "own")
    return change(recipe, given) if recipe is not None else make(preset or "painterly", given)


def _weighted(recipe: Recipe, pictures: RunInputs, weights: Sequence[float]) -> Recipe:
    """The recipe with a weight for each style."""
    if len(weights) != len(pictures.styles):
        count = len(pictures.styles)
        raise RecipeError(f"style_weights must have one weight for each of {count} styles, got {len(weights)}")
    before = [style.model_dump() for style in recipe.styles] or [{} for _ in weights]
    styles = [
        {**style, "sha256": picture.sha256, "weight": weight}
        for style, picture, weight in zip(before, pictures.styles, weights, strict=True)
    ]
    return change(recipe, {"styles": styles})
