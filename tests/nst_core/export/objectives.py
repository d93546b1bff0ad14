"""An objective of the slow engine with the settings that the exported graph supports, as the graph's inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.recipe import Objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.objective import StyleMixture, build


def bound(vgg: Any, content: Any, style: Any) -> BoundObjective:
    """The default objective, with weights that let each kind of term matter in any network."""
    settings = Objective(content_weight=2.0, style_weight=20.0, tv_weight=2.0)
    return build(vgg, settings, tf.constant(content), [tf.constant(style)], [StyleMixture([1.0])])


def graph_inputs(objective: BoundObjective, picture: Any) -> dict[str, np.ndarray]:
    """The graph's inputs by name."""
    grams = {f"target_{n}": gram.numpy() for n, ((gram,),) in enumerate(objective.targets.style, start=1)}
    content = objective.targets.content[0].numpy()
    return {"picture": picture, "content": content, "weights": objective.weights.numpy(), **grams}


def pictures(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A content of soft shapes, a style of stripes, and a picture between them, each [1, height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(max(height, width))
    content = np.stack([x, y, 0.5 + 0.4 * np.sin(9 * x + 5 * y)], -1)[None].astype(np.float32)
    stripes = 0.5 + 0.4 * np.sin(np.stack([60 * x, 40 * y + 30 * x, 80 * (x + y)], -1))[None].astype(np.float32)
    grain = np.random.default_rng(3).random((1, height, width, 3), np.float32)
    return content, stripes, np.clip(0.6 * content + 0.3 * stripes + 0.1 * grain, 0, 1)


def same_gradient(ours: np.ndarray, engine: np.ndarray) -> None:
    """Asserts equality up to rounding, but for few pixels.

    The gradient is not continuous: where two values in a pooling window, or an activation and 0, are equal up to
    rounding, either side may win, and the pixels in one receptive field change. All others must be equal.
    """
    errors = np.abs(ours - engine).max(-1) / np.abs(engine).max()
    assert np.median(errors) < 1e-6
    assert np.quantile(errors, 0.97) < 1e-4
    assert np.linalg.norm(ours - engine) < 0.01 * np.linalg.norm(engine)


def answers(file: bytes, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The results of a LiteRT file by name."""
    from ai_edge_litert.interpreter import Interpreter

    return dict(Interpreter(model_content=file, num_threads=2).get_signature_runner()(**inputs))
