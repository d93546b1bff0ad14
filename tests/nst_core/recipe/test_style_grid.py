"""Sheets of mixed styles: shares sum to one, corners have one style, and the cells between are mixtures."""

import itertools

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import style_grid


@pytest.mark.parametrize("styles", [1, 2, 3, 4])
@pytest.mark.parametrize("cells", [2, 5, 9])
def test_shares_sum_to_one(styles: int, cells: int) -> None:
    rows = style_grid.grid(styles, cells)
    assert [len(row) for row in rows] == [cells] * (cells if styles > 2 else 1)
    for cell in itertools.chain(*rows):
        assert sum(cell.shares) == pytest.approx(1)
        assert len(cell.shares) == styles
        assert min(cell.shares) >= 0


def test_every_corner_is_its_own_style() -> None:
    rows = style_grid.grid(4, 3)
    corners = [rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]]
    assert [cell.shares for cell in corners] == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
    assert rows[1][1].shares == (0.25,) * 4


def test_with_three_styles_the_last_corner_is_all_of_them() -> None:
    rows = style_grid.grid(3, 4)
    assert rows[0][0].shares == (1, 0, 0)
    assert rows[-1][-1].shares == pytest.approx((1 / 3,) * 3)


def test_one_style_grows_stronger() -> None:
    (row,) = style_grid.grid(1, 4, strength=0.3)
    assert [cell.strength for cell in row] == pytest.approx([0, 0.5, 1, 1.5])


def test_two_styles_give_way_to_each_other() -> None:
    (row,) = style_grid.grid(2, 5, strength=0.3)
    assert [cell.shares[0] for cell in row] == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert {cell.strength for cell in row} == {0.3}


@pytest.mark.parametrize("styles", [0, 5])
def test_a_sheet_has_four_corners(styles: int) -> None:
    with pytest.raises(RecipeError, match=f"1 to 4 styles, one for each corner, got {styles}"):
        style_grid.grid(styles, 3)
