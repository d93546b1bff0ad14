"""How an objective is computed on this machine: which convolutions, and whole or by strips. Decisions, no arithmetic.

Both follow from the recipe and the size alone, never from how busy the machine is, so that a run can be repeated.
"""

from __future__ import annotations

from nst_core.recipe import Recipe
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

WORTH_COMPILING = 80 * 256**2
"""Steps x pixels from which the compiled convolutions repay the ten seconds or so that compiling takes."""
BASE_MB = {"direct": 800.0, "winograd": 1450.0}
"""What a process holds besides activations: TensorFlow, the kernels, and what the compiler leaves behind."""
BYTES_PER_PIXEL = {
    "direct": {0: 2700.0, 1: 1800.0, 2: 1100.0, 3: 370.0},
    "winograd": {0: 2700.0, 1: 1600.0, 2: 900.0, 3: 500.0},
}
"""Peak bytes for each pixel of the picture, by how many blocks are computed in strips. Measured at 512 and 2,048 px."""
STRIP_PIXELS = 64 * 1024
"""How many pixels the rows of a strip have: enough to keep the cores busy, few enough to stay in their caches."""
LEAST_ROWS = {3: 64}
"""Three blocks see 24 px beyond their strip on each side: few rows would cost more at the borders than inside."""
DEFAULT_MB = 2400


def choose(memory_mb: int | None, height: int, width: int, how: str) -> TilingPlan:
    """The plan with the least work that stays within the memory, or the one of least memory if none does."""
    budget = memory_mb or DEFAULT_MB
    for blocks in BYTES_PER_PIXEL[how]:
        least = LEAST_ROWS.get(blocks, 16)
        plan = TilingPlan(blocks, max(STRIP_PIXELS // width, least)) if blocks else WHOLE
        if need_mb(plan, height, width, how) <= budget:
            break
    return plan


def need_mb(plan: TilingPlan, height: int, width: int, how: str) -> float:
    """The peak memory of a process that evaluates an objective by this plan."""
    return BASE_MB[how] + height * width * BYTES_PER_PIXEL[how][plan.blocks] / 1e6


def convolutions(recipe: Recipe, dtype: str, height: int, width: int, steps: int) -> str:
    """How convolutions are computed: "direct" or "winograd".

    Args:
        recipe: its wish, and the memory it may take.
        dtype: of the network; the compiled convolutions are float32.
        height, width: of the picture.
        steps: at this size.
    """
    from nst_core.models.device import device  # brings TensorFlow, which an estimate does without

    return decide(recipe, height, width, steps, compiles=dtype == "float32" and device().name.endswith("CPU:0"))


def decide(recipe: Recipe, height: int, width: int, steps: int, *, compiles: bool) -> str:
    """The decision of `convolutions` for a device that `compiles` or not."""
    if not compiles:
        return "direct"
    if recipe.convolutions != "auto":
        return recipe.convolutions
    fits = need_mb(TilingPlan(2), height, width, "winograd") <= (recipe.memory_mb or DEFAULT_MB)
    return "winograd" if fits and steps * height * width >= WORTH_COMPILING else "direct"
