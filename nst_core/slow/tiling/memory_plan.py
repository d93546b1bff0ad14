"""How an objective is computed on this machine: which convolutions, and whole or by strips. Decisions, no arithmetic.

Both follow from the recipe and the size alone, never from how busy the machine is, so that a run can be repeated.
"""

from __future__ import annotations

from nst_core.models.convolution_method import METHODS, ConvolutionMethod, choose_method
from nst_core.recipe import Recipe
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

STRIP_PIXELS = 64 * 1024
"""How many pixels the rows of a strip have: enough to keep the cores busy, few enough to stay in their caches."""
LEAST_ROWS = {3: 64}
"""Three blocks see 24 px beyond their strip on each side: few rows would cost more at the borders than inside."""
DEFAULT_MB = 2400


def choose_plan(memory_mb: int | None, height: int, width: int, convolution: ConvolutionMethod) -> TilingPlan:
    """The plan with the least work that stays within the memory, or the one of least memory if none does.

    Args:
        memory_mb: the limit; None is `DEFAULT_MB`.
        height, width: of the picture, in pixels.
        convolution: how convolutions are computed.
    """
    budget = memory_mb or DEFAULT_MB
    for blocks in convolution.bytes_per_pixel:
        least = LEAST_ROWS.get(blocks, 16)
        plan = TilingPlan(blocks, max(STRIP_PIXELS // width, least)) if blocks else WHOLE
        if need_mb(plan, height, width, convolution) <= budget:
            break
    return plan


def need_mb(plan: TilingPlan, height: int, width: int, convolution: ConvolutionMethod) -> float:
    """The peak memory, in MB, of a process that evaluates an objective by this plan; arguments as in `choose`."""
    return convolution.base_mb + height * width * convolution.bytes_per_pixel[plan.blocks] / 1e6


def convolution_method(recipe: Recipe, dtype: str, height: int, width: int, steps: int) -> ConvolutionMethod:
    """How convolutions are computed at one size of a run on this machine.

    Args:
        recipe: its `convolutions` and `memory_mb`.
        dtype: of the network; compiled convolutions are float32.
        height, width: of the picture, in pixels.
        steps: at this size.
    """
    from nst_core.models.device import device  # brings TensorFlow, which an estimate does without

    return choose_convolution(
        recipe, height, width, steps, compiles=dtype == "float32" and device().name.endswith("CPU:0")
    )


def choose_convolution(recipe: Recipe, height: int, width: int, steps: int, *, compiles: bool) -> ConvolutionMethod:
    """The decision of `convolution_method` for a device that can compile convolutions or not."""
    budget = recipe.memory_mb or DEFAULT_MB
    fitting = [method for method in METHODS.values() if need_mb(TilingPlan(2), height, width, method) <= budget]
    return choose_method(recipe.convolutions, steps * height * width, compiles=compiles, fitting=fitting)
