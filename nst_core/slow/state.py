"""Where a run of the slow engine stands, as a value; and as plain arrays and numbers, to go on from bit for bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe
from nst_core.recipe.fields import settings_by_name
from nst_core.slow import optimizers
from nst_core.slow.optimizers import OptimizerState


@dataclass(frozen=True, eq=False)
class RunState:
    """Where a run stands; all that is needed to go on bit for bit.

    Attributes:
        state: of the minimiser.
        scale: index of the size worked at.
        moves: moves made at this size.
        average: the decayed sum of the pictures of this size, [1, H, W, 3], or None.
        restraint: what the learning rate is multiplied by, after roll-backs.
        totals: the last losses of this size.
        converged: the minimiser finds no further step at this size.
        marks: what happened since the last Step.
    """

    state: OptimizerState
    scale: int = 0
    moves: int = 0
    average: tf.Tensor | None = None
    restraint: float = 1.0
    totals: tuple[float, ...] = ()
    converged: bool = False
    marks: tuple[str, ...] = ()


def shown_picture(journey: RunState, decay: float) -> tf.Tensor:
    """What is shown of a journey, [1, H, W, 3]: the average of this size's pictures if there is one, else the last.

    The average is decayed by `decay` a move and began at nothing; dividing by the weight it has gathered makes it a
    mean, as Adam's bias correction does.
    """
    if journey.average is None or not journey.moves:
        return journey.state.picture
    return tf.clip_by_value(journey.average / (1.0 - decay**journey.moves), 0.0, 1.0)


def pack(journey: RunState, **more: Any) -> dict[str, Any]:
    """A journey as plain arrays and numbers, for `resume=` and for files, with `more` of them under their names."""
    average = {} if journey.average is None else {"average": journey.average.numpy()}
    return {
        **optimizers.pack(journey.state),
        **average,
        "totals": np.array(journey.totals, np.float64),
        "scale": journey.scale,
        "moves": journey.moves,
        "restraint": journey.restraint,
        **more,
    }


def unpack(packed: Mapping[str, Any], more: Iterable[str]) -> RunState:
    """The journey that `pack` took apart. Raises CheckpointError if something is missing, of it or of `more`."""
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
    )


def steering_marks(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """What steering from one recipe to another changed, as a Step's marks: "steered style_weight to 40"."""
    old, new = settings_by_name(before, by_layer=True), settings_by_name(after, by_layer=True)
    return tuple(f"steered {name} to {_short(value)}" for name, value in new.items() if old.get(name) != value)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
