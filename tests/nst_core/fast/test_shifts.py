"""Cycle spinning: places are visited evenly, and what depends on the grid is averaged away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_core.fast import stylizer
from nst_core.fast.shifts import SHIFTS_PX, STRIDE_PX, mean_of_shifted
from nst_core.metrics.artefacts import mesh
from nst_core.picture import samples
from nst_core.recipe import make
from nst_core.runs import cost
from nst_core.system.bounded_cache import BoundedCache
from tests.nst_core.fast.test_batching import check_equal_to_single_runs, requests_of
from tests.nst_core.fast.test_engine import Counting, RebuiltModule, flat, recipe_of, use

__all__ = ["use"]


@pytest.fixture(autouse=True)
def nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(stylizer.MAX_VECTORS))


def gridded(content: Any) -> Any:
    """A pass that brightens the first row, the first column and the first pixel of each cell of its grid."""
    painted = np.array(content)
    painted[:, ::STRIDE_PX] += 0.1
    painted[:, :, ::STRIDE_PX] += 0.1
    return painted


def left_of_waves(passes: int) -> dict[tuple[int, int], float]:
    """For each wave of the grid, by its frequencies in quarters of a pixel, the share that a mean of passes leaves."""
    waves = [(down, right) for down in range(4) for right in range(4) if (down, right) != (0, 0)]
    shifts = np.array(SHIFTS_PX[:passes])
    return {wave: abs(np.exp(0.5j * np.pi * (shifts @ wave)).mean()) for wave in waves}


def test_the_shifts_are_all_places_of_a_cell_and_four_of_them_leave_few_waves() -> None:
    assert sorted(SHIFTS_PX) == [(down, right) for down in range(STRIDE_PX) for right in range(STRIDE_PX)]
    assert left_of_waves(1) == pytest.approx(dict.fromkeys(left_of_waves(1), 1.0))
    few = {wave: left for wave, left in left_of_waves(4).items() if left > 1e-9}
    assert few == pytest.approx({(0, 2): 1, (2, 1): 1, (2, 3): 1})
    assert {wave for wave, left in left_of_waves(8).items() if left > 1e-9} == {(2, 1), (2, 3)}
    assert max(left_of_waves(16).values()) < 1e-9


@pytest.mark.parametrize("passes", [1, 2, 4, 7, 16])
def test_a_pass_that_changes_nothing_gives_the_content_back(noise: Any, passes: int) -> None:
    content = noise(17, 30)
    np.testing.assert_allclose(mean_of_shifted(lambda shifted: shifted, content, passes), content, atol=1e-6)


@pytest.mark.parametrize(("passes", "left"), [(1, 0.2), (4, 0.05), (8, 0), (16, 0)])
def test_a_mesh_of_rows_and_columns_becomes_even(noise: Any, passes: int, left: float) -> None:
    content = noise(32, 40)
    mesh_left = mean_of_shifted(gridded, content, passes) - content
    assert np.ptp(mesh_left) == pytest.approx(left, abs=1e-6)
    assert mesh_left.mean() == pytest.approx(0.05, abs=1e-6)


def test_the_engine_makes_as_many_passes_of_one_size(use: Any, noise: Any) -> None:
    module = Counting()
    use(module)
    (request,) = requests_of(noise, (48, 64), shifted_passes=3)
    check_equal_to_single_runs([request])
    assert module.passes[:3] == [(1, 52, 68, 3)] * 3


def test_regions_and_a_style_grid_are_shifted_too(use: Any, noise: Any) -> None:
    from nst_core.fast import engine

    class Gridded(RebuiltModule):
        def transform(self, content: Any, vector: Any) -> Any:
            return gridded(content) * 0.5 + vector * 0.1

    use(Gridded())
    named = [{"sha256": "0" * 64}, {"sha256": "1" * 64}]
    regions = [{"mask": "2" * 64, "shares": [0, 1]}]
    mask = np.zeros((64, 64), np.float32)
    mask[:, :32] = 1
    for settings, masks in (({"regions": regions}, [mask]), ({"style_grid_size": 2}, [])):
        recipe = recipe_of(styles=named, shifted_passes=8, **settings)
        (step,) = engine.run(flat(0.5), [flat(0.2), flat(0.8)], recipe, masks=masks)
        assert step.picture is not None
        assert np.ptp(step.picture[:, 4:28, 4:28]) < 1e-5


def test_the_estimate_counts_each_pass() -> None:
    one, four = (
        cost.of(make(settings={"method": "fast", "shifted_passes": passes}), (640, 480)).seconds for passes in (1, 4)
    )
    assert four == pytest.approx(4 * one)


@pytest.mark.weights
@pytest.mark.slow
def test_four_passes_of_the_real_network_have_less_of_a_mesh() -> None:
    from nst_core.fast import engine

    content, style = (samples.find(key).load(160).tensor() for key in ("chelsea", "night-swirls"))
    found = []
    for passes in (1, 4):
        (step,) = engine.run(content, [style], recipe_of(longest_edge_px=160, shifted_passes=passes))
        assert step.picture is not None
        found.append(mesh(step.picture))
    assert max(found[1][period] for period in (2, 4)) < 1.5 < max(found[0][period] for period in (2, 4))
