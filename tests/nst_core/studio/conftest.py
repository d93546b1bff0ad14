"""Small pictures and settings, for runs with a network of random kernels or with none."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nst_core.picture.upload import Picture
from nst_core.runs import runner
from nst_core.step import Step
from nst_core.studio import open_picture

SMALL: dict[str, Any] = {
    "longest_edge_px": 64,
    "precision": "float32",
    "convolutions": "direct",
    "content_layers": {"block2_conv1": 1.0},
    "style_layers": {"block1_conv1": 1.0},
    "average_decay": 0.0,
    "pyramid": "off",
    "steps": 4,
    "snapshot_every": 2,
    "display": "none",
}
"""A run of a second: 64 px, two layers, Adam."""


@pytest.fixture
def photo(noise: Any) -> Picture:
    return open_picture(noise(48, 64, 1))


@pytest.fixture
def painting(noise: Any) -> Picture:
    return open_picture(noise(40, 40, 2))


@pytest.fixture
def toy_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a network: the loss of step n is 10 / (n + 1), its picture is a grey of n / 100."""

    def steps(content: Any, styles: Any, recipe: Any, *_: Any) -> Iterator[Step]:
        for number in range(recipe.steps + 1):
            picture = np.full((1, 48, 64, 3), number / 100, np.float32)
            yield Step(number, recipe.steps, 64, number / 10, {"total": 10 / (number + 1)}, picture)

    monkeypatch.setattr(runner, "engine_steps", steps)
    monkeypatch.setattr(runner, "prepare", lambda recipe: recipe)
