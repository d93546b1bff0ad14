"""What an engine yields: one frozen value a step, whatever the method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""A picture inside the core: float32 RGB, [1, H, W, 3], range [0, 1]."""


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        number: how many steps are done, from 1 (0: the start, before any step).
        of: how many there will be at most.
        scale_px: longest edge worked at in this step.
        seconds: wall time since the engine began, loading excluded.
        losses: weighted terms by name: `total`, `content`, `style`, `variation`, and `style/<layer>` for each layer.
        picture: [1, H, W, 3] in [0, 1], or None between snapshots; where the recipe averages, the average so far,
            while `losses` are those of the last picture.
        state: call it for what `resume=` takes to go on from here bit for bit (arrays and numbers, the picture of
            this very step among them); a call, because copying costs; None where there is nothing to go on with.
        marks: what happened at this step that a curve should show: "scale 256 px", "steered style_weight to 40",
            "rolled back, learning_rate 0.01", "handed over to Adam", "plateau".
        evaluations: how many times the objective was evaluated since the run began.
        levels: losses of other pictures under the objective of this size, by name ("fast"): level lines in its curve.
            On one Step of a run, where it reaches its full size, if the recipe asks for them.
        notes: sentences for the user on what the engine could not do as asked, and what it did instead.
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
