"""How well subjects are recognised under paintings and patterns, at fixed and at adaptive weights. `bench balance`."""

from __future__ import annotations

import itertools
import statistics
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nst_core.picture import samples
from nst_core.picture.resize import resize
from nst_core.recipe import make
from nst_core.step import Pixels

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
PAINTINGS = ("night-swirls", "golden-tree", "woodcut-wave", "composition", "facets", "rose-window")
PERIODS_PX = (16, 48)
"""Periods of the patterns, in pixels of a picture of `PATTERN_PX`."""
PATTERN_PX = 512
VARIANTS: dict[str, dict[str, Any]] = {
    "fixed": {"style_normalisation": 0.0, "adaptive_balance": False},
    "painterly": {},
}
"""Variant -> settings that differ from the default preset's."""
CONTROLS = ("photograph itself", "style itself")
"""A good result lies between them: the first has all structure and no style, the second all style and no structure."""


def run(
    sizes: Sequence[int], photographs: Sequence[str] = PHOTOGRAPHS, styles: Mapping[str, Pixels] | None = None
) -> dict[str, Any]:
    """Paint each photograph in each style at each longest edge, with fixed and with adaptive weights.

    Args:
        sizes: in pixels.
        photographs: keys of bundled pictures.
        styles: name -> [1, H, W, 3] in [0, 1]; by default paintings and `patterns`.

    Returns:
        `balance`: for each photograph, style, size and variant, and for the `CONTROLS`, the `structure` (see
        `nst_core.metrics.structure`) and the Gram distance `style_gram`, the geometric mean of its layers.
    """
    styles = styles or {**{key: samples.find(key).load(PATTERN_PX).tensor() for key in PAINTINGS}, **patterns()}
    rows = []
    for size, key, name in itertools.product(sizes, photographs, styles):
        photograph = samples.find(key).load(size).tensor()
        _, height, width, _ = photograph.shape
        results = {variant: _painted(photograph, styles[name], size, variant) for variant in VARIANTS}
        results |= dict(zip(CONTROLS, (photograph, resize(styles[name], width, height)), strict=True))
        case = {"photograph": key, "style": name, "size": size}
        rows += [case | {"variant": v} | _measures(p, photograph, styles[name]) for v, p in results.items()]
    return {"balance": rows}


def table(report: Mapping[str, Any]) -> str:
    """For each photograph and variant: the mean, the lowest and the spread of structure over the styles."""
    lines = ["photograph | px | variant | structure: mean, least, standard deviation | style: Gram, geometric mean"]
    cases = {(row["photograph"], row["size"]): None for row in report["balance"]}
    for (key, size), variant in itertools.product(cases, (*VARIANTS, *CONTROLS)):
        rows = [r for r in report["balance"] if (r["photograph"], r["size"], r["variant"]) == (key, size, variant)]
        found = [row["structure"] for row in rows]
        distance = statistics.geometric_mean(max(row["style_gram"], 1e-9) for row in rows)
        figures = f"{statistics.mean(found):.2f}, {min(found):.2f}, {statistics.pstdev(found):.3f}"
        lines.append(f"{key} | {size} | {variant} | {figures} | {distance:.3g}")
    return "\n".join(lines)


def patterns() -> dict[str, Pixels]:
    """Strong patterns at two periods, by name: zigzags, stripes, checks and dots in black and white, and bricks."""
    down, across = np.mgrid[:PATTERN_PX, :PATTERN_PX].astype(np.float32)
    found: dict[str, Any] = {}
    for period in PERIODS_PX:
        half = period / 2
        black_and_white = {
            "zigzags": (down + np.abs(across % (2 * period) - period)) // half % 2,
            "stripes": (across + down) // half % 2,
            "checks": (across // half + down // half) % 2,
            "dots": np.hypot(across % period - half, down % period - half) > period / 3,
        }
        found |= {f"{n}, {period} px": np.repeat(p[None, :, :, None], 3, axis=3) for n, p in black_and_white.items()}
        row = down // half
        is_mortar = (down % half < period / 12) | ((across + row % 2 * half) % period < period / 12)
        bricks = np.where(is_mortar[..., None], (0.85, 0.83, 0.78), (0.66, 0.29, 0.2))[None]
        found[f"bricks, {period} px"] = bricks
    return {name: np.asarray(pattern, np.float32) for name, pattern in found.items()}


def _painted(photograph: Pixels, style: Pixels, size: int, variant: str) -> Pixels:
    from nst_core.runs import runner

    settings = {**VARIANTS[variant], "longest_edge_px": size, "snapshot_every": 1000}
    (last,) = deque(runner.run_recipe(photograph, [style], make("painterly", settings)), 1)
    return np.asarray(last.picture)


def _measures(picture: Pixels, photograph: Pixels, style: Pixels) -> dict[str, float]:
    from nst_core.metrics import yardstick
    from nst_core.metrics.structure import structure

    grams = yardstick.measure(picture, photograph, [style])["style_gram"].values()
    return {
        "structure": structure(picture, photograph),
        "style_gram": statistics.geometric_mean(max(value, 1e-9) for value in grams),
    }
