"""Fine faults of results by each method, and by the fast one's shifted passes, on six pairs. `bench artefacts`."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nst_core.bench.engines.quality import PAIRS
from nst_core.picture import samples
from nst_core.picture.resize import fit
from nst_core.recipe import make
from nst_core.step import Pixels

VARIANTS: dict[str, dict[str, Any]] = {
    "fast": {"method": "fast", "shifted_passes": 1},
    "fast, 2 shifted passes": {"method": "fast", "shifted_passes": 2},
    "fast, 4 shifted passes": {"method": "fast", "shifted_passes": 4},
    "fast, 16 shifted passes": {"method": "fast", "shifted_passes": 16},
    "balanced": {"method": "balanced", "seconds": None},
    "balanced, 4 shifted passes": {"method": "balanced", "seconds": None, "shifted_passes": 4},
    "slow": {"method": "slow"},
}
"""Variant -> settings that differ from the default preset's. Balanced has its steps but no time limit, so that its
results do not depend on the machine."""
CONTROL = "photograph"
"""The variant of the photographs themselves, which have no faults of any method."""
MEASURES = ("mesh", "chroma_noise", "specks")
"""Names of `nst_core.metrics.artefacts`; `fringes` are of pairs without colour."""


def run(sizes: Sequence[int], pairs: Sequence[tuple[str, str]] = PAIRS) -> dict[str, Any]:
    """Paint each pair at each longest edge in each variant, and measure the faults.

    Args:
        sizes: in pixels.
        pairs: keys of photographs and styles.

    Returns:
        `artefacts`: for each size and variant, and for the photographs, the mean over pairs of each of `MEASURES`, and
        of `style_gram`, the geometric mean of a result's Gram distances, which tells whether the style is kept.
    """
    rows = []
    for size in sizes:
        found: dict[str, list[dict[str, float]]] = {name: [] for name in (CONTROL, *VARIANTS)}
        for photograph, style in pairs:
            content, painted = (samples.find(key).load(max(size, 512)).tensor() for key in (photograph, style))
            found[CONTROL].append(_measured(fit(content, size), content, painted))
            for name in VARIANTS:
                found[name].append(_measured(_painted(content, painted, size, name), content, painted))
        rows += [{"method": name, "size": size, "pairs": len(pairs)} | _means(each) for name, each in found.items()]
    return {"artefacts": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = [f"px | method | {' | '.join(MEASURES)} | style, Gram"]
    for row in report["artefacts"]:
        figures = " | ".join(f"{row[name]:.2f}" for name in MEASURES)
        lines.append(f"{row['size']} | {row['method']} | {figures} | {row['style_gram']:.3g}")
    return "\n".join(lines)


def _painted(content: Pixels, style: Pixels, size: int, variant: str) -> Pixels:
    from nst_core.runs import runner

    settings = {**VARIANTS[variant], "longest_edge_px": size, "snapshot_every": 1000}
    recipe = runner.prepare(make("painterly", settings))
    (last,) = deque(runner.run_recipe(content, [style], recipe), 1)
    return np.asarray(runner.result_picture(last, content, recipe))


def _measured(picture: Pixels, content: Pixels, style: Pixels) -> dict[str, float]:
    from nst_core.metrics import artefacts, yardstick

    grams = yardstick.measure(picture, content, [style])["style_gram"].values()
    found = artefacts.artefacts(picture, content, [style])
    gram = statistics.geometric_mean(max(value, 1e-9) for value in grams)
    return {name: found[name] for name in MEASURES} | {"style_gram": gram}


def _means(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each measure over pairs; a geometric one of distances, which differ by orders of magnitude."""
    return {
        **{name: statistics.fmean(each[name] for each in found) for name in MEASURES},
        "style_gram": statistics.geometric_mean(each["style_gram"] for each in found),
    }
