"""A run of the slow engine from within: the originals, the objective at the size in work, and every kind of move."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError, DivergedError, RecipeError
from nst_core.models import vgg as networks
from nst_core.models.convolution_method import ConvolutionMethod, from_stored_number, stored_number
from nst_core.models.device import precision
from nst_core.picture.masks import at_size, partition
from nst_core.picture.resize import fit, resize
from nst_core.recipe import OptimizerSettings, Recipe
from nst_core.slow import optimizers
from nst_core.slow.losses import objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.guidance import check_style_size
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.optimizers import OptimizerState
from nst_core.slow.originals import shares_of, styles_at
from nst_core.slow.schedule import PLATEAU_STEPS, PyramidScale, coloured_noise, plateau, scales
from nst_core.slow.state import RunState, pack, shown_picture, steering_marks, unpack
from nst_core.slow.tiling.memory_plan import choose, convolution_method
from nst_core.step import Pixels, Step

EXPLODED = 10.0
"""A step that multiplies the loss by this has diverged ..."""
NEGLIGIBLE = 1e-3
"""... unless the loss stays below this share of what it is where the network sees nothing: next to a target, a step of
any length multiplies it."""
TRIES = 5
"""Roll-backs in a row, each halving the step, before a run is given up."""


class OptimizationSession:
    """The originals, the recipe in force, and the objective at the size in work."""

    def __init__(
        self,
        content: Pixels,
        styles: Sequence[Pixels],
        recipe: Recipe,
        masks: Sequence[np.ndarray],
        levels: Mapping[str, Pixels],
    ) -> None:
        self.recipe = recipe
        self._levels = dict(levels)
        self._content, self._styles, self._masks = content, styles, masks
        self._shares = shares_of(styles, recipe)
        if len(masks) != len(recipe.regions):
            raise RecipeError(f"each of the recipe's {len(recipe.regions)} regions needs a mask, got {len(masks)}")
        self._network = networks.load(recipe.objective.network, precision(recipe.precision))
        self._began = time.perf_counter()
        self._scale = -1
        self._how: ConvolutionMethod
        self._terms: BoundObjective
        self._original: Pixels
        self._pace: list[float] = []

    @property
    def _scales(self) -> tuple[PyramidScale, ...]:
        return scales(self.recipe, *self._content.shape[1:3])

    def begin(self, start: Pixels | None) -> RunState:
        """The start, evaluated."""
        self._enter(0)
        picture = self._start(start)
        state = optimizers.begin(tf.constant(picture), self._terms, self.recipe.optimizer)
        if not math.isfinite(state.value):
            raise DivergedError("the loss of the start picture must be finite, but it is not; lower the weights")
        return RunState(state, marks=self._arrival())

    def resume(self, packed: Mapping[str, Any]) -> RunState:
        """The journey that a Step's `state` gave. Raises CheckpointError if it does not fit the recipe and pictures."""
        journey = unpack(packed, ("seconds", "weights", "winograd"))
        if not 0 <= journey.scale < len(self._scales):
            sizes = len(self._scales)
            raise CheckpointError(f"the checkpoint is at size {journey.scale + 1} of {sizes}: of another recipe")
        self._began -= float(packed["seconds"])
        self._enter(journey.scale, from_stored_number(packed["winograd"]))
        shape, came = self._original.shape, np.asarray(packed["picture"]).shape
        if came != shape:
            raise CheckpointError(f"the checkpoint must hold a picture of {shape[1:3]} pixels, got {came[1:3]}")
        if np.array_equal(packed["weights"], self._terms.weights.numpy()):
            return journey
        state = optimizers.refresh(journey.state, self._terms, self._settings(journey))
        return replace(journey, state=state, totals=(), marks=("steered",))

    def advance(self, journey: RunState) -> RunState | None:
        """The journey after one more move, at the next size where this one is done; None at the end of all."""
        if self._done(journey):
            if journey.scale + 1 >= len(self._scales):
                return None
            journey = self._next_scale(journey)
        before = time.perf_counter()
        moved = self._move(journey)
        self._pace.append(time.perf_counter() - before)
        return moved if moved.state.number > journey.state.number else self.advance(replace(moved, converged=True))

    def steer(self, journey: RunState, recipe: Recipe | None) -> RunState:
        """The recipe in force from now on; the loss and its gradient are evaluated anew where weights changed."""
        if recipe is None:
            return replace(journey, marks=())
        before, self.recipe = self.recipe, recipe
        journey = replace(journey, marks=steering_marks(before, recipe))
        if recipe.objective == before.objective:
            return journey
        self._terms = self._reweighed()
        state = optimizers.refresh(journey.state, self._terms, self._settings(journey))
        return replace(journey, state=state, totals=())

    def shows(self, journey: RunState) -> bool:
        """Whether a Step carries its picture."""
        at_end = journey.moves >= self._scales[journey.scale].steps
        return journey.state.number % self.recipe.snapshot_every == 0 or at_end or bool(journey.marks)

    def step(self, journey: RunState, *, shown: bool) -> Step:
        """The journey's Step."""
        seconds = time.perf_counter() - self._began
        weights, winograd = self._terms.weights.numpy(), stored_number(self._how)
        terms = dict(zip(self._terms.names, map(float, journey.state.weighted.numpy()), strict=True))
        return Step(
            number=journey.state.number,
            total=journey.state.number + self._to_come(journey),
            scale_px=self._scales[journey.scale].edge_px,
            seconds=seconds,
            losses=objective.named(terms),
            picture=self.picture(journey) if shown else None,
            state=lambda: pack(
                journey, shown=self.picture(journey), seconds=seconds, weights=weights, winograd=winograd
            ),
            events=journey.marks,
            evaluations=journey.state.evaluations,
            reference_losses=self._judged() if self._levels and journey.scale == len(self._scales) - 1 else {},
        )

    def _judged(self) -> dict[str, dict[str, float]]:
        """The losses of other pictures at this size; told once."""
        _, height, width, _ = self._original.shape
        pictures, self._levels = self._levels, {}
        seen = {name: self._terms(tf.constant(resize(p, width, height)))[0] for name, p in pictures.items()}
        return {
            name: objective.named(dict(zip(self._terms.names, map(float, terms.numpy()), strict=True)))
            for name, terms in seen.items()
        }

    def picture(self, journey: RunState) -> Pixels:
        """What is shown: the average of this size's pictures where the recipe asks for one, else the last."""
        return shown_picture(journey, self.recipe.optimizer.average_decay).numpy()  # type: ignore[no-any-return]

    def _enter(self, scale: int, how: ConvolutionMethod | None = None) -> None:
        """Bind the objective at a size.

        How convolutions are computed is decided here, and holds for the size: steering its steps must not change it,
        nor going on from a checkpoint, which names it.
        """
        self._scale = scale
        self._original = fit(self._content, self._scales[scale].edge_px)
        _, height, width, _ = self._original.shape
        steps = self._scales[scale].steps
        self._how = how or convolution_method(self.recipe, self._network.dtype, height, width, steps)
        self._pace = []
        self._terms = self._bound()

    def _bound(self) -> BoundObjective:
        recipe = self.recipe
        _, height, width, _ = self._original.shape
        styles = styles_at(self._styles, self._original, recipe, self._scales[self._scale].edge_px)
        _, wanted = objective.layers(recipe.objective)
        for style in styles:
            check_style_size(recipe.objective.network, wanted, *style.shape[1:3])
        return objective.build(
            self._network,
            recipe.objective,
            tf.constant(self._original),
            [tf.constant(s) for s in styles],
            self._mixes(height, width),
            convolution=self._how,
            plan=choose(recipe.memory_mb, height, width, self._how),
        )

    def _reweighed(self) -> BoundObjective:
        """The objective with the weights in force; made anew only where a term comes or goes."""
        content, style = objective.layers(self.recipe.objective)
        if (content, style) != (self._terms.spec.content, self._terms.spec.style):
            return self._bound()
        return replace(
            self._terms, weights=objective.term_weights(self._network, self.recipe.objective, self._original.size)
        )

    def _mixes(self, height: int, width: int) -> list[StyleMixture]:
        if not self._masks:
            return [StyleMixture(self._shares)]
        fitted = [at_size(mask, width, height) for mask in self._masks]
        *regions, rest = partition(fitted)
        mixes = [StyleMixture(r.shares, region) for r, region in zip(self.recipe.regions, regions, strict=True)]
        return [*mixes, StyleMixture(self._shares, rest)] if rest.mean() > 1e-3 else mixes

    def _start(self, start: Pixels | None) -> Pixels:
        _, height, width, _ = self._original.shape
        if start is not None:
            return resize(start, width, height)
        if self.recipe.start in ("fast", "own"):
            what = "the fast result; choose method balanced" if self.recipe.start == "fast" else "a picture of your own"
            raise RecipeError(f"start '{self.recipe.start}' needs {what}, or start from content or noise")
        return coloured_noise(self._original, self.recipe.seed) if self.recipe.start == "noise" else self._original

    def _arrival(self) -> tuple[str, ...]:
        return (f"scale {self._scales[self._scale].edge_px} px",) if len(self._scales) > 1 else ()

    def _next_scale(self, journey: RunState) -> RunState:
        """To the next size: the shown picture and the minimiser's state are carried over, resized."""
        handed = self.picture(journey)
        self._enter(self._next(journey))
        _, height, width, _ = self._original.shape
        picture = tf.constant(resize(handed, width, height))
        state = optimizers.rescale(journey.state, picture, self._terms, self._settings(journey))
        return RunState(state, self._scale, restraint=journey.restraint, marks=(*journey.marks, *self._arrival()))

    def _next(self, journey: RunState) -> int:
        """The next size that there is time for, or the last: a run that is late still reaches its full size."""
        sizes = range(journey.scale + 1, len(self._scales))
        return next((s for s in sizes if not self._late(s)), sizes[-1])

    def _late(self, scale: int, needed: float = 0.0) -> bool:
        """Whether a size's share of the time budget is used up, or will be in `needed` seconds."""
        if self.recipe.seconds is None:
            return False
        return time.perf_counter() - self._began + needed > self.recipe.seconds * self._scales[scale].until

    def _done(self, journey: RunState) -> bool:
        if journey.converged or journey.moves >= self._scales[journey.scale].steps or self._stuck(journey):
            return True
        # The usual time of a step: the first one's has compiling in it.
        return self._late(journey.scale, statistics.median(self._pace) / 2 if self._pace else 0.0)

    def _stuck(self, journey: RunState) -> bool:
        return plateau(journey.totals, self.recipe.schedule.plateau_threshold)

    def _to_come(self, journey: RunState) -> int:
        """How many steps are left at most."""
        here, *later = self._scales[journey.scale :]
        return sum(s.steps for s in later) + (0 if self._stuck(journey) else max(here.steps - journey.moves, 0))

    def _move(self, journey: RunState) -> RunState:
        """One move that leaves the loss sane, or DivergedError after several tries with ever smaller steps."""
        reason = ""
        for attempt in range(TRIES + 1):
            state = optimizers.advance(journey.state, self._terms, self._settings(journey))
            reason = self._divergence_reason(journey.state.value, state.value)
            if not reason:
                return self._after(journey, state)
            if attempt < TRIES:
                journey = self._rolled_back(journey, state.evaluations, reason)
        raise DivergedError(
            f"the loss must stay finite and calm, but at step {journey.state.number + 1} {reason}, "
            f"also after {TRIES} roll-backs; try a smaller learning_rate or smaller weights"
        )

    def _rolled_back(self, journey: RunState, evaluations: int, reason: str) -> RunState:
        state = optimizers.reset(journey.state)
        journey = replace(journey, state=replace(state, evaluations=evaluations), restraint=journey.restraint / 2)
        mark = f"rolled back: {reason}; learning_rate {self._settings(journey).learning_rate:.3g}"
        return replace(journey, marks=(*journey.marks, mark))

    def _divergence_reason(self, before: float, now: float) -> str:
        """What is wrong with a loss, in words; empty if nothing is."""
        if not math.isfinite(now):
            return "the loss was not finite"
        if now <= EXPLODED * before or now <= NEGLIGIBLE * self._terms.null_loss:
            return ""
        return f"the loss rose from {before:.3g} to {now:.3g}"

    def _after(self, journey: RunState, state: OptimizerState) -> RunState:
        """The journey after a move, or as it was if the minimiser found none."""
        if state.number == journey.state.number:
            return replace(journey, state=state)
        decay = self.recipe.optimizer.average_decay
        average = journey.average
        if decay:
            average = (1 - decay) * state.picture + (decay * average if average is not None else 0.0)
        totals = (*journey.totals, state.value)[-2 * PLATEAU_STEPS :]
        before = optimizers.by_adam(journey.state, self.recipe.optimizer)
        journey = replace(journey, state=state, moves=journey.moves + 1, average=average, totals=totals)
        if optimizers.by_adam(state, self.recipe.optimizer) and not before:
            journey = replace(journey, marks=(*journey.marks, "handed over to Adam"))
        return replace(journey, marks=(*journey.marks, "plateau")) if self._stuck(journey) else journey

    def _settings(self, journey: RunState) -> OptimizerSettings:
        settings = self.recipe.optimizer
        rate = settings.learning_rate * journey.restraint
        if optimizers.by_adam(journey.state, settings):
            left = (1 + math.cos(math.pi * min(1.0, journey.moves / self._scales[journey.scale].steps))) / 2
            rate *= settings.final_learning_rate_ratio + (1 - settings.final_learning_rate_ratio) * left
        return settings.model_copy(update={"learning_rate": rate})
