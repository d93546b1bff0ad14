"""What the methods make of six pairs of bundled pictures, by the yardstick and by eye. `bench quality` runs it."""

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
from nst_core.system.atomic_files import keep

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
"""How each is painted: preset and settings; the tutorial's objective to about where its own 1,000 steps come."""
_LAYERED = ("content", "style_gram", "style_wasserstein2")
CELL_PX = 176
_GAP_PX = 6


def run(sizes: Sequence[int], sheet: Path | None = None, pairs: Sequence[tuple[str, str]] = PAIRS) -> dict[str, Any]:
    """Paint each pair at each longest edge by each method, and measure the results.

    Args:
        sizes: in pixels.
        sheet: where a WebP of the pictures of the last size goes: a row for each pair, with the photograph, the style,
            and each method.
        pairs: see `PAIRS`.

    Returns:
        `quality`: for each pair, size and method its `seconds` (loading excluded), `tutorial_total`, `ssim`, and the
        means over layers of `content`, `style_gram` and `style_wasserstein2`.
    """
    from nst_core.metrics import yardstick

    _warm()
    rows, pictures = [], []
    for size, (photograph, style) in itertools.product(sizes, pairs):
        content, painted = (samples.find(key).load(max(size, 512)).tensor() for key in (photograph, style))
        line = [content, painted]
        for method in METHODS:
            result, seconds = _painted(content, painted, _recipe(method, size))
            title = " + ".join(samples.find(key).title for key in (photograph, style))
            rows.append({"pair": title, "size": size, "method": method, "seconds": seconds})
            rows[-1] |= _figures(yardstick.measure(result, content, [painted]))
            line.append(result)
        pictures.append(line)
    if sheet is not None:
        keep(sheet, to_webp(_sheet(pictures[-len(pairs) :]), 75))
    return {"quality": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines for people."""
    lines = ["pair | px | method | s | tutorial total | style: Gram, Wasserstein | content | SSIM"]
    for row in report["quality"]:
        lines.append(
            f"{row['pair']} | {row['size']} | {row['method']} | {row['seconds']:.1f} | {row['tutorial_total']:.3g} | "
            f"{row['style_gram']:.3g}, {row['style_wasserstein2']:.3g} | {row['content']:.3g} | {row['ssim']:.2f}"
        )
    return "\n".join(lines)


def better(rows: Sequence[Mapping[str, Any]], method: str, other: str, figure: str) -> tuple[int, int]:
    """On how many pairs a method's figure is lower than another's, and of how many."""
    values = {
        name: {(r["pair"], r["size"]): r[figure] for r in rows if r["method"] == name} for name in (method, other)
    }
    shared = values[method].keys() & values[other].keys()
    return sum(values[method][case] < values[other][case] for case in shared), len(shared)


def _recipe(method: str, size: int) -> Recipe:
    from nst_core.runs import runner

    preset, settings = METHODS[method]
    return runner.prepare(make(preset, {**settings, "longest_edge_px": size}))


def _painted(content: Pixels, style: Pixels, recipe: Recipe) -> tuple[Pixels, float]:
    from nst_core.runs import runner

    began = time.perf_counter()
    (last,) = deque(runner.run_recipe(content, [style], recipe), 1)  # all of them would not fit
    return runner.picture_of(last, content, recipe), time.perf_counter() - began


def _warm() -> None:
    """Load both networks, which is not the first pair's to pay for."""
    from nst_core.runs import runner

    nothing = np.zeros((1, 64, 64, 3), np.float32)
    for method in ("fast", "slow"):
        for _ in runner.run_recipe(nothing, [nothing], _recipe(method, 64).model_copy(update={"steps": 1})):
            break


def _figures(measures: Mapping[str, Any]) -> dict[str, float]:
    layered = {name: statistics.fmean(measures[name].values()) for name in _LAYERED}
    return {"tutorial_total": float(measures["tutorial_total"]), "ssim": float(measures["ssim"]), **layered}


def _sheet(lines: Sequence[Sequence[Pixels]]) -> Pixels:
    """Rows of pictures, each cut to a square, on white."""
    step = CELL_PX + _GAP_PX
    tall, wide = len(lines) * step - _GAP_PX, len(lines[0]) * step - _GAP_PX
    sheet = np.ones((1, tall, wide, 3), np.float32)
    for (down, line), across in itertools.product(enumerate(lines), range(len(lines[0]))):
        place = np.s_[:, down * step : down * step + CELL_PX, across * step : across * step + CELL_PX]
        sheet[place] = resize(_square(line[across]), CELL_PX, CELL_PX)
    return sheet


def _square(picture: Pixels) -> Pixels:
    """The middle of a picture."""
    _, height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[:, top : top + side, left : left + side]
