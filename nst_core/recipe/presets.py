"""Presets: named settings for common intentions, and those of published methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nst_core.recipe.schema import Objective


@dataclass(frozen=True)
class Preset:
    """Named settings.

    Attributes:
        title: its name on pages.
        text: its effect, in one sentence.
        settings: the settings that differ from the defaults, as nested plain data.
        source: the published method, the differences from it and their reasons; empty for our own presets.
    """

    title: str
    text: str
    settings: dict[str, Any]
    source: str = ""


TUTORIAL = Objective(
    loss_units="tutorial",
    content_layers={"block5_conv2": 1.0},
    content_weight=1e4,
    style_weight=1e-2,
    tv_weight=30.0,
)
"""The objective of TensorFlow's style-transfer tutorial; `tutorial_total` of `nst_core.metrics` is its value."""

_FINE_FIRST = {f"block{b}_conv1": round(share / 341, 4) for b, share in enumerate((256, 64, 16, 4, 1), 1)}
_FROM_SMALL_SIZES: dict[str, Any] = {
    "steps": 50,
    "schedule": {"pyramid": "auto", "smallest_edge_px": 128, "first_steps": 120},
    "optimizer": {"average_decay": 0.95},
}
"""A pyramid of sizes, which makes strokes as large as in the style. It takes as long as 100 steps at full size."""
_ADAPTED: dict[str, Any] = {"style_normalisation": 1.0, "adaptive_balance": True}
"""The style's weight adapts to the style and to the picture, so that the subject survives strong patterns."""

PRESETS: dict[str, Preset] = {
    "painterly": Preset(
        "Painterly",
        "The photograph repainted: its shapes stay, strokes and colours are the style's.",
        {
            **_FROM_SMALL_SIZES,
            "objective": {"content_weight": 2.0, **_ADAPTED},
        },  # at 1, large shapes of the style erase a thin bridge
    ),
    "brushwork": Preset(
        "Brushwork",
        "The photograph redrawn with lines and strokes of the style; cleaner than Painterly, up to about 600 px.",
        {
            "steps": 40,
            "schedule": {"pyramid": "auto", "smallest_edge_px": 128, "first_steps": 95},
            "optimizer": {"average_decay": 0.95},
            "objective": {"style_distance": "neighbours", "content_weight": 2.0, **_ADAPTED},
        },  # fewer steps than Painterly, for the same time
    ),
    "faithful": Preset(
        "Faithful",
        "Every face and line of the photograph stays; the style adds colour and texture.",
        {**_FROM_SMALL_SIZES, "objective": {"content_weight": 8.0, **_ADAPTED}},
    ),
    "bold": Preset(
        "Bold",
        "The style takes over: broad strokes, and shapes bend to them.",
        {**_FROM_SMALL_SIZES, "objective": {"content_weight": 0.5, "style_weight": 60.0, **_ADAPTED}},
    ),
    "texture": Preset(
        "Texture",
        "The style alone, from noise: its texture as the network represents it.",
        {**_FROM_SMALL_SIZES, "start": "noise", "objective": {"content_weight": 0.0}},
    ),
    "reconstruction": Preset(
        "Reconstruction",
        "The photograph alone, from noise: as much of it as one layer of the network represents.",
        {**_FROM_SMALL_SIZES, "start": "noise", "objective": {"style_weight": 0.0, "tv_weight": 0.5}},
    ),
    "gatys": Preset(
        "Gatys 2015",
        "The first neural style transfer: one size, Gram matrices, L-BFGS, from noise.",
        {
            "steps": 300,
            "start": "noise",
            "objective": {"pooling": "average", "tv_weight": 0.0, "style_weight": 100.0},
            "optimizer": {"algorithm": "lbfgs", "history_size": 20},
        },
        "Gatys et al. 2015, arXiv:1508.06576. The same layers, pooling and optimizer. Different: losses are "
        "divided by those of a photograph, so that a weight has the same effect with any network, and the noise has "
        "colours, which saves the first steps.",
    ),
    "tutorial": Preset(
        "TensorFlow tutorial",
        "TensorFlow's tutorial with its objective, optimizer and steps: the baseline of our benchmarks.",
        {
            "steps": 1000,
            "precision": "float32",
            "convolutions": "direct",
            "style_shape": "content",
            "objective": TUTORIAL.model_dump(),
            "optimizer": {"learning_rate": 0.02, "beta1": 0.99, "beta2": 0.999, "epsilon": 0.1},
        },
        "TensorFlow's style-transfer tutorial. Only the picture's size differs: you choose it.",
    ),
    "tutorial-quick": Preset(
        "Tutorial, quick",
        "The tutorial's objective with our fastest optimizer.",
        {
            "steps": 450,
            "style_shape": "content",
            "objective": TUTORIAL.model_dump(),
            "optimizer": {
                "algorithm": "lbfgs",
                "history_size": 50,
                "preconditioner_exponent": 0.5,
                "adapt_preconditioner": True,  # without effect while bands are learned; older links build on it
                "learn_preconditioner": True,
                "switch_to_adam": True,
                "learning_rate": 0.03,
                "final_learning_rate_ratio": 0.0,
                "beta1": 0.95,
                "beta2": 0.9,
            },
        },
        "TensorFlow's style-transfer tutorial. The same objective. L-BFGS, which learns how far each band of spatial "
        "frequencies may move, replaces its Adam; on grainy pictures, an Adam with a shorter memory and a falling "
        "learning rate. Convolutions are compiled or in bfloat16. All of these reach the same loss sooner.",
    ),
    "crowson": Preset(
        "Crowson",
        "Many steps at each size from small to large, for the finest strokes; slow.",
        {
            "steps": 500,
            "schedule": {"pyramid": "auto", "smallest_edge_px": 128, "first_steps": 1000},
            "optimizer": {"learning_rate": 0.02, "beta1": 0.9, "beta2": 0.99, "average_decay": 0.99},
            "objective": {
                "style_distance": "wasserstein2",
                "style_layers": _FINE_FIRST,
                "style_weight": 60.0,
                "padding": "replicate",
                "tv_variant": "nine-point",
            },
        },
        "crowsonkb/style-transfer-pytorch. The same layers, shares, distance, padding, schedule and averaging. "
        "Different: Keras' network, and therefore other weights, for losses divided by those of a photograph.",
    ),
}
"""Key -> preset."""

BALANCED: dict[str, Any] = {
    "method": "balanced",
    "start": "fast",
    "steps": 30,
    "seconds": 10.0,
    "schedule": {"pyramid": "off"},
    "optimizer": {
        "algorithm": "lbfgs",
        "learning_rate": 0.05,
        "preconditioner_exponent": 0.25,
        "adapt_preconditioner": True,
        "average_decay": 0.0,
    },
}
"""Settings that method balanced changes: it starts from the fast result, so that a few steps at full size are enough.

It uses L-BFGS, because that needs few evaluations: after 10 s its loss was below Adam's (learning rates 0.02 and 0.05)
on each of three pairs of pictures. It uses no pyramid: starting from small sizes gave a higher loss than the fast
result itself.
"""
