"""The state of a run of the slow engine, also as plain arrays and numbers from which it resumes without a loss.

The steps after it are bit for bit those of an uninterrupted run on a CPU, and on a GPU with NST_DETERMINISTIC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError
from nst_core.slow import optimizers
from nst_core.slow.optimizers import OptimizerState


@dataclass(frozen=True, eq=False)
class RunState:
    """Everything that a run needs to resume; nothing is rounded.

    Attributes:
        state: state of the optimizer.
        scale: index of the current size.
        moves: number of moves made at this size.
        average: the decayed sum of the pictures of this size, [1, H, W, 3], or None.
        restraint: factor of the learning rate, halved at each roll-back.
        totals: the last losses of this size.
        style_ratio: the ratio of the style's weight to that at a size's start; see `nst_core.slow.balance`.
        converged: whether the optimizer finds no further step at this size.
        marks: events since the last Step.
    """

    state: OptimizerState
    scale: int = 0
    moves: int = 0
    average: tf.Tensor | None = None
    restraint: float = 1.0
    totals: tuple[float, ...] = ()
    style_ratio: float = 1.0
    converged: bool = False
    marks: tuple[str, ...] = ()


def shown_picture(run: RunState, decay: float) -> tf.Tensor:
    """The picture to show, [1, H, W, 3]: the average of this size's pictures if there is one, else the last.

    The average starts at 0 and is multiplied by `decay` at each move. Dividing by the sum of its weights makes it a
    mean, as Adam's bias correction does.
    """
    if run.average is None or not run.moves:
        return run.state.picture
    return tf.clip_by_value(run.average / (1.0 - decay**run.moves), 0.0, 1.0)


def pack(run: RunState, **more: Any) -> dict[str, Any]:
    """A state and the values of `more` as plain arrays and numbers, for `resume=` and for files."""
    average = {} if run.average is None else {"average": run.average.numpy()}
    return {
        **optimizers.pack(run.state),
        **average,
        "totals": np.array(run.totals, np.float64),
        "scale": run.scale,
        "moves": run.moves,
        "restraint": run.restraint,
        "style_ratio": run.style_ratio,
        **more,
    }


def unpack(packed: Mapping[str, Any], more: Iterable[str]) -> RunState:
    """The state from the dictionary of `pack`. Raises CheckpointError if a value, also of `more`, is missing."""
    missing = {"picture", "totals", "scale", "moves", "restraint", *more} - set(packed)
    if missing:
        raise CheckpointError(f"the checkpoint must hold a whole run, but lacks {', '.join(sorted(missing))}")
    return RunState(
        optimizers.unpack(packed),
        int(packed["scale"]),
        int(packed["moves"]),
        tf.constant(packed["average"]) if "average" in packed else None,
        float(packed["restraint"]),
        tuple(float(v) for v in packed["totals"]),
        float(packed.get("style_ratio", 1.0)),  # older checkpoints have none
    )
