"""The benchmark of balance: patterns of known periods, controls at both ends, and a table of spreads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_core.bench.engines import balance
from nst_core.picture import samples
from nst_core.picture.upload import open_picture


@pytest.mark.parametrize("period", balance.PERIODS_PX)
@pytest.mark.parametrize("kind", ["zigzags", "stripes", "checks", "dots", "bricks"])
def test_a_pattern_repeats_with_its_period_and_not_before(kind: str, period: int) -> None:
    pattern = balance.patterns()[f"{kind}, {period} px"]
    assert pattern.shape == (1, balance.PATTERN_PX, balance.PATTERN_PX, 3)
    assert pattern.dtype == np.float32
    assert 0 <= pattern.min() < 0.5 < pattern.max() <= 1
    whole = 2 * period if kind == "zigzags" else period
    np.testing.assert_array_equal(pattern[:, :, whole:], pattern[:, :, :-whole])
    assert (pattern[:, :, period // 2 :] != pattern[:, :, : -(period // 2)]).any()


def test_twelve_photographs_meet_twelve_styles() -> None:
    photographs, styles = balance.contents(), balance.default_styles()
    assert len(photographs) == len(styles) == 12
    assert set(balance.PAINTINGS) <= set(styles)
    for picture in (*photographs.values(), *styles.values()):
        assert picture.shape[3] == 3
        assert min(picture.shape[1:3]) >= 128
        assert picture.min() >= 0 < picture.std() < 1 >= picture.max()


def test_the_spread_is_over_the_styles_of_a_photograph_and_not_over_photographs() -> None:
    """Two photographs that keep more and less, each equally under all styles, have no spread."""
    values = {("p", "a"): 0.2, ("p", "b"): 0.6, ("q", "a"): 0.9, ("q", "b"): 0.9}
    cases = [
        {"photograph": p, "style": s, "method": "fixed", "structure": value, "style_gram": gram}
        for ((p, s), value), gram in zip(values.items(), (1, 10, 100, 1000), strict=True)
    ]
    found = balance._summary([*cases, {**cases[0], "method": "painterly", "structure": -1.0}], "fixed")
    assert found["pairs"] == 4
    assert found["least"] == 0.2
    assert found["structure"] == pytest.approx(0.65)
    assert found["spread"] == pytest.approx((0.2 + 0) / 2)
    assert found["by_style"] == pytest.approx({"a": 0.55, "b": 0.75})
    assert found["style_gram"] == pytest.approx(10**1.5)


@pytest.mark.weights
@pytest.mark.slow
def test_a_pair_is_painted_by_both_and_lies_between_the_controls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        balance, "VARIANTS", {n: {**s, "steps": 4, "first_steps": 4} for n, s in balance.VARIANTS.items()}
    )
    dots = {name: p for name, p in balance.patterns().items() if name == "dots, 96 px"}
    astronaut = {"astronaut": samples.find("astronaut").load(64).tensor()}
    report = balance.run([64], tmp_path / "sheet.webp", astronaut, dots)
    found = {row["method"]: row for row in report["balance"]}
    assert set(found) == {"fixed", "painterly", "photograph itself", "style itself"}
    assert found["photograph itself"]["structure"] == pytest.approx(1)
    for variant in ("fixed", "painterly"):
        assert found["style itself"]["structure"] < found[variant]["structure"] < 1
        assert 0 < found[variant]["style_gram"] < found["photograph itself"]["style_gram"]
        sheet = open_picture((tmp_path / f"sheet-{variant}.webp").read_bytes()).tensor()
        assert sheet.shape[1] == sheet.shape[2] > 2 * 176  # two rows of two cells
    assert balance.table(report).splitlines()[1].startswith("fixed | 64 | 1 | ")
