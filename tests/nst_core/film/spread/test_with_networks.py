"""With the real networks, two workers paint the film that one paints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.film import run
from nst_core.film.spread import plan as plans
from nst_core.picture import samples
from tests.nst_core.film.spread.together import CUTS, FILM, FRAMES, Together, files_of, told

pytestmark = [pytest.mark.weights, pytest.mark.slow]
SHOWN = CUTS[1] + 2
"""The film ends here: two scenes and a bit."""


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "fast", "statistics_smoothing": 0.5},
        {"method": "slow", "steps": 3, "frame_steps": 1, "film_passes": 2, "pyramid": "off"},
    ],
    ids=["fast", "slow"],
)
def test_two_workers_paint_what_one_paints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    monkeypatch.setattr(run, "frames", lambda *_, first=0, **__: iter(FRAMES[first:SHOWN]))
    monkeypatch.setattr(run, "total_frames", lambda *_: SHOWN)
    monkeypatch.setattr(plans, "LEAST_FRAMES", 1)
    styles = [samples.styles()[0].load(64).tensor(64)]
    alone, both = (Together(tmp_path / name, settings, styles) for name in ("alone", "both"))
    both.plan.total = SHOWN
    whole = list(run.run_film(FILM, styles, alone.recipe, masks=(), folder=alone.folder))
    both.masks = ()
    steps = []
    for step in both.steps():
        steps.append(step)
        if step.number == 2:
            both.another()
    assert [tuple(part) for part in both.by_others] == [CUTS[:2]]
    assert told(steps) == told(whole)
    assert files_of(tmp_path / "both" / "film") == files_of(tmp_path / "alone" / "film")
    last = both.folder.last()
    assert last is not None
    assert np.abs(last.astype(int) - FRAMES[SHOWN - 1].pixels).mean() > 1, "it is painted"
