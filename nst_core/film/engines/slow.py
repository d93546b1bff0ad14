"""The slow method for films: a scene's first frame by the whole recipe, each later one from the last result.

Later frames take few steps of L-BFGS from the last result, moved along the film's motion, under the recipe's objective
and a temporal term. Source: Ruder et al. 2016, arXiv:1604.08610. We differ: trust is soft; what stands still is held;
and pixels that show something new start from the frame in the colours of the last result and take longer steps, since
few steps do not paint from nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from nst_core.errors import DivergedError
from nst_core.film.engines.forward import matched_styles, play
from nst_core.film.engines.frames import (
    FilmState,
    FilmStep,
    FrameTask,
    Neighbour,
    PaintedFrame,
    grey_bytes,
    to_bytes,
    to_pixels,
)
from nst_core.film.engines.holding import PaintedPixels, held_pixels
from nst_core.film.engines.style_weight import StyleWeight
from nst_core.film.flow import Bytes, Floats
from nst_core.models import vgg as networks
from nst_core.models.convolution_method import ConvolutionMethod
from nst_core.models.device import device, precision
from nst_core.picture.arrays import check_film
from nst_core.picture.colour import to_grey
from nst_core.picture.coverage import colours
from nst_core.picture.masks import Weights
from nst_core.picture.photograph import keep_photograph
from nst_core.picture.resize import resize
from nst_core.recipe import Colour, OptimizerSettings, Recipe
from nst_core.runs.regions import keeps_photograph
from nst_core.runs.runner import engine_steps
from nst_core.slow import balance, optimizers
from nst_core.slow.losses import objective as objectives
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.objective import TemporalTarget
from nst_core.slow.losses.style_distance import Statistics
from nst_core.slow.optimizers import lbfgs
from nst_core.slow.pictures import RunPictures
from nst_core.slow.tiling.memory_plan import convolution_method, plan_of
from nst_core.slow.tiling.windows import TilingPlan
from nst_core.step import Pixels, Step

if TYPE_CHECKING:
    from nst_core.film.reading import FilmFrame

Measured = tuple[list[dict[str, Statistics]], ConvolutionMethod, TilingPlan]
"""The statistics of each style, the convolution method, and whether frames are evaluated whole or by strips."""

LEAST_TRUST = 1e-3
"""Sum of the neighbours' trust below which a pixel is new."""


def stylise(  # noqa: PLR0913 - the arguments of both methods
    frames: Iterable[FilmFrame],
    styles: Sequence[Pixels],
    recipe: Recipe,
    masks: Sequence[Weights] = (),
    resume: FilmState | None = None,
    *,
    first: Bytes,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Generator[FilmStep, Recipe | None, None]:
    """Stylise a film frame by frame; arguments as in `nst_core.film.engines.fast.stylise`, and `run_film`.

    Raises:
        PictureError: an array is no frame or picture.
        RecipeError: styles, masks and recipe do not fit, or a style or region is too small for a layer.
        DivergedError: a loss stopped being finite.
        WeightsError: no source gave the network.
    """
    check_film(first, styles, masks)
    return play(SlowPainter(matched_styles(styles, first, recipe), recipe, is_stopping), frames, recipe, masks, resume)


class SlowPainter:
    """The slow method for the frames of one film; the styles are measured once."""

    def __init__(
        self, styles: Sequence[Pixels], recipe: Recipe, is_stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """Load the network. Raises WeightsError."""
        self._styles, self._is_stopping = styles, is_stopping
        with tf.device(device().name):
            self._network = networks.load(recipe.objective.network, precision(recipe.precision))
        self._measured: tuple[tuple[tuple[str, ...], ...], Measured] | None = None

    def paint(self, task: FrameTask) -> PaintedFrame:
        """Paint one frame: from its neighbours if it has any, else by the whole recipe."""
        painted = self._repainted(task) if task.neighbours else self._anew(task)
        if not keeps_photograph(task.recipe):
            return painted
        whole = keep_photograph(to_pixels(painted.result), task.content, task.recipe.regions, task.masks)
        return replace(painted, result=to_bytes(whole))

    def _repainted(self, task: FrameTask) -> PaintedFrame:
        """The frame painted from its neighbours."""
        with tf.device(device().name):
            held = held_pixels(task)
            aim, trust = aim_of(task.neighbours)
            start = task.start if task.start is not None else started(colours(task.content)[0] * 255, aim, trust)
            stays_grey = RunPictures(task.content, self._styles, task.masks).stays_grey(task.recipe)
            if stays_grey:
                # A grey gradient keeps a grey picture grey; a neighbour may have colours.
                aim, start = to_grey(aim[None])[0], to_grey(np.asarray(start[None], np.float32))[0]
            weight = StyleWeight.carried(task.carried, task.recipe)
            bound = self._bind(task, aim, trust, weight)
            picture, terms, is_whole = descend(
                np.asarray(start[None], np.float32) / np.float32(255),
                bound,
                task.recipe.optimizer,
                0 if held.share.min() == 1 else task.recipe.film.frame_steps,
                self._is_stopping,
                step_scale(trust, task.recipe.film.temporal_weight),
            )
            result = held.kept(settled(picture, aim[None] / np.float32(255), trust[None, ..., None]))
            result = grey_bytes(result) if stays_grey else result
            weight = replace(weight, factor=bound.style_factor) if bound.spec.style else weight
            if held.share.min() < 1 and self._is_followed(bound, task.recipe):
                found = balance.dissimilarity(bound, tf.constant(to_pixels(result)), task.recipe.objective)
                weight = weight.followed(found, task.recipe.objective, 1 - float(held.share.mean()))
        carried = {**weight.carry(task.recipe), **held.painted.carry()}
        return PaintedFrame(result, terms, carried, is_whole=is_whole)

    def _anew(self, task: FrameTask) -> PaintedFrame:
        """The first frame of a scene: a picture's run. Colours are matched and put back outside."""
        recipe = task.recipe.model_copy(
            update={"colour": Colour(), "reference_loss": "none", "snapshot_every": max(task.recipe.steps, 1)}
        )
        _, height, width, _ = task.content.shape
        notes, is_whole = tuple[str, ...](), True
        with closing(engine_steps(task.content, self._styles, recipe, None, task.masks, None)) as steps:
            for step in steps:
                notes += step.notes
                is_whole = step.number >= step.total or not self._is_stopping()
                if not is_whole:
                    break
        picture = resize(_shown(step), width, height)
        losses = {**step.losses, "temporal": 0.0}
        weight = self._balanced(task, picture, StyleWeight.found(step))
        carried = {**weight.carry(recipe), **PaintedPixels.all_of(task).carry()}
        return PaintedFrame(to_bytes(picture), losses, carried, notes, is_whole)

    def _balanced(self, task: FrameTask, picture: Pixels, weight: StyleWeight) -> StyleWeight:
        """The weight at which a scene's first picture, [1, H, W, 3], is nearest to a minimum of the next frames' loss.

        A run ends before it is at a minimum, the more so if its weight has just adapted. With its last weight the
        frames after it would go on to that minimum: a film that starts as a painting would become a photograph.
        """
        with tf.device(device().name):
            nothing = np.zeros(picture.shape[1:3], np.float32)
            bound = self._bind(task, picture[0] * 255, nothing, weight)
            is_style = [name.startswith("style/") for name in bound.names]
            rest_alone = replace(bound, weights=tf.where(is_style, 0.0, bound.weights))
            rest = rest_alone(tf.constant(picture))[1].numpy()
            style = bound(tf.constant(picture))[1].numpy() - rest
            if self._is_followed(bound, task.recipe):
                found = balance.dissimilarity(bound, tf.constant(picture), task.recipe.objective)
                wanted = balance.wanted_dissimilarity(task.recipe.objective)
                weight = replace(weight, dissimilarity=found / wanted)
        return weight.times(balancing_factor(rest, style, picture)) if bound.spec.style else weight

    @staticmethod
    def _is_followed(bound: BoundObjective, recipe: Recipe) -> bool:
        """Whether the style's weight follows what is left of the photograph."""
        return bool(recipe.objective.adaptive_balance and bound.spec.content and bound.spec.style)

    def _bind(self, task: FrameTask, aim: Floats, trust: Floats, weight: StyleWeight) -> BoundObjective:
        pictures = RunPictures(task.content, self._styles, task.masks)
        _, height, width, _ = task.content.shape
        seen, convolution, plan = self._measure(pictures, task.recipe)
        bound = objectives.bind(
            self._network,
            task.recipe.objective,
            tf.constant(colours(task.content)),
            seen,
            pictures.mixtures(task.recipe, height, width),
            convolution=convolution,
            plan=plan,
            temporal=TemporalTarget(aim[None] / 255, trust[None, ..., None], task.recipe.film.temporal_weight),
            cover=pictures.painted_share(task.recipe, height, width),
            style_factor=weight.factor,
            style_ratio=weight.ratio,
        )
        return replace(bound, is_grey=pictures.stays_grey(task.recipe))

    def _measure(self, pictures: RunPictures, recipe: Recipe) -> Measured:
        """The styles' statistics and the way of computing, once for the film: its frames have one size.

        They are computed anew only if the layers change, when a weight is steered to or from 0.
        """
        layers = objectives.layers(recipe.objective)
        if self._measured is None or self._measured[0] != layers:
            pictures.check(recipe)
            _, height, width, _ = pictures.content.shape
            convolution = convolution_method(recipe, self._network.dtype, height, width, REPAYING_STEPS)
            plan = plan_of(recipe, height, width, convolution)
            styles = [tf.constant(s) for s in pictures.styles_at(colours(pictures.content), recipe, max(height, width))]
            seen = objectives.measure_styles(
                self._network, recipe.objective, styles, convolution=convolution, plan=plan
            )
            self._measured = layers, (seen, convolution, plan)
        return self._measured[1]


HELD_LEVELS = 2.0
"""Greatest change of a trusted pixel, in 1/255, that is undone.

With 2, a still scene of 96 px has two thirds of the flicker that it has with 1, at the same distance from the style.
"""
REPAYING_STEPS = 1000
"""Steps of a film of which compiled convolutions are chosen: a film has far more than a picture."""


STIFFNESS = 0.02
"""How much stiffer the temporal term makes a trusted pixel, for each unit of its weight. A few steps that suit trusted
pixels hardly move new ones: with the usual weight, 8 scaled steps bring what a pan reveals as far as 24 others do."""


def step_scale(trust: Floats, temporal_weight: float) -> Floats:
    """The scale of a frame's steps, [1, H, W, 1], from the sum of its neighbours' trust, [H, W]; 1 for new pixels."""
    return np.asarray(1 / np.sqrt(1 + STIFFNESS * temporal_weight * trust), np.float32)[None, ..., None]


MOST_GAIN = 4.0
"""Limit of the factor by which a scene's style weight is raised. It is never lowered: a still scene of 128 px would
flicker less, but a pan would be a sixth farther from the style."""


def balancing_factor(rest: Pixels, style: Pixels, picture: Pixels) -> float:
    """The factor, from 1 on, of the style's gradient for which its sum with the rest is least, by least squares.

    Args:
        rest: the gradient of all other terms, [1, H, W, 3].
        style: that of the style's terms, [1, H, W, 3].
        picture: [1, H, W, 3] in [0, 1]; where it is 0 or 1, it cannot follow a gradient, and these are left out.
    """
    free = (picture > 0) & (picture < 1)
    square = float(np.square(style[free], dtype=np.float64).sum())
    if not square:
        return 1.0
    factor = -float((rest[free] * style[free]).sum(dtype=np.float64)) / square
    return float(np.clip(factor, 1, MOST_GAIN))


def aim_of(neighbours: Sequence[Neighbour]) -> tuple[Floats, Floats]:
    """What the neighbours lead to together: the aim [H, W, 3] in 0 to 255, and the sum of their trust [H, W].

    With several neighbours the sum of their terms is, up to a constant, one term with the trusted mean as its aim.
    """
    aims = [neighbour.aim for neighbour in neighbours]
    trusts = [neighbour.motion.trust[..., None] for neighbour in neighbours]
    total = np.sum(trusts, axis=0)
    mean = np.sum([aim * trust for aim, trust in zip(aims, trusts, strict=True)], axis=0) / np.maximum(total, 1e-6)
    aim = np.where(total > LEAST_TRUST, mean, aims[0])
    return np.asarray(aim, np.float32), np.asarray(total[..., 0], np.float32)


def started(content: Floats, aim: Floats, trust: Floats) -> Floats:
    """The picture that a frame starts from, [H, W, 3] in 0 to 255: the aim where it is trusted, else the content.

    The content takes the aim's colours: an affine map of colours that is fitted where the aim is trusted.
    """
    weights = np.sqrt(np.minimum(trust, 1)).reshape(-1, 1)
    known = np.concatenate([content.reshape(-1, 3) / 255, np.ones((content[..., 0].size, 1), np.float32)], axis=1)
    gram = (known * weights).T @ (known * weights) + 1e-3 * np.eye(4)
    # Drawn to the identity where little is trusted, or few colours occur.
    identity = np.concatenate([np.eye(3), np.zeros((1, 3))]) * 255
    mapping = np.linalg.solve(gram, (known * weights).T @ (aim.reshape(-1, 3) * weights) + 1e-3 * identity)
    coloured = np.clip(known @ mapping, 0, 255).reshape(content.shape)
    share = np.minimum(trust, 1)[..., None]
    return np.asarray(share * aim + (1 - share) * coloured, np.float32)


def settled(picture: Pixels, aim: Pixels, trust: Floats) -> Pixels:
    """The picture without its least changes: a pixel is `HELD_LEVELS` nearer to a trusted aim, or on it.

    The squared temporal term hardly resists small changes, and the film's noise makes some in each frame. This is the
    proximal step of an absolute difference (soft thresholding), which lets larger changes through.

    Args:
        picture: [1, H, W, 3] in [0, 1].
        aim: [1, H, W, 3] in [0, 1].
        trust: [1, H, W, 1], >= 0.
    """
    change, held = picture - aim, np.minimum(trust, 1) * np.float32(HELD_LEVELS / 255)
    return np.asarray(aim + np.sign(change) * np.maximum(np.abs(change) - held, 0), np.float32)


def descend(  # noqa: PLR0913 - a descent, its length and its stop
    start: Pixels,
    bound: BoundObjective,
    settings: OptimizerSettings,
    steps: int,
    is_stopping: Callable[[], bool] = lambda: False,
    scale: Floats | float = 1.0,
) -> tuple[Pixels, Mapping[str, float], bool]:
    """A few steps of L-BFGS on a frame: its picture [1, H, W, 3], its losses by name, and whether all were done.

    `is_stopping` is asked between two steps; `scale` is as in `lbfgs.advance`.

    L-BFGS whatever the recipe's optimizer, since it stops where the loss no longer falls: Adam moves each pixel by the
    learning rate in its first steps, so that a still scene would tremble.

    Raises DivergedError if the loss of the start picture is not finite.
    """
    settings = settings.model_copy(
        update={
            "algorithm": "lbfgs",
            "adapt_preconditioner": False,
            "learn_preconditioner": False,
            "switch_to_adam": False,
        }
    )
    state = optimizers.begin(tf.constant(start), bound, settings)
    if not math.isfinite(state.value):
        raise DivergedError("the loss of a frame's start must be finite, but it is not; lower the weights")
    is_whole = True
    for number in range(steps):
        if number and is_stopping():
            is_whole = False
            break
        moved = lbfgs.advance(state, bound, settings, scale)
        if moved.number == state.number:
            break
        state = moved
    terms = dict(zip(bound.names, map(float, state.weighted.numpy()), strict=True))
    return state.picture.numpy(), objectives.named(terms), is_whole


def _shown(step: Step) -> Pixels:
    """The picture of any step of an engine, [1, h, w, 3]."""
    if step.picture is None and step.state is not None:
        return np.asarray(step.state()["shown"], np.float32)
    return np.asarray(step.picture, np.float32)
