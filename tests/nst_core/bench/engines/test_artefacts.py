"""The benchmark of fine faults: photographs as a control, and a row for each variant."""

from __future__ import annotations

import pytest

from nst_core.bench.engines import artefacts

NAMES = [artefacts.CONTROL, *artefacts.VARIANTS]


def test_the_table_has_a_line_for_each_variant() -> None:
    measures = {"mesh": 1.234, "chroma_noise": 2.0, "specks": 3.0, "style_gram": 1e9}
    rows = [{"method": name, "size": 96, "pairs": 6, **measures} for name in NAMES]
    lines = artefacts.table({"artefacts": rows}).splitlines()
    assert len(lines) == 1 + len(NAMES)
    assert lines[1] == "96 | photograph | 1.23 | 2.00 | 3.00 | 1e+09"


@pytest.mark.weights
@pytest.mark.slow
def test_variants_are_measured_beside_the_photograph(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"steps": 2, "first_steps": 2}
    monkeypatch.setattr(artefacts, "VARIANTS", {name: {**s, **few} for name, s in artefacts.VARIANTS.items()})
    rows = artefacts.run([96], [("chelsea", "night-swirls")])["artefacts"]
    assert [row["method"] for row in rows] == NAMES
    found = {row["method"]: row for row in rows}
    assert all(row["size"] == 96 and row["pairs"] == 1 for row in rows)
    assert found["photograph"]["style_gram"] > max(found[name]["style_gram"] for name in NAMES[1:])
    assert found["fast, 16 shifted passes"]["specks"] <= found["fast"]["specks"]
