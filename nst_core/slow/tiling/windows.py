"""Windows of rows: a large picture in horizontal strips, with exact statistics and gradients in bounded memory.

The first blocks of the network need most of the memory, and each of their units sees only a few pixels around it. They
are computed in windows of rows that overlap by this distance. So the rows that a window *owns* have exactly the values
that they have in the whole picture. Nothing is approximated, so there are no seams, and no random shifts are needed to
hide them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nst_core.models.vgg_layout import block_stride_px, blocks_margin_px
from nst_core.recipe import NetworkName


@dataclass(frozen=True)
class TilingPlan:
    """The first `blocks` blocks of the network are computed in strips that own `rows` rows; 0 is the whole picture."""

    blocks: int = 0
    rows: int = 0


WHOLE = TilingPlan()
"""The whole picture at once."""


@dataclass(frozen=True)
class Window:
    """Rows `start` to `stop` of a picture; the window owns rows `owned_start` to `owned_stop`, which no other owns."""

    start: int
    stop: int
    owned_start: int
    owned_stop: int

    def owned(self, block: int, height: int) -> slice:
        """The owned rows at the grid of a block (1 is pixels), counted within the window; `height` is the picture's."""
        stride = block_stride_px(block)
        end = height // stride if self.owned_stop == height else self.owned_stop // stride
        return slice((self.owned_start - self.start) // stride, end - self.start // stride)

    def mask(self, block: int, height: int) -> np.ndarray:
        """1 at the owned rows of a block's grid, else 0: float32 [rows of the window there]."""
        rows = np.zeros((self.stop - self.start) // block_stride_px(block), np.float32)
        rows[self.owned(block, height)] = 1.0
        return rows


def reach_px(network: NetworkName, blocks: int) -> int:
    """The pixels that a unit after the first `blocks` blocks sees beyond its cell, rounded up to its grid."""
    grid = 2**blocks
    return int(-(-blocks_margin_px(network, blocks) // grid) * grid)


@lru_cache(maxsize=64)
def windows(network: NetworkName, height: int, plan: TilingPlan) -> tuple[Window, ...]:
    """The windows of a picture; together they own every row once. All have one height, for one compiled function."""
    grid = 2**plan.blocks
    rows = max(plan.rows // grid, 1) * grid
    reach = reach_px(network, plan.blocks)
    tall = rows + 2 * reach + height % grid
    if tall >= height:
        return (Window(0, height, 0, height),)
    starts = range(0, height - height % grid, rows)

    def window(own: int) -> Window:
        start = min(max(own - reach, 0), height - tall)
        last = own + rows >= height - height % grid
        return Window(start, start + tall, own, height if last else own + rows)

    return tuple(window(own) for own in starts)
