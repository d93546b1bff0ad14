"""Named settings: what a painter would ask for, and what the sources did. Each is what differs from the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nst_core.recipe.schema import Objective


@dataclass(frozen=True)
class Preset:
    """Settings under a name.

    Attributes:
        title: what a person calls it.
        text: what it does, in one sentence.
        source: where it comes from, what differs from there, and why; empty for our own.
        settings: what differs from the defaults, as nested plain data.
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
"""The objective of TensorFlow's style-transfer tutorial; the yardstick's `tutorial_total` is its value."""

_FINE_FIRST = {f"block{b}_conv1": round(share / 341, 4) for b, share in enumerate((256, 64, 16, 4, 1), 1)}
_CLIMB: dict[str, Any] = {
    "steps": 50,
    "schedule": {"pyramid": "auto", "smallest_edge_px": 128, "first_steps": 120},
    "optimizer": {"average_decay": 0.95},
}
"""From small to large: strokes get the size they have in the style, at the cost of a single size's 100 steps."""

PRESETS: dict[str, Preset] = {
    "painterly": Preset(
        "Painterly",
        "The photograph repainted: its shapes stay, strokes and colours are the style's.",
        {**_CLIMB, "objective": {"content_weight": 2.0}},  # at 1 the style's large shapes swallow a thin bridge
    ),
    "faithful": Preset(
        "Faithful",
        "Every face and line of the photograph stays; the style tints and textures it.",
        {**_CLIMB, "objective": {"content_weight": 8.0}},
    ),
    "bold": Preset(
        "Bold",
        "The style takes over: broad strokes, and shapes bend to them.",
        {**_CLIMB, "objective": {"content_weight": 0.5, "style_weight": 60.0}},
    ),
    "texture": Preset(
        "Texture",
        "The style alone, grown from noise: what the network takes it to be.",
        {**_CLIMB, "start": "noise", "objective": {"content_weight": 0.0}},
    ),
    "reconstruction": Preset(
        "Reconstruction",
        "The content alone, rebuilt from noise out of one layer: what the network keeps of a photograph.",
        {**_CLIMB, "start": "noise", "objective": {"style_weight": 0.0, "tv_weight": 0.5}},
    ),
    "gatys": Preset(
        "Gatys 2015",
        "The method that began it all: one size, Gram matrices, L-BFGS, from noise.",
        {
            "steps": 300,
            "start": "noise",
            "objective": {"pooling": "average", "tv_weight": 0.0, "style_weight": 100.0},
            "optimizer": {"algorithm": "lbfgs", "history_size": 20},
        },
        "Gatys et al. 2015, arXiv:1508.06576. The same layers, pooling and minimiser. Different: weights count "
        "in units of a photograph's activations, so that they mean the same for any network, and the noise has "
        "colours, which saves the first steps.",
    ),
    "tutorial": Preset(
        "TensorFlow tutorial",
        "TensorFlow's own tutorial, term by term and step by step: the measure for all others.",
        {
            "steps": 1000,
            "precision": "float32",
            "convolutions": "direct",
            "style_shape": "content",
            "objective": TUTORIAL.model_dump(),
            "optimizer": {"learning_rate": 0.02, "beta1": 0.99, "beta2": 0.999, "epsilon": 0.1},
        },
        "TensorFlow's style-transfer tutorial. Nothing differs but the size, which is ours to choose.",
    ),
    "tutorial-quick": Preset(
        "Tutorial, quick",
        "The tutorial's objective by the fastest road we know.",
        {
            "steps": 450,
            "style_shape": "content",
            "objective": TUTORIAL.model_dump(),
            "optimizer": {
                "algorithm": "lbfgs",
                "history_size": 50,
                "preconditioner_exponent": 0.5,
                "adapt_preconditioner": True,
                "switch_to_adam": True,
                "learning_rate": 0.03,
                "final_learning_rate_ratio": 0.0,
                "beta1": 0.95,
                "beta2": 0.9,
            },
        },
        "TensorFlow's style-transfer tutorial. The same objective; its Adam is replaced by preconditioned L-BFGS, on "
        "grainy pictures by an Adam that forgets sooner and comes to rest, and convolutions are compiled or in "
        "bfloat16: all give the same loss sooner.",
    ),
    "crowson": Preset(
        "Crowson",
        "A long climb from small to large, for the finest strokes; takes its time.",
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
        "Different: Keras' network, hence weights of our own, in units of a photograph's activations.",
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
"""What `balanced` changes: the fast result is the start, so a few steps at full size are enough, in a short time.

L-BFGS, because it makes most of few evaluations: after 10 s its objective was below Adam's (at 0.02 and 0.05) on each
of three pairs, and a pyramid, which begins anew at small sizes, was worse than the fast result it came from.
"""
