"""The state of an optimizer: a frozen value, so a roll-back just uses the old one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import CheckpointError
from nst_core.slow.optimizers.history import FIELD_NAMES
from nst_core.slow.optimizers.precondition import BANDS

Evaluate = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""A picture [1, H, W, 3] -> its weighted terms [k] and the gradient of their sum, [1, H, W, 3]."""

EXPONENT = "exponent"
"""Key in an optimizer's memory: the adapted exponent of the preconditioner, a scalar."""

BAND_NAMES = ("step_bands", "change_bands")
"""Keys in an optimizer's memory: the energies of the last pairs in each band of frequencies, each [k, BANDS]."""

_MEMORY = "memory/"
_MOMENTS = {"mean", "square"}


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """Everything that an optimizer needs to continue; nothing is rounded.

    Attributes:
        picture: [1, H, W, 3] in [0, 1].
        gradient: of the objective at `picture`, same shape.
        weighted: the weighted terms of the objective at `picture`, [k].
        value: the loss: the sum of `weighted`.
        number: number of moves made.
        evaluations: number of evaluations of the objective since the start.
        memory: name -> tensor: Adam's moments, L-BFGS's history, the adapted exponent, the energies of bands.
    """

    picture: tf.Tensor
    gradient: tf.Tensor
    weighted: tf.Tensor
    value: float
    number: int
    evaluations: int
    memory: Mapping[str, tf.Tensor]


def evaluated(picture: tf.Tensor, evaluate: Evaluate) -> tuple[tf.Tensor, tf.Tensor, float]:
    """Evaluate the objective at a picture [1, H, W, 3]: gradient [1, H, W, 3], weighted terms [k], their sum.

    The sum is taken in float64. It is NaN if the gradient is not finite, so that an optimizer, which checks only the
    loss, rejects the point instead of stopping there.
    """
    weighted, gradient = evaluate(picture)
    if not tf.reduce_all(tf.math.is_finite(gradient)):  # on the device: NumPy would need a copy
        return gradient, weighted, math.nan
    return gradient, weighted, float(np.sum(weighted.numpy(), dtype=np.float64))


def pack(state: OptimizerState) -> dict[str, Any]:
    """A state as a dictionary of arrays and numbers."""
    return {
        "picture": state.picture.numpy(),
        "gradient": state.gradient.numpy(),
        "weighted": state.weighted.numpy(),
        "value": state.value,
        "number": state.number,
        "evaluations": state.evaluations,
        # A scalar tensor gives a NumPy scalar, which is neither an array nor a plain number.
        **{f"{_MEMORY}{name}": np.asarray(values.numpy()) for name, values in state.memory.items()},
    }


def unpack(packed: Mapping[str, Any]) -> OptimizerState:
    """The state from the dictionary of `pack`. Raises CheckpointError if a value is missing or of another shape."""
    try:
        picture, gradient, weighted = (np.asarray(packed[n], np.float32) for n in ("picture", "gradient", "weighted"))
        memory = {n.removeprefix(_MEMORY): np.asarray(v) for n, v in packed.items() if n.startswith(_MEMORY)}
        numbers = float(packed["value"]), int(packed["number"]), int(packed["evaluations"])
    except KeyError as error:
        raise CheckpointError(f"the checkpoint must hold a whole run, but lacks {error}") from None
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"the checkpoint's numbers must be numbers, but {error}") from None
    if not np.isfinite(numbers[0]) or weighted.ndim != 1:
        raise CheckpointError("the checkpoint's loss must be finite, one number for each term")
    for name, values, shape in (("gradient", gradient, picture.shape), *_learned(memory, picture.shape)):
        if values.shape != shape:
            raise CheckpointError(f"the checkpoint's {name} must be of shape {shape}, got {values.shape}")
    return OptimizerState(
        tf.constant(picture),
        tf.constant(gradient),
        tf.constant(weighted),
        *numbers,
        {name: tf.constant(values) for name, values in memory.items()},
    )


def _learned(memory: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> list[tuple[str, np.ndarray, tuple[int, ...]]]:
    """An optimizer's memory: name, values, the shape they must have. Raises CheckpointError if part is missing."""
    names = set(memory) - {EXPONENT}
    if names and names not in (_MOMENTS, FIELD_NAMES, FIELD_NAMES | set(BAND_NAMES)):
        raise CheckpointError(
            f"the checkpoint must hold all an optimizer learned, got only {', '.join(sorted(memory))}"
        )
    lengths = {name: len(values) if values.ndim else 1 for name, values in memory.items()}
    count = lengths.get("steps", 1)
    shapes = {"steps": (count, *shape[1:]), "changes": (count, *shape[1:])}
    shapes |= dict.fromkeys(("crossed", "squared"), (count, count)) | {EXPONENT: ()}
    shapes |= dict.fromkeys(BAND_NAMES, (lengths.get(BAND_NAMES[0], 1), BANDS))
    return [(name, values, shapes.get(name, shape)) for name, values in memory.items()]
