"""A recipe's settings for the slow method in a browser."""

from typing import Any

import pytest

from nst_core.recipe import PRESETS, make
from pages.parts.device.slow_settings import differences, is_supported, settings


def test_the_settings_of_the_page_are_passed_on() -> None:
    recipe = make("painterly", {"style_weight": 31.0, "learning_rate": 0.03, "average_decay": 0.5})
    passed = settings(recipe)
    assert passed["styleWeight"] == 31.0
    assert passed["contentWeight"] == recipe.objective.content_weight == 2.0
    assert passed["styleNormalisation"] == recipe.objective.style_normalisation == 1.0
    assert passed["adaptiveBalance"] is recipe.objective.adaptive_balance is True
    assert passed["adam"]["learningRate"] == 0.03
    assert passed["adam"]["averageDecay"] == 0.5
    assert passed["shares"]["content/block4_conv2"] == 1.0
    assert sum(share for term, share in passed["shares"].items() if term.startswith("style/")) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("preset", "supported"),
    [
        ("painterly", True),
        ("faithful", True),
        ("bold", True),
        ("gatys", False),
        ("tutorial", False),
        ("brushwork", False),
        ("crowson", False),
    ],
)
def test_an_objective_that_the_graph_lacks_becomes_the_default(preset: str, supported: bool) -> None:
    assert preset in PRESETS
    recipe = make(preset)
    assert is_supported(recipe.objective) is supported
    weight = recipe.objective.content_weight if supported else 1.0
    assert settings(recipe)["contentWeight"] == weight
    assert ("the default losses" in differences(recipe)) is not supported


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"algorithm": "lbfgs"}, "Adam instead of L-BFGS"),
        ({"pyramid": "auto"}, "one size instead of a pyramid of sizes"),
        ({"start": "noise"}, "from the photo instead of from noise"),
        ({"style_scale": 2.0}, "strokes in the style's own size"),
        ({"colour_preservation": 0.5}, "without matching colours"),
        ({"style_layers": {"block5_conv3": 1.0}}, "the default losses"),
    ],
)
def test_what_the_device_does_differently_is_told(change: dict[str, Any], told: str) -> None:
    alike = {"pyramid": "off"}
    assert differences(make("painterly", alike)) == ()
    assert differences(make("painterly", alike | change)) == (told,)
    assert "with white instead of transparent parts" in differences(make("painterly", alike), has_transparency=True)
