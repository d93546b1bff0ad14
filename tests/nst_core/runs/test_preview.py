"""Small and full runs of one recipe, compared; on a random network, since the look does not matter here."""

from typing import Any

import numpy as np
import pytest

from nst_core.recipe import make
from nst_core.runs import preview, runner

pytestmark = pytest.mark.slow

SETTINGS = {
    "steps": 2,
    "first_steps": 2,
    "smallest_edge_px": 64,
    "longest_edge_px": 96,
    "precision": "float32",
    "convolutions": "direct",
}


@pytest.fixture
def compared(unlearned: Any, noise: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`compared(edge_px)`: the comparison of a preview of that size with 96 px."""
    monkeypatch.setattr(runner, "prepare", lambda recipe: recipe)  # a random network has no weights to name
    return lambda edge_px: preview.compare(noise(80, 120), [noise(96, 96, 1)], make(settings=SETTINGS), edge_px)


def test_a_preview_of_the_full_size_is_the_full_run(compared: Any) -> None:
    small, full, apart = compared(96)
    assert (small == full).all()
    assert apart["ssim"] == pytest.approx(1.0, abs=1e-6)
    assert apart["colour"] == pytest.approx(0.0, abs=1e-3)
    assert set(apart["ratios"].values()) == {1.0}


def test_both_are_judged_at_the_size_of_the_preview_and_every_distance_has_its_ratio(compared: Any) -> None:
    small, full, apart = compared(64)
    assert [max(p.shape[1:3]) for p in (small, full)] == [64, 96]
    assert apart["preview"]["size"] == apart["full"]["size"] == [small.shape[2], small.shape[1]]
    assert 0 < apart["ssim"] < 1
    assert apart["colour"] > 0
    for kind in ("content", "style_gram", "style_wasserstein2"):
        for layer, value in apart["preview"][kind].items():
            ratio = apart["full"][kind][layer] / value
            assert apart["ratios"][f"{kind}/{layer}"] == pytest.approx(ratio, abs=1e-3)


def test_the_start_and_the_masks_are_used(
    compared: Any, unlearned: Any, noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sizes get them."""
    given = []
    run_recipe = runner.run_recipe

    def recording(*args: Any, **more: Any) -> Any:
        given.append((more["start"] is start, len(more["masks"])))
        return run_recipe(*args, **more)

    monkeypatch.setattr(runner, "run_recipe", recording)
    start, mask = noise(20, 30), np.tri(80, 120, dtype=np.float32)
    recipe = make(settings=SETTINGS | {"start": "own", "regions": [{"mask": "0" * 64, "shares": [1.0]}]})
    preview.compare(noise(80, 120), [noise(96, 96, 1)], recipe, 64, start=start, masks=[mask])
    assert given == [(True, 1), (True, 1)]
