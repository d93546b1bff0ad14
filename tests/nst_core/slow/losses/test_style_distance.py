"""A third style distance needs one file and one registration: recipe, engine, curves, estimate and widgets follow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from streamlit.testing.v1 import AppTest

from nst_core.errors import RecipeError
from nst_core.recipe import TUTORIAL, Recipe, choices, describe, make, recipe_from_json
from nst_core.recipe.style_distances import STYLE_DISTANCES, TITLES, RegisteredDistance
from nst_core.runs import cost
from nst_core.slow.losses.style_distance import style_distance
from nst_core.slow.tiling.windows import WHOLE, TilingPlan
from tests.nst_core.slow.runs import play, recipe_of
from tests.nst_core.slow.tiling.test_windows import assert_same_slope, bound

pytestmark = pytest.mark.slow


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The toy distance under the name "mean"; the default, `gram`, costs a layer nothing."""
    toy = RegisteredDistance("Means", "how active each channel is", "tests.nst_core.slow.losses.mean_distance", float)
    monkeypatch.setitem(STYLE_DISTANCES, "mean", toy)
    yield
    style_distance.cache_clear()


def test_no_recipe_has_a_distance_that_is_not_registered() -> None:
    with pytest.raises(
        RecipeError, match="style_distance must be one of 'gram', 'wasserstein2', 'sliced' or 'neighbours', got 'mean'"
    ):
        make(settings={"style_distance": "mean"})


@pytest.mark.usefixtures("registered")
def test_a_registered_distance_is_a_choice_of_the_recipe() -> None:
    recipe = make(settings={"style_distance": "mean"})
    assert recipe_from_json(recipe.to_json()) == recipe
    assert choices("style_distance") == ("gram", "wasserstein2", "sliced", "neighbours", "mean")
    assert describe("style_distance").endswith("; mean: how active each channel is")
    assert TITLES["mean"] == "Means"
    assert "mean" in Recipe.model_json_schema()["$defs"]["Objective"]["properties"]["style_distance"]["enum"]
    with pytest.raises(
        RecipeError, match="one of 'gram', 'wasserstein2', 'sliced', 'neighbours' or 'mean', got 'purple'"
    ):
        make(settings={"style_distance": "purple"})


@pytest.mark.usefixtures("registered", "unlearned")
def test_the_engine_descends_by_a_registered_distance(pictures: Any) -> None:
    steps = play(pictures, recipe_of(style_distance="mean", content_weight=0.0, tv_weight=0.0))
    styles = [step.losses["style"] for step in steps]
    assert styles[-1] < 0.5 * styles[0]
    terms = {"style/block1_conv1", "style/block2_conv1"}
    assert all(terms <= set(step.losses) for step in steps)
    assert steps[0].losses["style"] == pytest.approx(sum(steps[0].losses[name] for name in terms))


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("guided", [False, True])
def test_a_registered_distance_works_by_strips_and_regions(noise: Any, guided: bool) -> None:
    case, size = ("mean", "max", "zero", "absolute", guided), (75, 33)
    whole, strips = (bound(noise, case, size, plan)(tf.constant(noise(*size))) for plan in (WHOLE, TilingPlan(2, 8)))
    assert_same_slope(strips, whole)


@pytest.mark.usefixtures("registered")
def test_the_estimate_has_the_cost_of_a_registered_distance() -> None:
    gram, toy = (cost.of(make("tutorial", {"style_distance": name}), (256, 256)).seconds for name in ("gram", "mean"))
    layers = (64, 128, 256, 512, 512)
    each = (cost.stored() or cost.LAPTOP).evaluation(256**2)
    assert toy - gram > 0.5 * make("tutorial").steps * each * sum(layers)
    assert set(TUTORIAL.style_layers) == {f"block{b}_conv1" for b in range(1, 6)}


def advanced_settings() -> None:
    from nst_core.recipe import make
    from pages.parts.settings import advanced

    advanced.panel(make(), "Studio", "test")


@pytest.mark.usefixtures("registered")
def test_the_advanced_settings_offer_a_registered_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.settings.advanced.theme.was_opened", lambda *_, **__: True)
    page = AppTest.from_function(advanced_settings, default_timeout=60).run()
    assert not page.exception
    box = next(box for box in page.selectbox if box.label == "Style distance")
    assert np.isin(["Gram", "Wasserstein", "Means"], box.options).all()
    assert "mean: how active each channel is" in box.help
