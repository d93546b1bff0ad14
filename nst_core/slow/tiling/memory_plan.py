"""Chooses how an objective is computed on this machine: the convolution method, and whole or by strips.

Both depend on the recipe, the size and the device, never on the machine's load, so that a run can be repeated.
"""

from __future__ import annotations

from nst_core.errors import RecipeError
from nst_core.models.convolution_method import DIRECT, METHODS, ConvolutionMethod, choose_method
from nst_core.recipe import Recipe
from nst_core.recipe.style_distances import STYLE_DISTANCES
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

STRIP_PIXELS = 64 * 1024
"""Pixels of the rows that a strip owns: enough to keep the cores busy, few enough to stay in their caches."""
LEAST_ROWS = {3: 64}
"""Blocks in strips -> least rows of a strip. Three blocks need a margin of 24 px a side: fewer rows cost too much."""
DEFAULT_MB = 2400
"""Memory limit of a run in MB, where the recipe has none."""


def choose_plan(memory_mb: int | None, height: int, width: int, convolution: ConvolutionMethod) -> TilingPlan:
    """The plan with the least work within the memory limit, or the plan with the least memory if none fits.

    Args:
        memory_mb: the limit in MB; None is `DEFAULT_MB`.
        height, width: size of the picture in pixels.
        convolution: the convolution method.
    """
    budget = memory_mb or DEFAULT_MB
    for blocks in convolution.bytes_per_pixel:
        least = LEAST_ROWS.get(blocks, 16)
        plan = TilingPlan(blocks, max(STRIP_PIXELS // width, least)) if blocks else WHOLE
        if need_mb(plan, height, width, convolution) <= budget:
            break
    return plan


def plan_of(recipe: Recipe, height: int, width: int, convolution: ConvolutionMethod) -> TilingPlan:
    """`choose_plan` for a recipe: its style distance needs memory too, and may need the picture whole."""
    if not STYLE_DISTANCES[recipe.objective.style_distance].by_strips:
        return WHOLE
    return choose_plan(recipe.memory_mb, height, width, convolution)


def check_memory(recipe: Recipe, height: int, width: int) -> None:
    """Refuse a picture that is too large for a style distance that needs it whole; arguments as in `choose_plan`.

    Raises:
        RecipeError: the picture would need strips.
    """
    name, budget = recipe.objective.style_distance, recipe.memory_mb or DEFAULT_MB
    if STYLE_DISTANCES[name].by_strips or not recipe.objective.style_weight:
        return
    convolution = METHODS.get(recipe.convolutions, DIRECT)
    need = recipe_mb(recipe, WHOLE, height, width, convolution)
    if need > budget:
        least = recipe_mb(recipe, WHOLE, 0, 0, convolution)
        edge = int(max(height, width) * max((budget - least) / (need - least), 0.0) ** 0.5)
        raise RecipeError(
            f"style_distance '{name}' needs the picture in one piece: {width} x {height} px takes {need:.0f} MB, and "
            f"memory_mb allows {budget}; try a longest_edge_px of at most {edge}, or style_distance 'wasserstein2'"
        )


def recipe_mb(recipe: Recipe, plan: TilingPlan, height: int, width: int, convolution: ConvolutionMethod) -> float:
    """`need_mb` with the memory of the recipe's style distance."""
    of_distance = STYLE_DISTANCES[recipe.objective.style_distance].pixel_bytes if recipe.objective.style_weight else 0.0
    return need_mb(plan, height, width, convolution) + height * width * of_distance / 1e6


def need_mb(plan: TilingPlan, height: int, width: int, convolution: ConvolutionMethod) -> float:
    """The peak memory, in MB, of a process that evaluates an objective by this plan; arguments as in `choose`."""
    return convolution.base_mb + height * width * convolution.bytes_per_pixel[plan.blocks] / 1e6


def convolution_method(recipe: Recipe, dtype: str, height: int, width: int, steps: int) -> ConvolutionMethod:
    """The convolution method for one size of a run on this machine.

    Args:
        recipe: its `convolutions` and `memory_mb`.
        dtype: precision of the network; compiled convolutions need float32.
        height, width: size of the picture in pixels.
        steps: number of steps at this size.
    """
    return choose_convolution(recipe, height, width, steps, compiles=compiles(dtype))


def compiles(dtype: str) -> bool:
    """Whether this machine's device can compile convolutions of a precision: only those in float32, on a CPU."""
    from nst_core.models.device import device  # imports TensorFlow, which an estimate does not need

    return dtype == "float32" and not device().is_gpu


def choose_convolution(recipe: Recipe, height: int, width: int, steps: int, *, compiles: bool) -> ConvolutionMethod:
    """The convolution method for a size, given whether the device can compile; arguments as in `convolution_method`."""
    budget = recipe.memory_mb or DEFAULT_MB
    least = TilingPlan(2) if STYLE_DISTANCES[recipe.objective.style_distance].by_strips else WHOLE
    fitting = [method for method in METHODS.values() if recipe_mb(recipe, least, height, width, method) <= budget]
    return choose_method(recipe.convolutions, steps * height * width, compiles=compiles, fitting=fitting)
