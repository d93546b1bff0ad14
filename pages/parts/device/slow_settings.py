"""Converts a recipe's settings for the slow method on the visitor's own device, and lists the differences. Pure."""

from __future__ import annotations

from typing import Any

from nst_core.recipe import Objective, Recipe

_DEFAULT = Objective()
_SHAPE = ("network", "loss_units", "style_distance", "tv_variant", "pooling", "padding")
"""Settings of the objective that are fixed at their defaults in the exported graph."""


def settings(recipe: Recipe) -> dict[str, Any]:
    """The weights, shares and Adam's settings for the component; settings that the graph does not have are left out."""
    objective = recipe.objective if is_supported(recipe.objective) else _DEFAULT
    adam = recipe.optimizer
    return {
        "contentWeight": objective.content_weight,
        "styleWeight": objective.style_weight,
        "styleNormalisation": objective.style_normalisation,
        "adaptiveBalance": objective.adaptive_balance,
        "variationWeight": objective.tv_weight,
        "shares": {
            **{f"content/{name}": share for name, share in objective.content_layers.items()},
            **{f"style/{name}": share for name, share in objective.style_layers.items()},
        },
        "adam": {
            "learningRate": adam.learning_rate,
            "finalRatio": adam.final_learning_rate_ratio,
            "beta1": adam.beta1,
            "beta2": adam.beta2,
            "epsilon": adam.epsilon,
            "averageDecay": adam.average_decay,
        },
    }


def is_supported(objective: Objective) -> bool:
    """Whether the exported graph computes this objective."""
    layers = (
        set(objective.content_layers) <= set(_DEFAULT.content_layers),
        set(objective.style_layers) <= set(_DEFAULT.style_layers),
    )
    return all(layers) and all(getattr(objective, name) == getattr(_DEFAULT, name) for name in _SHAPE)


def differences(recipe: Recipe, *, has_transparency: bool = False) -> tuple[str, ...]:
    """The settings of this recipe that the device does not follow, each as "this instead of that".

    Args:
        recipe: the page's settings.
        has_transparency: whether the photograph or the style has clear parts.
    """
    found = {
        "the default losses": not is_supported(recipe.objective),
        "Adam instead of L-BFGS": recipe.optimizer.algorithm != "adam",
        "one size instead of a pyramid of sizes": recipe.schedule.pyramid != "off",
        "from the photo instead of from noise": recipe.start != "content",
        "one style": len(recipe.styles) > 1,
        "without regions": bool(recipe.regions),
        "without matching colours": recipe.colour.colour_match != "none" or recipe.colour.colour_preservation > 0,
        "strokes in the style's own size": recipe.style_scale != 1,
        "with white instead of transparent parts": has_transparency,
    }
    return tuple(text for text, holds in found.items() if holds)
