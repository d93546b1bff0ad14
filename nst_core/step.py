"""One step of a run; both engines yield such steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""A picture in the core: float32 RGB, [1, H, W, 3], range [0, 1]."""


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        number: the number of steps done; 0 is the start, before the first step.
        total: the greatest number of steps that the run can have.
        scale_px: longest edge of the picture in this step.
        seconds: wall time since the engine began, without loading.
        losses: weighted losses by name: `total`, `content`, `style`, `variation`, and `style/<layer>` for each layer.
        picture: the result so far, [1, H, W, 3] in [0, 1]; None between snapshots. With `average_decay` it is the
            moving average, while `losses` are those of the last picture.
        state: a function that copies the state of the run (arrays and numbers, this step's picture among them), from
            which `resume=` continues bit for bit on a device that is deterministic (see
            `nst_core.models.device.Device`); None if the run cannot be resumed.
        events: events for the curve: "scale 256 px", "steered style_weight to 40", "rolled back, learning_rate 0.01",
            "handed over to Adam", "plateau".
        evaluations: the number of evaluations of the objective since the run began.
        reference_losses: losses of other pictures under this run's objective, by name ("fast"). Only on the first step
            at full size, and only if the recipe asks for them.
        notes: sentences for the user about settings that the engine could not follow, and what it did instead.
        style_factor: the factor of the style's weight at this size, with `style_normalisation`.
    """

    number: int
    total: int
    scale_px: int
    seconds: float
    losses: Mapping[str, float]
    picture: Pixels | None = None
    state: Callable[[], Mapping[str, Any]] | None = None
    events: tuple[str, ...] = ()
    evaluations: int = 0
    reference_losses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    style_factor: float = 1.0
