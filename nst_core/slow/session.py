"""A run of the slow engine: its objective at the current size, and every kind of move."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError, DivergedError
from nst_core.models import vgg as networks
from nst_core.models.convolution_method import ConvolutionMethod, from_stored_number, stored_number
from nst_core.models.device import precision
from nst_core.picture.resize import resize
from nst_core.recipe import OptimizerSettings, Recipe
from nst_core.slow import optimizers
from nst_core.slow.losses import objective as objectives
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.optimizers import OptimizerState
from nst_core.slow.pictures import RunPictures
from nst_core.slow.schedule import PLATEAU_STEPS, PyramidScale, plateau, scales
from nst_core.slow.state import RunState, pack, shown_picture, steering_marks, unpack
from nst_core.slow.tiling.memory_plan import convolution_method
from nst_core.step import Pixels, Step

DIVERGENCE_FACTOR = 10.0
"""A step has diverged if it multiplies the loss by more than this ..."""
NEGLIGIBLE_SHARE = 1e-3
"""... and the loss is more than this share of `BoundObjective.null_loss`: next to a target, where the loss is almost 0,
a step of any length multiplies it."""
MAX_ROLL_BACKS = 5
"""Roll-backs in a row, each halving the step, before a run is given up."""


class OptimizationSession:
    """A run's pictures, the recipe in force, and the objective at the current size of its pyramid."""

    def __init__(
        self,
        content: Pixels,
        styles: Sequence[Pixels],
        recipe: Recipe,
        masks: Sequence[np.ndarray],
        levels: Mapping[str, Pixels],
    ) -> None:
        self.recipe = recipe
        self._references = dict(levels)
        self._pictures = RunPictures(content, styles, masks)
        self._pictures.check(recipe)
        self._network = networks.load(recipe.objective.network, precision(recipe.precision))
        self._started = time.perf_counter()
        self._scale = -1
        self._convolution: ConvolutionMethod
        self._objective: BoundObjective
        self._content: Pixels
        self._step_seconds: list[float] = []

    @property
    def _scales(self) -> tuple[PyramidScale, ...]:
        return scales(self.recipe, *self._pictures.content.shape[1:3])

    def begin(self, start: Pixels | None) -> RunState:
        """The state before the first move. Raises DivergedError if the start picture's loss is not finite."""
        self._enter_scale(0)
        picture = self._pictures.start(self.recipe, self._content, start)
        state = optimizers.begin(tf.constant(picture), self._objective, self.recipe.optimizer)
        if not math.isfinite(state.value):
            raise DivergedError("the loss of the start picture must be finite, but it is not; lower the weights")
        return RunState(state, marks=self._scale_mark())

    def resume(self, packed: Mapping[str, Any]) -> RunState:
        """The state that `Step.state` packed. Raises CheckpointError if it does not fit the recipe and pictures."""
        run = unpack(packed, ("seconds", "weights", "winograd"))
        if not 0 <= run.scale < len(self._scales):
            sizes = len(self._scales)
            raise CheckpointError(f"the checkpoint is at size {run.scale + 1} of {sizes}: of another recipe")
        self._started -= float(packed["seconds"])
        self._enter_scale(run.scale, from_stored_number(packed["winograd"]))
        shape, came = self._content.shape, np.asarray(packed["picture"]).shape
        if came != shape:
            raise CheckpointError(f"the checkpoint must hold a picture of {shape[1:3]} pixels, got {came[1:3]}")
        if np.array_equal(packed["weights"], self._objective.weights.numpy()):
            return run
        state = optimizers.refresh(run.state, self._objective, self._current_settings(run))
        return replace(run, state=state, totals=(), marks=("steered",))

    def advance(self, run: RunState) -> RunState | None:
        """The state after one more move, at the next size if this one is done; None if the last size is done."""
        if self._done(run):
            if run.scale + 1 >= len(self._scales):
                return None
            run = self._next_scale(run)
        before = time.perf_counter()
        moved = self._move(run)
        self._step_seconds.append(time.perf_counter() - before)
        return moved if moved.state.number > run.state.number else self.advance(replace(moved, converged=True))

    def steer(self, run: RunState, recipe: Recipe | None) -> RunState:
        """Put a recipe in force; if weights changed, evaluate the loss and its gradient anew. None changes nothing."""
        if recipe is None:
            return replace(run, marks=())
        before, self.recipe = self.recipe, recipe
        run = replace(run, marks=steering_marks(before, recipe))
        if recipe.objective == before.objective:
            return run
        self._objective = self._with_current_weights()
        state = optimizers.refresh(run.state, self._objective, self._current_settings(run))
        return replace(run, state=state, totals=())

    def shows(self, run: RunState) -> bool:
        """Whether the Step of this state carries a picture."""
        at_end = run.moves >= self._scales[run.scale].steps
        return run.state.number % self.recipe.snapshot_every == 0 or at_end or bool(run.marks)

    def step(self, run: RunState, *, shown: bool) -> Step:
        """The Step of a state, with its picture if `shown`."""
        seconds = time.perf_counter() - self._started
        weights, winograd = self._objective.weights.numpy(), stored_number(self._convolution)
        terms = dict(zip(self._objective.names, map(float, run.state.weighted.numpy()), strict=True))
        return Step(
            number=run.state.number,
            total=run.state.number + self._steps_left(run),
            scale_px=self._scales[run.scale].edge_px,
            seconds=seconds,
            losses=objectives.named(terms),
            picture=self.picture(run) if shown else None,
            state=lambda: pack(run, shown=self.picture(run), seconds=seconds, weights=weights, winograd=winograd),
            events=run.marks,
            evaluations=run.state.evaluations,
            reference_losses=self._reference_losses(run),
        )

    def _reference_losses(self, run: RunState) -> dict[str, dict[str, float]]:
        """The losses of the reference pictures at the last size, once; else empty."""
        if not self._references or run.scale < len(self._scales) - 1:
            return {}
        _, height, width, _ = self._content.shape
        pictures, self._references = self._references, {}
        seen = {name: self._objective(tf.constant(resize(p, width, height)))[0] for name, p in pictures.items()}
        return {
            name: objectives.named(dict(zip(self._objective.names, map(float, terms.numpy()), strict=True)))
            for name, terms in seen.items()
        }

    def picture(self, run: RunState) -> Pixels:
        """The picture to show: the average of this size's pictures if the recipe asks for one, else the last."""
        return shown_picture(run, self.recipe.optimizer.average_decay).numpy()  # type: ignore[no-any-return]

    def _enter_scale(self, scale: int, convolution: ConvolutionMethod | None = None) -> None:
        """Bind the objective at a size.

        How convolutions are computed is decided here, and holds for the size: steering its steps must not change it,
        nor going on from a checkpoint, which names it.
        """
        self._scale = scale
        self._content = self._pictures.content_at(self._scales[scale].edge_px)
        _, height, width, _ = self._content.shape
        steps = self._scales[scale].steps
        self._convolution = convolution or convolution_method(self.recipe, self._network.dtype, height, width, steps)
        self._step_seconds = []
        self._objective = self._bind()

    def _bind(self) -> BoundObjective:
        edge_px = self._scales[self._scale].edge_px
        return self._pictures.bind(self._network, self.recipe, self._content, edge_px, self._convolution)

    def _with_current_weights(self) -> BoundObjective:
        """The objective with the weights in force; bound anew only if a layer was added or removed."""
        content, style = objectives.layers(self.recipe.objective)
        if (content, style) != (self._objective.spec.content, self._objective.spec.style):
            return self._bind()
        return replace(
            self._objective, weights=objectives.term_weights(self._network, self.recipe.objective, self._content.size)
        )

    def _scale_mark(self) -> tuple[str, ...]:
        return (f"scale {self._scales[self._scale].edge_px} px",) if len(self._scales) > 1 else ()

    def _next_scale(self, run: RunState) -> RunState:
        """The state at the next size: the shown picture and the optimizer's state, resized."""
        handed = self.picture(run)
        self._enter_scale(self._next_index(run))
        _, height, width, _ = self._content.shape
        picture = tf.constant(resize(handed, width, height))
        state = optimizers.rescale(run.state, picture, self._objective, self._current_settings(run))
        return RunState(state, self._scale, restraint=run.restraint, marks=(*run.marks, *self._scale_mark()))

    def _next_index(self, run: RunState) -> int:
        """The next size that the time budget allows, or the last: a late run still reaches its full size."""
        sizes = range(run.scale + 1, len(self._scales))
        return next((s for s in sizes if not self._over_budget(s)), sizes[-1])

    def _over_budget(self, scale: int, needed: float = 0.0) -> bool:
        """Whether a size's share of the time budget is used up, or will be in `needed` seconds."""
        if self.recipe.seconds is None:
            return False
        return time.perf_counter() - self._started + needed > self.recipe.seconds * self._scales[scale].until

    def _done(self, run: RunState) -> bool:
        if run.converged or run.moves >= self._scales[run.scale].steps or self._on_plateau(run):
            return True
        # The median, since the first step also compiles.
        return self._over_budget(run.scale, statistics.median(self._step_seconds) / 2 if self._step_seconds else 0.0)

    def _on_plateau(self, run: RunState) -> bool:
        return plateau(run.totals, self.recipe.schedule.plateau_threshold)

    def _steps_left(self, run: RunState) -> int:
        """How many steps are left at most."""
        here, *later = self._scales[run.scale :]
        return sum(s.steps for s in later) + (0 if self._on_plateau(run) else max(here.steps - run.moves, 0))

    def _move(self, run: RunState) -> RunState:
        """One move that leaves the loss sane, or DivergedError after several tries with ever smaller steps."""
        reason = ""
        for attempt in range(MAX_ROLL_BACKS + 1):
            state = optimizers.advance(run.state, self._objective, self._current_settings(run))
            reason = self._divergence_reason(run.state.value, state.value)
            if not reason:
                return self._after_move(run, state)
            if attempt < MAX_ROLL_BACKS:
                run = self._rolled_back(run, state.evaluations, reason)
        raise DivergedError(
            f"the loss must stay finite and calm, but at step {run.state.number + 1} {reason}, "
            f"also after {MAX_ROLL_BACKS} roll-backs; try a smaller learning_rate or smaller weights"
        )

    def _rolled_back(self, run: RunState, evaluations: int, reason: str) -> RunState:
        state = optimizers.reset(run.state)
        run = replace(run, state=replace(state, evaluations=evaluations), restraint=run.restraint / 2)
        mark = f"rolled back: {reason}; learning_rate {self._current_settings(run).learning_rate:.3g}"
        return replace(run, marks=(*run.marks, mark))

    def _divergence_reason(self, before: float, now: float) -> str:
        """Why a loss counts as diverged, in words; empty if it does not."""
        if not math.isfinite(now):
            return "the loss was not finite"
        if now <= DIVERGENCE_FACTOR * before or now <= NEGLIGIBLE_SHARE * self._objective.null_loss:
            return ""
        return f"the loss rose from {before:.3g} to {now:.3g}"

    def _after_move(self, run: RunState, state: OptimizerState) -> RunState:
        """The run's state after a move, or before it if the optimizer found none."""
        if state.number == run.state.number:
            return replace(run, state=state)
        decay = self.recipe.optimizer.average_decay
        average = run.average
        if decay:
            average = (1 - decay) * state.picture + (decay * average if average is not None else 0.0)
        totals = (*run.totals, state.value)[-2 * PLATEAU_STEPS :]
        before = optimizers.by_adam(run.state, self.recipe.optimizer)
        run = replace(run, state=state, moves=run.moves + 1, average=average, totals=totals)
        if optimizers.by_adam(state, self.recipe.optimizer) and not before:
            run = replace(run, marks=(*run.marks, "handed over to Adam"))
        return replace(run, marks=(*run.marks, "plateau")) if self._on_plateau(run) else run

    def _current_settings(self, run: RunState) -> OptimizerSettings:
        settings = self.recipe.optimizer
        rate = settings.learning_rate * run.restraint
        if optimizers.by_adam(run.state, settings):
            left = (1 + math.cos(math.pi * min(1.0, run.moves / self._scales[run.scale].steps))) / 2
            rate *= settings.final_learning_rate_ratio + (1 - settings.final_learning_rate_ratio) * left
        return settings.model_copy(update={"learning_rate": rate})
