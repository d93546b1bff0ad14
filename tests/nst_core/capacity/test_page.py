"""The tables of the page: complete, and with a verdict for each number of visitors."""

from __future__ import annotations

import re

import pytest

from nst_core.capacity import page
from nst_core.capacity.needs import VISITORS
from nst_core.capacity.page import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_each_row_has_a_cell_for_each_column(name: str) -> None:
    head, rows = TABLES[name]
    assert {len(row) for row in rows()} == {len(head)}


def test_each_number_of_visitors_has_a_row_and_a_first_bottleneck() -> None:
    needed, ends = page.need_rows(), page.bottleneck_rows()
    assert [row[0] for row in needed] == [row[0] for row in ends] == [f"{visitors:,}" for visitors in VISITORS]
    assert ends[0][-1].startswith("none; ")
    assert ends[-1][-1] == "workers"


def test_no_amount_is_more_exact_than_it_can_be() -> None:
    cells = [cell for row in page.need_rows() + page.device_rows() for cell in row]
    assert not [cell for cell in cells if re.search(r"[1-9]\d*\.\d\d", cell)]
