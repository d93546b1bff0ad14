"""A run of the slow engine: binds the objective at each size, and makes, checks and rolls back moves."""

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
from nst_core.picture.crop import middle_of_shape
from nst_core.picture.resize import resize
from nst_core.recipe import OptimizerSettings, Recipe
from nst_core.recipe.steering import steering_marks
from nst_core.slow import balance, optimizers
from nst_core.slow.losses import objective as objectives
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.optimizers import OptimizerState
from nst_core.slow.pictures import RunPictures
from nst_core.slow.schedule import PLATEAU_STEPS, PyramidScale, plateau, scales
from nst_core.slow.state import RunState, pack, shown_picture, unpack
from nst_core.slow.tiling.memory_plan import compiles, convolution_method
from nst_core.step import Pixels, Step

DIVERGENCE_FACTOR = 10.0
"""Ratio of the loss after a move to the loss before, above which the move has diverged."""
NEGLIGIBLE_SHARE = 1e-3
"""Share of `BoundObjective.null_loss` up to which a loss never counts as diverged: near a target, where the loss is
almost 0, any move multiplies it."""
MAX_ROLL_BACKS = 5
"""Most roll-backs of one move before the run fails; each halves the learning rate."""


class OptimizationSession:
    """A run's pictures, its current recipe, and the objective at the current size of its pyramid."""

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
        self._first_factor = 1.0
        self._dissimilarity_to_styles: float | None = None
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
        stored = from_stored_number(packed["winograd"])
        is_possible = compiles(self._network.dtype) or not stored.compiled  # a GPU may continue a CPU's run
        self._enter_scale(run.scale, run.style_ratio, stored if is_possible else None)
        shape, came = self._content.shape, np.asarray(packed["picture"]).shape
        if came != shape:
            raise CheckpointError(f"the checkpoint must hold a picture of {shape[1:3]} pixels, got {came[1:3]}")
        if np.array_equal(packed["weights"], self._objective.weights.numpy()):
            return run
        state = optimizers.refresh(run.state, self._objective, self._current_settings(run))
        return replace(run, state=state, totals=(), marks=("steered",))

    def advance(self, run: RunState) -> RunState | None:
        """The state after one more move, at the next size if this one is done; None after the last size.

        Raises:
            DivergedError: the loss diverged, and roll-backs did not help.
        """
        if self._done(run):
            if run.scale + 1 >= len(self._scales):
                return None
            run = self._next_scale(run)
        before = time.perf_counter()
        run = self._adapted(run)
        moved = self._move(run)
        self._step_seconds.append(time.perf_counter() - before)
        return moved if moved.state.number > run.state.number else self.advance(replace(moved, converged=True))

    def steer(self, run: RunState, recipe: Recipe | None) -> RunState:
        """Replace the recipe; if weights changed, evaluate the objective again. None changes nothing."""
        if recipe is None:
            return replace(run, marks=())
        before, self.recipe = self.recipe, recipe
        run = replace(run, marks=steering_marks(before, recipe))
        if recipe.objective == before.objective:
            return run
        self._objective = self._with_current_weights(run.style_ratio)
        state = optimizers.refresh(run.state, self._objective, self._current_settings(run))
        return replace(run, state=state, totals=())

    def shows(self, run: RunState) -> bool:
        """Whether the Step of this state includes the picture."""
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
            style_factor=self._objective.style_factor,
        )

    def _reference_losses(self, run: RunState) -> dict[str, dict[str, float]]:
        """The losses of the reference pictures, at the first Step of the last size; else empty."""
        if not self._references or run.scale < len(self._scales) - 1:
            return {}
        _, height, width, _ = self._content.shape
        pictures, self._references = self._references, {}
        fitted = {n: resize(middle_of_shape(p, width, height), width, height) for n, p in pictures.items()}
        seen = {name: self._objective(tf.constant(p))[0] for name, p in fitted.items()}
        return {
            name: objectives.named(dict(zip(self._objective.names, map(float, terms.numpy()), strict=True)))
            for name, terms in seen.items()
        }

    def picture(self, run: RunState) -> Pixels:
        """The picture to show: the average of this size's pictures if the recipe asks for one, else the last."""
        return shown_picture(run, self.recipe.optimizer.average_decay).numpy()  # type: ignore[no-any-return]

    def _enter_scale(self, scale: int, style_ratio: float = 1.0, convolution: ConvolutionMethod | None = None) -> None:
        """Bind the objective at a size, with this ratio of the style's weight to that of the bound objective.

        The convolution method is chosen here and kept for the size: steering must not change it. A resumed run passes
        the method that its checkpoint names.
        """
        self._scale = scale
        self._content = self._pictures.content_at(self._scales[scale].edge_px)
        _, height, width, _ = self._content.shape
        steps = self._scales[scale].steps
        self._convolution = convolution or convolution_method(self.recipe, self._network.dtype, height, width, steps)
        self._step_seconds = []
        self._objective = self._bind(style_ratio)

    def _bind(self, style_ratio: float) -> BoundObjective:
        edge_px = self._scales[self._scale].edge_px
        bound = self._pictures.bind(self._network, self.recipe, self._content, edge_px, self._convolution)
        self._first_factor = bound.style_factor
        self._dissimilarity_to_styles = self._pictures.dissimilarity_to_styles(bound, self.recipe)
        return bound if style_ratio == 1 else self._weighed(bound, style_ratio)

    def _weighed(self, bound: BoundObjective, style_ratio: float) -> BoundObjective:
        """The objective with the recipe's weights, and this ratio of the style's to that when it was bound."""
        weights = objectives.term_weights(self._network, self.recipe.objective, self._content.size)
        return bound.with_weights(weights, self._first_factor * style_ratio)

    def _with_current_weights(self, style_ratio: float) -> BoundObjective:
        """The objective with the recipe's weights; bound again only if a layer was added or removed."""
        content, style = objectives.layers(self.recipe.objective)
        if (content, style) != (self._objective.spec.content, self._objective.spec.style):
            return self._bind(style_ratio)
        return self._weighed(self._objective, style_ratio)

    def _adapted(self, run: RunState) -> RunState:
        """The state with the style's weight adapted to what is left of the photograph, where that is due.

        Adam goes on with the gradient of the weight before, so that adapting takes no evaluation of the objective.
        """
        searches = not optimizers.by_adam(run.state, self.recipe.optimizer)
        if self._dissimilarity_to_styles is None or not balance.is_due(run.moves, searches=searches):
            return run
        settings = self.recipe.objective
        wanted = balance.wanted_dissimilarity(settings, self._dissimilarity_to_styles)
        found = balance.dissimilarity(self._objective, run.state.picture, settings)
        ratio = balance.next_ratio(run.style_ratio, found, wanted)
        self._objective = self._weighed(self._objective, ratio)
        run = replace(run, style_ratio=ratio)
        if not searches:
            return run
        return replace(run, state=optimizers.refresh(run.state, self._objective, self._current_settings(run)))

    def _scale_mark(self) -> tuple[str, ...]:
        return (f"scale {self._scales[self._scale].edge_px} px",) if len(self._scales) > 1 else ()

    def _next_scale(self, run: RunState) -> RunState:
        """The state at the next size: the shown picture and the optimizer's state, resized."""
        previous = self.picture(run)
        self._enter_scale(self._next_index(run), run.style_ratio)
        _, height, width, _ = self._content.shape
        picture = tf.constant(resize(previous, width, height))
        state = optimizers.rescale(run.state, picture, self._objective, self._current_settings(run))
        marks = (*run.marks, *self._scale_mark())
        return RunState(state, self._scale, restraint=run.restraint, style_ratio=run.style_ratio, marks=marks)

    def _next_index(self, run: RunState) -> int:
        """The index of the next size within the time budget, or of the last: a late run still reaches its full size."""
        sizes = range(run.scale + 1, len(self._scales))
        return next((s for s in sizes if not self._over_budget(s)), sizes[-1])

    def _over_budget(self, scale: int, needed: float = 0.0) -> bool:
        """Whether the time budget up to the end of a size is used up, now or in `needed` seconds."""
        if self.recipe.seconds is None:
            return False
        return time.perf_counter() - self._started + needed > self.recipe.seconds * self._scales[scale].until

    def _done(self, run: RunState) -> bool:
        if run.converged or run.moves >= self._scales[run.scale].steps or self._on_plateau(run):
            return True
        # The median, because the first step includes compiling.
        return self._over_budget(run.scale, statistics.median(self._step_seconds) / 2 if self._step_seconds else 0.0)

    def _on_plateau(self, run: RunState) -> bool:
        return plateau(run.totals, self.recipe.schedule.plateau_threshold)

    def _steps_left(self, run: RunState) -> int:
        """The largest possible number of further steps."""
        here, *later = self._scales[run.scale :]
        return sum(s.steps for s in later) + (0 if self._on_plateau(run) else max(here.steps - run.moves, 0))

    def _move(self, run: RunState) -> RunState:
        """One move without divergence. Rolls back and halves the learning rate; raises DivergedError at the limit."""
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
        """The reason, in words, that a move has diverged; empty if it has not."""
        if not math.isfinite(now):
            return "the loss was not finite"
        if now <= DIVERGENCE_FACTOR * before or now <= NEGLIGIBLE_SHARE * self._objective.null_loss:
            return ""
        return f"the loss rose from {before:.3g} to {now:.3g}"

    def _after_move(self, run: RunState, state: OptimizerState) -> RunState:
        """The run's state after a move; its moves and marks are unchanged if the optimizer made none."""
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
