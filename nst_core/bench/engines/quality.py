"""Results of each method on six pairs of bundled pictures: measures and a contact sheet. `bench quality` runs it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.picture import samples
from nst_core.picture.encode import to_webp
from nst_core.picture.resize import resize
from nst_core.recipe import Recipe, make
from nst_core.step import Pixels
from nst_core.system.atomic_files import write_if_possible

PAIRS = (
    ("astronaut", "night-swirls"),
    ("chelsea", "golden-tree"),
    ("coffee", "acrylic-pour"),
    ("rocket", "composition"),
    ("astronaut", "facets"),
    ("coffee", "woodcut-wave"),
)
"""Keys of a photograph and a style."""
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "fast": ("painterly", {"method": "fast"}),
    "balanced": ("painterly", {"method": "balanced"}),
    "slow": ("painterly", {}),
    "tutorial": ("tutorial-quick", {"steps": 200}),
}
"""Method -> preset and settings. "tutorial" is stopped at about the loss of the tutorial's own 1,000 steps."""
_LAYERED = ("content", "style_gram", "style_wasserstein2")
CELL_PX = 176
_GAP_PX = 6


def run(sizes: Sequence[int], sheet: Path | None = None, pairs: Sequence[tuple[str, str]] = PAIRS) -> dict[str, Any]:
    """Paint each pair at each longest edge by each method, and measure the results.

    Args:
        sizes: in pixels.
        sheet: file for a contact sheet of the last size, as WebP: a row for each pair, with the photograph, the style,
            and the result of each method.
        pairs: see `PAIRS`.

    Returns:
        `quality`: for each pair, size and method its `seconds` (loading excluded), `tutorial_total`, `ssim`, and the
        means over layers of `content`, `style_gram` and `style_wasserstein2`.
    """
    from nst_core.metrics import yardstick

    _warm_up()
    rows, pictures = [], []
    for size, (photograph, style) in itertools.product(sizes, pairs):
        content, painted = (samples.find(key).load(max(size, 512)).tensor() for key in (photograph, style))
        row_pictures = [content, painted]
        for method in METHODS:
            result, seconds = _painted(content, painted, _recipe(method, size))
            title = " + ".join(samples.find(key).title for key in (photograph, style))
            rows.append({"pair": title, "size": size, "method": method, "seconds": seconds})
            rows[-1] |= _figures(yardstick.measure(result, content, [painted]))
            row_pictures.append(result)
        pictures.append(row_pictures)
    if sheet is not None:
        write_if_possible(sheet, to_webp(contact_sheet(pictures[-len(pairs) :]), 75))
    return {"quality": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["pair | px | method | s | tutorial total | style: Gram, Wasserstein | content | SSIM"]
    for row in report["quality"]:
        lines.append(
            f"{row['pair']} | {row['size']} | {row['method']} | {row['seconds']:.1f} | {row['tutorial_total']:.3g} | "
            f"{row['style_gram']:.3g}, {row['style_wasserstein2']:.3g} | {row['content']:.3g} | {row['ssim']:.2f}"
        )
    return "\n".join(lines)


def better(rows: Sequence[Mapping[str, Any]], method: str, other: str, figure: str) -> tuple[int, int]:
    """(pairs on which a method's figure is lower than another method's, pairs that have both)."""
    values = {
        name: {(r["pair"], r["size"]): r[figure] for r in rows if r["method"] == name} for name in (method, other)
    }
    shared = values[method].keys() & values[other].keys()
    return sum(values[method][case] < values[other][case] for case in shared), len(shared)


def contact_sheet(lines: Sequence[Sequence[Pixels]]) -> Pixels:
    """A contact sheet, [1, H, W, 3]: rows of equally many pictures, each cropped to a square, on white."""
    step = CELL_PX + _GAP_PX
    tall, wide = len(lines) * step - _GAP_PX, len(lines[0]) * step - _GAP_PX
    sheet = np.ones((1, tall, wide, 3), np.float32)
    for (down, line), across in itertools.product(enumerate(lines), range(len(lines[0]))):
        cell = np.s_[:, down * step : down * step + CELL_PX, across * step : across * step + CELL_PX]
        sheet[cell] = resize(_square(line[across]), CELL_PX, CELL_PX)
    return sheet


def _recipe(method: str, size: int) -> Recipe:
    from nst_core.runs import runner

    preset, settings = METHODS[method]
    return runner.prepare(make(preset, {**settings, "longest_edge_px": size}))


def _painted(content: Pixels, style: Pixels, recipe: Recipe) -> tuple[Pixels, float]:
    """The result, [1, H, W, 3] in [0, 1], and its seconds."""
    from nst_core.runs import runner

    began = time.perf_counter()
    (last,) = deque(
        runner.run_recipe(content, [style], recipe), 1
    )  # keeps the last step only: all pictures would not fit into memory
    return runner.result_picture(last, content, recipe), time.perf_counter() - began


def _warm_up() -> None:
    """Load both networks, so that the first pair's time does not include it."""
    from nst_core.runs import runner

    black = np.zeros((1, 64, 64, 3), np.float32)
    for method in ("fast", "slow"):
        for _ in runner.run_recipe(black, [black], _recipe(method, 64).model_copy(update={"steps": 1})):
            break


def _figures(measures: Mapping[str, Any]) -> dict[str, float]:
    """The published measures; those of single layers as their means."""
    layered = {name: statistics.fmean(measures[name].values()) for name in _LAYERED}
    return {"tutorial_total": float(measures["tutorial_total"]), "ssim": float(measures["ssim"]), **layered}


def _square(picture: Pixels) -> Pixels:
    """The largest square in the middle of a picture."""
    _, height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[:, top : top + side, left : left + side]
