"""Decisions that need no network: whole or by strips, which convolutions."""

from typing import Any

import pytest

from nst_core.models import device
from nst_core.models.convolution_method import DIRECT, METHODS, WINOGRAD
from nst_core.recipe import make
from nst_core.slow.tiling import memory_plan
from nst_core.slow.tiling.memory_plan import DEFAULT_MB, choose_plan, convolution_method, need_mb
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

HOWS = tuple(METHODS.values())
SIDES = (64, 256, 512, 1024, 2048)


@pytest.mark.parametrize("how", HOWS, ids=METHODS)
@pytest.mark.parametrize("side", SIDES)
def test_the_plan_is_the_least_work_that_fits(how: Any, side: Any) -> None:
    """Whole is the least work, then as few blocks in strips as can be: only those are computed twice."""
    for budget in (1000, 1500, 2000, 4000, 16_000, 1_000_000):
        chosen = choose_plan(budget, side, side, how)
        fits = need_mb(chosen, side, side, how) <= budget
        others = [b for b in how.bytes_per_pixel if b < chosen.blocks]
        assert all(need_mb(TilingPlan(b, chosen.rows), side, side, how) > budget for b in others)
        assert fits or chosen.blocks == max(how.bytes_per_pixel)


@pytest.mark.parametrize("how", HOWS, ids=METHODS)
@pytest.mark.parametrize("side", SIDES)
def test_less_memory_means_more_in_strips(how: Any, side: Any) -> None:
    blocks = [choose_plan(mb, side, side, how).blocks for mb in (1_000_000, 8000, 4000, 2000, 1000)]
    assert blocks[0] == 0
    assert blocks == sorted(blocks)


@pytest.mark.parametrize("how", HOWS, ids=METHODS)
def test_more_in_strips_needs_less_memory(how: Any) -> None:
    needs = [need_mb(TilingPlan(b, 32) if b else WHOLE, 2048, 2048, how) for b in how.bytes_per_pixel]
    assert needs == sorted(needs, reverse=True)
    assert need_mb(WHOLE, 512, 512, how) > need_mb(WHOLE, 256, 256, how)


def test_unset_memory_is_a_fixed_one_so_that_runs_repeat() -> None:
    for side in SIDES:
        assert choose_plan(None, side, side, DIRECT) == choose_plan(DEFAULT_MB, side, side, DIRECT)


@pytest.mark.parametrize("width", [16, 300, 2048, 100_000])
def test_strips_have_about_as_many_pixels_at_any_width(width: int) -> None:
    chosen = choose_plan(1000, 2048, width, DIRECT)
    assert chosen.blocks or width < 300
    if chosen.blocks:
        least = memory_plan.LEAST_ROWS.get(chosen.blocks, 16)
        assert chosen.rows >= least
        assert chosen.rows == least or 0.9 * memory_plan.STRIP_PIXELS < chosen.rows * width <= memory_plan.STRIP_PIXELS


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`on("/GPU:0")`: the machine runs there."""
    return lambda name: monkeypatch.setattr(device, "device", lambda: device.Device(name, "", ""))


SIDE = 256
LONG, SHORT = WINOGRAD.pays_from // SIDE**2, WINOGRAD.pays_from // SIDE**2 - 1


@pytest.mark.parametrize(
    ("wish", "dtype", "place", "steps", "expected"),
    [
        ("auto", "float32", "/CPU:0", LONG, "winograd"),
        ("auto", "float32", "/CPU:0", SHORT, "direct"),
        ("auto", "bfloat16", "/CPU:0", LONG, "direct"),
        ("auto", "float32", "/GPU:0", LONG, "direct"),
        ("direct", "float32", "/CPU:0", LONG, "direct"),
        ("winograd", "float32", "/CPU:0", SHORT, "winograd"),
        ("winograd", "bfloat16", "/CPU:0", LONG, "direct"),
        ("winograd", "float32", "/GPU:0", LONG, "direct"),
    ],
)
def test_compiled_convolutions_are_for_long_runs_on_a_processor(
    on: Any, wish: str, dtype: str, place: str, steps: Any, expected: str
) -> None:
    on(place)
    assert convolution_method(make(settings={"convolutions": wish}), dtype, SIDE, SIDE, steps).name == expected


def test_little_memory_forgoes_the_larger_kernels(on: Any) -> None:
    on("/CPU:0")
    wish = make(settings={"memory_mb": 1200})
    assert convolution_method(wish, "float32", SIDE, SIDE, LONG) is DIRECT
