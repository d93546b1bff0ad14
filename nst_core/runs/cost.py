"""The estimated cost of a run on this machine: seconds and peak memory.

The machine is measured once, by a process that holds TensorFlow; the estimate itself is arithmetic on that file and
the recipe, so that a page may ask for it on every change of a slider.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
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

VERSION = 1
CALIBRATION_SIDES_PX = (128, 256, 384)
"""Square pictures whose evaluation is timed: small ones cost more for each pixel."""
EVALUATIONS_PER_LBFGS_MOVE = 1.06
"""Evaluations for each move of L-BFGS."""
SETUP_EVALUATIONS = 3.0
"""What binding the objective to a size costs, in evaluations: targets, tracing, the first touch of memory."""
SHALLOW_BLOCKS_SHARE = {1: 0.11, 2: 0.26, 3: 0.62}
"""Share of the operations, up to block5_conv1, that the first blocks have."""
FAST_PASS_EVALUATIONS = 0.06
"""The fast network's pass, as a share of a direct evaluation of as many pixels ..."""
FAST_STRIPS_FACTOR = 1.6
"""... and as many times that in strips."""
FAST_BASE_MB = 830.0
FAST_BYTES_PER_PIXEL = {"whole": 90.0, "strips": 36.0}
"""Further memory of a pass for each pixel, without and with strips."""


@dataclass(frozen=True)
class Estimate:
    """The estimated cost of a run.

    Attributes:
        seconds: of running, loading excluded, compiling included.
        peak_mb: the most memory of the process that runs it.
        calibrated: whether this machine was measured; otherwise `seconds` is that of a typical laptop.
    """

    seconds: float
    peak_mb: float
    calibrated: bool


@dataclass(frozen=True)
class Calibration:
    """The speed of a machine: seconds of a direct evaluation by side in pixels, and whether convolutions compile."""

    seconds: Mapping[int, float]
    compiles: bool

    def evaluation(self, pixels: float) -> float:
        """Seconds of a direct evaluation; seconds a pixel are interpolated over the logarithm of the pixels' number."""
        known = sorted((side * side, seconds / side**2) for side, seconds in self.seconds.items())
        if pixels <= known[0][0]:
            return known[0][1] * known[0][0] * max(pixels / known[0][0], 0.3)
        for (few, slow), (many, quick) in itertools.pairwise(known):
            if pixels <= many:
                at = math.log(pixels / few) / math.log(many / few)
                return pixels * (slow + at * (quick - slow))
        return pixels * known[-1][1]


LAPTOP = Calibration({128: 0.2, 256: 0.75, 512: 2.9}, compiles=True)


def of(recipe: Recipe, content_size: tuple[int, int], styles: int = 1) -> Estimate:
    """The estimated cost of a run; no TensorFlow is needed.

    Args:
        recipe: every setting.
        content_size: (width, height) of the original.
        styles: how many style pictures.
    """
    machine = stored()
    known = machine or LAPTOP
    width, height = content_size
    seconds, peak = 0.0, 0.0
    if recipe.method != "slow" or recipe.start == "fast":
        across, down = size_for(width, height, recipe.longest_edge_px)
        seconds, peak = _fast_pass_cost(across, down, known)
        seconds *= len(recipe.regions) + 1  # a pass for each, and one for the rest
    if recipe.method != "fast":
        for scale in scales(recipe, height, width):
            cost, memory = _scale_cost(recipe, scale, size_for(width, height, scale.edge_px), styles, known)
            seconds, peak = seconds + cost, max(peak, memory)
        seconds = min(seconds, recipe.seconds or seconds)
    return Estimate(seconds, peak, machine is not None)


def _fast_pass_cost(width: int, height: int, machine: Calibration) -> tuple[float, float]:
    """Seconds and peak memory of one pass."""
    pixels, stripped = width * height, in_strips(height, width)
    share = FAST_PASS_EVALUATIONS * (FAST_STRIPS_FACTOR if stripped else 1.0)
    held = FAST_BYTES_PER_PIXEL["strips" if stripped else "whole"]
    return share * machine.evaluation(pixels), FAST_BASE_MB + pixels * held / 1e6


def _scale_cost(
    recipe: Recipe, scale: PyramidScale, size: tuple[int, int], styles: int, machine: Calibration
) -> tuple[float, float]:
    """Seconds and peak memory of one size of a run."""
    width, height = size
    direct = machine.evaluation(width * height)
    compiles = machine.compiles and recipe.precision != "bfloat16"
    convolution = memory_plan.choose_convolution(recipe, height, width, scale.steps, compiles=compiles)
    chosen = memory_plan.choose_plan(recipe.memory_mb, height, width, convolution)
    unit = machine.evaluation(256**2)
    share = convolution.relative_cost * (1 + _recomputed_share(recipe, chosen, height))
    each = direct * share + unit * _style_distances_cost(recipe)
    searches = EVALUATIONS_PER_LBFGS_MOVE if recipe.optimizer.algorithm == "lbfgs" else 1.0
    begin = (SETUP_EVALUATIONS + 0.4 * (styles - 1)) * direct + convolution.compile_cost * unit
    return begin + scale.steps * searches * each, memory_plan.need_mb(chosen, height, width, convolution)


def _recomputed_share(recipe: Recipe, chosen: TilingPlan, height: int) -> float:
    """What strips compute again, as a share of an evaluation: their borders, and themselves on the way back."""
    if not chosen.blocks:
        return 0.0
    rows = sum(w.stop - w.start for w in windows(recipe.objective.network, height, chosen))
    return SHALLOW_BLOCKS_SHARE[chosen.blocks] * (1.5 * rows / height - 1)


def _style_distances_cost(recipe: Recipe) -> float:
    """What the style distances of all layers and regions cost, in direct evaluations at 256 px."""
    if not recipe.objective.style_weight:
        return 0.0
    cost = STYLE_DISTANCES[recipe.objective.style_distance].layer_cost
    return sum(cost(width(name)) for name in recipe.objective.style_layers) * (len(recipe.regions) + 1)


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
    """Measure this machine and keep it; some ten seconds. Loads the network. Raises WeightsError."""
    import numpy as np

    from nst_core.models.device import device
    from nst_core.runs import runner

    seconds = {}
    for side in sides_px:
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
