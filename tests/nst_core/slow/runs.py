"""Small runs of the slow engine, as several tests need them."""

import contextlib
from typing import Any

import numpy as np

from nst_core.recipe import Recipe, change
from nst_core.slow import engine

PINNED = {
    "longest_edge_px": 64,
    "precision": "float32",
    "convolutions": "direct",
    "start": "content",
    "snapshot_every": 5,
    "style_shape": "own",
    "content_layers": {"block2_conv1": 1.0},
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
    "content_weight": 1.0,
    "style_weight": 100.0,
    "tv_weight": 1.0,
    "style_distance": "gram",
    "tv_variant": "absolute",
    "pooling": "max",
    "padding": "zero",
    "algorithm": "adam",
    "learning_rate": 0.02,
    "final_learning_rate_ratio": 1.0,
    "preconditioner_exponent": 0.0,
    "average_decay": 0.0,
    "pyramid": "off",
    "smallest_edge_px": 64,
    "first_steps": None,
    "plateau_threshold": 0.0,
}
"""Few layers, since the tests do not depend on their number; all settings are given, so that new defaults change
nothing."""
CLIMB = {"pyramid": "auto", "longest_edge_px": 128}
"""Three sizes: 64, 91 and 128 px."""


def recipe_of(**settings: Any) -> Any:
    return change(Recipe(), {**PINNED, "steps": 6, **settings})


def play(pictures: Any, recipe: Any, **more: Any) -> Any:
    content, style = pictures
    return list(engine.run(content, [style], recipe, **more))


def same(a: Any, b: Any) -> None:
    """Two runs with the same losses and pictures, bit for bit."""
    assert [s.number for s in a] == [s.number for s in b]
    for one, other in zip(a, b, strict=True):
        assert one.losses == other.losses
        np.testing.assert_array_equal(one.state()["picture"], other.state()["picture"])


def steered(pictures: Any, recipe: Any, changes: Any, more: Any = ()) -> Any:
    """A run that is sent changes at some steps: step number -> settings."""
    run, sent, steps = engine.run(pictures[0], [pictures[1]], recipe, **dict(more)), None, []
    with contextlib.suppress(StopIteration):
        while True:
            steps.append(run.send(sent))
            sent = None
            if steps[-1].number in changes:
                sent = recipe = change(recipe, changes[steps[-1].number])
    return steps
