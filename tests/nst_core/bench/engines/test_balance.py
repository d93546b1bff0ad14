"""The benchmark of balance: patterns of known periods, controls at both ends, and a table of spreads."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.bench.engines import balance


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


def test_the_table_has_the_spread_over_styles() -> None:
    rows = [
        {"photograph": "p", "style": s, "size": 64, "variant": v, "structure": x, "style_gram": 100.0}
        for v in (*balance.VARIANTS, *balance.CONTROLS)
        for s, x in (("a", 0.2), ("b", 0.6))
    ]
    lines = balance.table({"balance": rows}).splitlines()
    assert len(lines) == 1 + 4
    assert lines[1] == "p | 64 | fixed | 0.40, 0.20, 0.200 | 100"


@pytest.mark.weights
@pytest.mark.slow
def test_a_pair_is_painted_by_both_and_lies_between_the_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        balance, "VARIANTS", {n: {**s, "steps": 4, "first_steps": 4} for n, s in balance.VARIANTS.items()}
    )
    dots = {name: p for name, p in balance.patterns().items() if name == "dots, 48 px"}
    rows = balance.run([64], ("astronaut",), dots)["balance"]
    found = {row["variant"]: row for row in rows}
    assert set(found) == {"fixed", "painterly", "photograph itself", "style itself"}
    assert found["photograph itself"]["structure"] == pytest.approx(1)
    for variant in ("fixed", "painterly"):
        assert found["style itself"]["structure"] < found[variant]["structure"] < 1
        assert 0 < found[variant]["style_gram"] < found["photograph itself"]["style_gram"]
