"""Several pictures in one pass: equal to single runs, in any mix of sizes, and no larger than allowed."""

from typing import Any

import numpy as np
import pytest

from nst_core.fast import batching, engine, stylizer
from nst_core.fast.batching import FastRequest, run_many
from nst_core.system.bounded_cache import BoundedCache
from tests.nst_core.fast.test_engine import RebuiltModule, hub_module, recipe_of, use

__all__ = ["use"]


@pytest.fixture(autouse=True)
def nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(stylizer.MAX_VECTORS))


class Counting(RebuiltModule):
    """It also shows the content, and notes how many pictures each pass has."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def transform(self, content: Any, vector: Any) -> Any:
        self.passes.append(len(content))
        return (content + vector) / 2


@pytest.fixture
def counting(use: Any) -> Counting:
    module = Counting()
    use(module)
    return module


def requests_of(noise: Any, *shapes: tuple[int, int], **settings: Any) -> list[FastRequest]:
    return [FastRequest(noise(*s, n), [noise(40, 40, 50 + n)], recipe_of(**settings)) for n, s in enumerate(shapes)]


def check_equal_to_single_runs(requests: list[FastRequest]) -> None:
    for request, result in zip(requests, run_many(requests), strict=True):
        (step,) = engine.run(request.content, request.styles, request.recipe)
        assert step.picture is not None
        np.testing.assert_allclose(result, step.picture, atol=1e-6)


def test_pictures_of_one_size_share_a_pass(counting: Counting, noise: Any) -> None:
    run_many(requests_of(noise, (48, 64), (96, 128), (48, 64), (64, 48), (48, 64)))
    assert counting.passes == [3, 1, 1]


@pytest.mark.parametrize("settings", [{}, {"strength": 0.4}, {"render_edge_px": 64, "longest_edge_px": 128}])
def test_results_are_those_of_single_runs_in_their_order(counting: Counting, noise: Any, settings: Any) -> None:
    check_equal_to_single_runs(requests_of(noise, (48, 64), (48, 64), (64, 48), **settings))
    assert counting.passes[0] == 2


def test_several_styles_are_mixed_in_each_picture(counting: Counting, noise: Any) -> None:
    styles = [noise(40, 40, 1), noise(40, 40, 2)]
    named = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]
    check_equal_to_single_runs([FastRequest(noise(64, 64, n), styles, recipe_of(styles=named)) for n in (3, 4)])


def test_no_pass_is_larger_than_allowed(counting: Counting, noise: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "BATCH_PIXELS", 2 * 64 * 64)
    assert len(run_many(requests_of(noise, *[(64, 64)] * 5))) == 5
    assert counting.passes == [2, 2, 1]


def test_a_network_without_vectors_takes_one_at_a_time(use: Any, noise: Any) -> None:
    seen: Any = []
    use(hub_module(seen))
    check_equal_to_single_runs(requests_of(noise, (48, 64), (48, 64)))
    assert {shape[0][0] for shape in seen} == {1}


def test_nothing_is_painted_of_nothing(counting: Counting) -> None:
    assert run_many([]) == []
