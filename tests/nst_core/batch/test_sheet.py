"""Contact sheets."""

import io

import numpy as np
from PIL import Image

from nst_core.batch.sheet import CELL_PX, ROWS, SheetCell, columns_for, pages, thumbnail


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (400, 300)) -> bytes:
    return thumbnail(np.asarray(Image.new("RGB", size, colour)))


def opened(page: bytes) -> Image.Image:
    return Image.open(io.BytesIO(page)).convert("RGB")


def test_a_page_is_full_before_the_next_begins_and_no_page_is_larger() -> None:
    made = [opened(p) for p in pages((SheetCell("x", flat((0, 0, 0))) for _ in range(3 * ROWS + 1)), 3, "PNG")]
    assert len(made) == 2
    assert made[0].size == (3 * (CELL_PX + 12) + 12, ROWS * (CELL_PX + 48) + 12)
    assert made[1].size == (CELL_PX + 24, CELL_PX + 60)


def test_pictures_stand_in_order_and_keep_their_shape() -> None:
    (page,) = pages([SheetCell("", flat((255, 0, 0))), SheetCell("", flat((0, 0, 255), (100, 400)))], 2, "PNG")
    values = np.asarray(opened(page)).astype(int)
    red = (values[..., 0] > 200) & (values[..., 2] < 50)
    blue = (values[..., 2] > 200) & (values[..., 0] < 50)
    assert abs(int(red.any(1).sum()) - CELL_PX * 3 // 4) <= 1
    assert abs(int(blue.any(0).sum()) - CELL_PX // 4) <= 1
    assert red.any(0).argmax() == 12
    assert blue.any(0).argmax() > CELL_PX


def test_a_problem_is_told_and_a_long_text_stays_in_its_cell() -> None:
    (page,) = pages([SheetCell("wordwithoutspaces" * 40, problem="why " * 200), SheetCell("")], 2, "PNG")
    values = np.asarray(opened(page)).astype(int)
    assert (values[12 : CELL_PX + 12, 12 : CELL_PX + 12].std(0) > 0).any()
    paper = values[-1, -1]
    assert (values[:, CELL_PX + 14 : CELL_PX + 22] == paper).all()
    assert (values[CELL_PX + 52 :, :] == paper).all()


def test_a_row_is_a_content_if_the_styles_fit() -> None:
    assert [columns_for(styles) for styles in (1, 2, 8, 9)] == [6, 2, 8, 6]
