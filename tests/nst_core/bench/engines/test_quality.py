"""Results of the methods on pairs: the arithmetic, and one small real pair."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.bench.engines import quality
from nst_core.bench.report import measured
from nst_core.picture import samples
from nst_core.picture.upload import open_picture

STEP_PX = 182
"""From one cell of the sheet to the next."""


def row(pair: Any, method: Any, total: Any) -> Any:
    return {"pair": pair, "size": 64, "method": method, "tutorial_total": total}


def test_better_counts_the_pairs_that_both_have() -> None:
    rows = [row("a", "fast", 3.0), row("b", "fast", 2.0), row("c", "fast", 1.0)]
    rows += [row("a", "balanced", 2.0), row("b", "balanced", 2.0)]
    assert quality.better(rows, "balanced", "fast", "tutorial_total") == (1, 2)


def test_every_pair_is_a_photograph_and_a_style_that_ship() -> None:
    photographs, styles = ({sample.key for sample in each()} for each in (samples.contents, samples.styles))
    assert len(set(quality.PAIRS)) == 6
    assert all(photograph in photographs and style in styles for photograph, style in quality.PAIRS)


def test_the_sheet_that_ships_has_a_row_for_each_pair() -> None:
    sheet = open_picture(measured.FILE.parents[1].joinpath("quality.webp").read_bytes()).tensor()
    gap = STEP_PX - quality.CELL_PX
    assert sheet.shape[1:3] == (6 * STEP_PX - gap, (2 + len(quality.METHODS)) * STEP_PX - gap)


@pytest.mark.weights
@pytest.mark.slow
def test_a_pair_is_painted_by_each_method_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"steps": 2, "pyramid": "off", "first_steps": None, "longest_edge_px": 64}
    methods = {name: (preset, settings | small) for name, (preset, settings) in quality.METHODS.items()}
    monkeypatch.setattr(quality, "METHODS", methods)
    report = quality.run([64], tmp_path / "sheet.webp", pairs=(("chelsea", "facets"),))
    assert [r["method"] for r in report["quality"]] == list(quality.METHODS)
    for r in report["quality"]:
        figures = [r[name] for name in ("tutorial_total", "content", "style_gram", "style_wasserstein2", "seconds")]
        assert all(np.isfinite(value) and value > 0 for value in figures)
        assert -1 <= r["ssim"] <= 1
    assert quality.table(report).count("Chelsea the cat + Faceted sitter | 64 | ") == 4
    sheet = open_picture((tmp_path / "sheet.webp").read_bytes()).tensor()
    assert sheet.shape[1] == quality.CELL_PX
    cells = [sheet[:, :, across * STEP_PX : across * STEP_PX + quality.CELL_PX] for across in range(6)]
    assert all(np.abs(a - b).mean() > 0.01 for a, b in itertools.pairwise(cells))
