"""The cost of a run on this machine, estimated before it starts: seconds and peak memory.

`calibrate` measures the machine once, in a process that holds TensorFlow, and stores the result. An estimate is
arithmetic on that file and the recipe, so a page can show a new one at every change of a slider.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nst_core.fast.plan import in_strips
from nst_core.models.vgg_layout import width
from nst_core.picture.resize import size_for
from nst_core.recipe import Recipe, make
from nst_core.recipe.style_distances import STYLE_DISTANCES
from nst_core.settings import Settings
from nst_core.slow.schedule import PyramidScale, scales
from nst_core.slow.tiling import memory_plan
from nst_core.slow.tiling.windows import TilingPlan, windows
from nst_core.system.atomic_files import write_atomic
from nst_core.system.host_profile import host_profile

VERSION = 1
"""Version of the stored calibration's format."""
CALIBRATION_SIDES_PX = (128, 256, 384)
"""Sides, in pixels, of the square pictures that `calibrate` times: a small picture costs more for each pixel."""
LEAST_EVALUATION_SHARE = 0.3
"""Least time of an evaluation, as a share of the smallest measured one: below some size the overhead remains."""
EVALUATIONS_PER_LBFGS_MOVE = 1.06
"""Evaluations of the objective for one move of L-BFGS, on average: a line search seldom needs a second one."""
SETUP_EVALUATIONS = 3.0
"""Time to build the objective at a size, in direct evaluations: targets, tracing, first use of the memory."""
EXTRA_STYLE_EVALUATIONS = 0.4
"""Time to compute the statistics of each style picture after the first, in direct evaluations."""
SHALLOW_BLOCKS_SHARE = {1: 0.11, 2: 0.26, 3: 0.62}
"""Number of first blocks -> their share of VGG-19's operations up to block5_conv1. From `vgg_layout.operations`."""
STRIP_PASSES = 1.5
"""Cost of a strip's rows, in evaluations of as many rows: forward twice and backward once, against once each."""
FAST_PASS_EVALUATIONS = 0.06
"""Time of a pass of the fast network over a whole picture, in direct evaluations of its size. From `bench fast`."""
FOLLOWING_EVALUATIONS = 0.15
"""Time to follow a film's motion from one frame to the next, in direct evaluations of a frame's size."""
FAST_STRIPS_FACTOR = 1.6
"""Time of a pass in strips, as a multiple of a pass over the whole picture. From `bench fast`."""
FAST_BASE_MB = 830.0
"""Memory of a process with the fast network, in MB, without the part that grows with the picture. From `bench fast`."""
FAST_BYTES_PER_PIXEL = {"whole": 90.0, "strips": 36.0}
"""Peak memory of a pass beside FAST_BASE_MB, in bytes for each pixel of the picture. From `bench fast`."""


@dataclass(frozen=True)
class Estimate:
    """The estimated cost of a run.

    Attributes:
        seconds: duration of the run, with compiling, without loading the network.
        peak_mb: peak memory of the process that runs it, in MB.
        calibrated: whether `seconds` is based on a calibration of this machine; otherwise it is based on `LAPTOP`.
    """

    seconds: float
    peak_mb: float
    calibrated: bool


@dataclass(frozen=True)
class Calibration:
    """The measured speed of a machine.

    Attributes:
        seconds: side of a square picture in pixels -> seconds of an evaluation with direct convolutions.
        compiles: whether the device can compile convolutions.
    """

    seconds: Mapping[int, float]
    compiles: bool

    def evaluation(self, pixels: float) -> float:
        """Seconds of an evaluation with direct convolutions, of a picture with this many pixels.

        Between measured sizes, seconds per pixel are interpolated linearly in the logarithm of the number of pixels.
        """
        known = sorted((side * side, seconds / side**2) for side, seconds in self.seconds.items())
        if pixels <= known[0][0]:
            return known[0][1] * known[0][0] * max(pixels / known[0][0], LEAST_EVALUATION_SHARE)
        for (few, slow), (many, quick) in itertools.pairwise(known):
            if pixels <= many:
                at = math.log(pixels / few) / math.log(many / few)
                return pixels * (slow + at * (quick - slow))
        return pixels * known[-1][1]


LAPTOP = Calibration({128: 0.2, 256: 0.75, 512: 2.9}, compiles=True)
"""A typical laptop: the assumed speed of a machine that was never calibrated."""


def of(recipe: Recipe, content_size: tuple[int, int], styles: int = 1, machine: Calibration | None = None) -> Estimate:
    """The estimated cost of a run; needs no TensorFlow.

    Args:
        recipe: every setting.
        content_size: (width, height) of the original.
        styles: number of style pictures.
        machine: the speed to assume; None takes that of this machine.
    """
    machine = machine or stored()
    known = machine or LAPTOP
    width, height = content_size
    seconds, peak = 0.0, 0.0
    if recipe.method != "slow" or recipe.start == "fast":
        across, down = size_for(width, height, recipe.longest_edge_px)
        seconds, peak = _fast_pass_cost(across, down, known)
        seconds *= recipe.shifted_passes * (len(recipe.regions) + 1)  # for each region, and for the rest
    if recipe.method != "fast":
        for scale in scales(recipe, height, width):
            cost, memory = _scale_cost(recipe, scale, size_for(width, height, scale.edge_px), styles, known)
            seconds, peak = seconds + cost, max(peak, memory)
        seconds = min(seconds, recipe.seconds or seconds)
    return Estimate(seconds, peak, machine is not None)


def of_run(recipe: Recipe, content_size: tuple[int, int], steps: int, styles: int = 1) -> Estimate:
    """The estimated cost of a run of a picture or a film. A film's later frames are shorter runs than its first one.

    Args:
        recipe: every setting.
        content_size: (width, height) of the picture, or of a frame.
        steps: the number of steps that the run shows; of a film, its frames.
        styles: number of style pictures.
    """
    first = of(recipe, content_size, styles)
    if recipe.medium != "film":
        return first
    known, size = stored() or LAPTOP, size_for(*content_size, recipe.longest_edge_px)
    follow, passes = FOLLOWING_EVALUATIONS * known.evaluation(size[0] * size[1]), 1
    if recipe.method == "fast":
        later = first.seconds
    else:
        passes = recipe.film.film_passes
        scale = PyramidScale(recipe.longest_edge_px, recipe.film.frame_steps, 1.0)
        later, _ = _scale_cost(recipe, scale, size, styles, known)
    return replace(first, seconds=first.seconds + (steps * passes - 1) * (later + follow))


def _fast_pass_cost(width: int, height: int, machine: Calibration) -> tuple[float, float]:
    """Seconds and peak memory in MB of one pass of the fast network; width and height in pixels."""
    pixels, stripped = width * height, in_strips(height, width)
    evaluations = FAST_PASS_EVALUATIONS * (FAST_STRIPS_FACTOR if stripped else 1.0)
    bytes_per_pixel = FAST_BYTES_PER_PIXEL["strips" if stripped else "whole"]
    return evaluations * machine.evaluation(pixels), FAST_BASE_MB + pixels * bytes_per_pixel / 1e6


def _scale_cost(
    recipe: Recipe, scale: PyramidScale, size: tuple[int, int], styles: int, machine: Calibration
) -> tuple[float, float]:
    """Seconds and peak memory in MB of one size of a run; `size` is (width, height) in pixels."""
    width, height = size
    direct = machine.evaluation(width * height)
    compiles = machine.compiles and recipe.precision != "bfloat16"
    convolution = memory_plan.choose_convolution(recipe, height, width, scale.steps, compiles=compiles)
    plan = memory_plan.plan_of(recipe, height, width, convolution)
    at_256_px = machine.evaluation(256**2)
    evaluations = convolution.relative_cost * (1 + _recomputed_share(recipe, plan, height))
    each = direct * evaluations + at_256_px * _style_distances_cost(recipe, width * height)
    per_move = EVALUATIONS_PER_LBFGS_MOVE if recipe.optimizer.algorithm == "lbfgs" else 1.0
    setup = (SETUP_EVALUATIONS + EXTRA_STYLE_EVALUATIONS * (styles - 1)) * direct + convolution.compile_cost * at_256_px
    return setup + scale.steps * per_move * each, memory_plan.recipe_mb(recipe, plan, height, width, convolution)


def _recomputed_share(recipe: Recipe, plan: TilingPlan, height: int) -> float:
    """The additional work of computing in strips, as a share of an evaluation.

    Strips overlap, and each is computed forward a second time for its gradient.
    """
    if not plan.blocks:
        return 0.0
    rows = sum(w.stop - w.start for w in windows(recipe.objective.network, height, plan))
    return SHALLOW_BLOCKS_SHARE[plan.blocks] * (STRIP_PASSES * rows / height - 1)


def _style_distances_cost(recipe: Recipe, pixels: int) -> float:
    """Time of the style distances of all layers and regions of a picture, in direct evaluations at 256 px."""
    if not recipe.objective.style_weight:
        return 0.0
    distance = STYLE_DISTANCES[recipe.objective.style_distance]
    channels = [width(name) for name in recipe.objective.style_layers]
    growing = pixels / 256**2 * sum(map(distance.pixel_cost, channels))
    return (sum(map(distance.layer_cost, channels)) + growing) * (len(recipe.regions) + 1)


def stored() -> Calibration | None:
    """The stored calibration of this machine; None if there is none, or only one of another version."""
    try:
        raw = json.loads(_path().read_text())
        if raw["version"] != VERSION:
            return None
        return Calibration({int(side): float(s) for side, s in raw["seconds"].items()}, bool(raw["compiles"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def calibrate(sides_px: tuple[int, ...] = CALIBRATION_SIDES_PX) -> Calibration:
    """Measure this machine and store the result; takes about ten seconds and loads the network.

    Sizes that do not fit into this host's memory are left out.

    Raises:
        WeightsError: no source gave the network.
        OSError: the result cannot be stored.
    """
    import numpy as np

    from nst_core.models.device import device
    from nst_core.runs import runner

    seconds = {}
    for side in (side for side in sides_px if side <= host_profile().slow_edge_px):
        noise = np.random.default_rng(side).random((1, side, side, 3), np.float32)
        recipe = make("tutorial", {"longest_edge_px": side, "steps": 3, "snapshot_every": 100})
        stamps = [time.perf_counter() for _ in runner.run_recipe(noise, [noise[:, ::-1]], recipe)]
        seconds[side] = min(b - a for a, b in itertools.pairwise(stamps))
    machine = Calibration(seconds, device().name.endswith("CPU:0"))
    text = json.dumps({"version": VERSION, "seconds": seconds, "compiles": machine.compiles})
    write_atomic(_path(), text.encode())
    return machine


def _path() -> Path:
    return Settings.read().cache_dir / "machine.json"
