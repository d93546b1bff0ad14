"""How well subjects are recognised under paintings and patterns, at fixed and at adaptive weights. `bench balance`."""

from __future__ import annotations

import itertools
import statistics
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.bench.engines.quality import contact_sheet
from nst_core.picture import samples
from nst_core.picture.crop import crop_style
from nst_core.picture.encode import to_webp
from nst_core.picture.resize import fit, resize
from nst_core.picture.samples import Sample
from nst_core.recipe import make
from nst_core.step import Pixels
from nst_core.system.atomic_files import write_if_possible

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
CLOSE_UPS = {
    "astronaut, face": ("astronaut", (0.32, 0.02, 0.62, 0.32)),
    "chelsea, eyes": ("chelsea", (0.25, 0.1, 0.75, 0.7)),
    "camera, head": ("camera", (0.1, 0.05, 0.7, 0.65)),
    "motorcycle, wheel": ("motorcycle", (0.55, 0.35, 0.95, 0.95)),
}
"""Name -> the picture, and the part of it as in `StylePicture.crop`."""
PAINTINGS = ("night-swirls", "woodcut-wave", "facets", "rose-window")
PERIODS_PX = (32, 96)
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
    sizes: Sequence[int],
    sheet: Path | None = None,
    photographs: Mapping[str, Pixels] | None = None,
    styles: Mapping[str, Pixels] | None = None,
) -> dict[str, Any]:
    """Paint each photograph in each style at each longest edge, with fixed and with adaptive weights.

    Args:
        sizes: in pixels.
        sheet: file for contact sheets of the last size, as WebP, one for each variant, which is added to its name: a
            row for each photograph, a column for each style.
        photographs: name -> [1, H, W, 3] in [0, 1]; by default twelve, see `contents`.
        styles: name -> likewise; by default twelve: paintings and `patterns`.

    Returns:
        `balance`, for each size and variant, and for the `CONTROLS`, over all pairs: the mean `structure` (see
        `nst_core.metrics.structure`), the `least`, the `spread` (the standard deviation over the styles of a
        photograph, its mean over photographs), `by_style` (the mean for each style), and `style_gram`, the geometric
        mean of Gram distances.
    """
    photographs, styles = photographs or contents(), styles or default_styles()
    rows: list[dict[str, Any]] = []
    pictures: dict[tuple[int, str, str, str], Pixels] = {}
    for size in sizes:
        cases = []
        for (name, photograph), (style, painted) in itertools.product(photographs.items(), styles.items()):
            small = fit(photograph, size)
            results = {variant: _painted(small, painted, size, variant) for variant in VARIANTS}
            pictures |= {(size, variant, name, style): result for variant, result in results.items()}
            results |= dict(zip(CONTROLS, (small, resize(painted, *small.shape[2:0:-1])), strict=True))
            case = {"photograph": name, "style": style}
            cases += [case | {"method": v} | _measures(p, small, painted) for v, p in results.items()]
        rows += [{"method": v, "size": size} | _summary(cases, v) for v in (*VARIANTS, *CONTROLS)]
    if sheet is not None:
        for variant in VARIANTS:
            lines = [[pictures[sizes[-1], variant, name, style] for style in styles] for name in photographs]
            lines = [[p, *line] for p, line in zip(photographs.values(), lines, strict=True)]
            top = [np.ones((1, 8, 8, 3), np.float32), *styles.values()]
            file = sheet.with_stem(f"{sheet.stem}-{variant}")
            write_if_possible(file, to_webp(contact_sheet([top, *lines]), 75))
    return {"balance": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["method | px | pairs | structure: mean, least, spread over styles | style: Gram, geometric mean"]
    for row in report["balance"]:
        figures = f"{row['structure']:.2f}, {row['least']:.2f}, {row['spread']:.3f}"
        lines.append(f"{row['method']} | {row['size']} | {row['pairs']} | {figures} | {row['style_gram']:.3g}")
    return "\n".join(lines)


def contents() -> dict[str, Pixels]:
    """Twelve photographs by name: the samples, others of scikit-image, and close-ups."""
    found = {key: samples.find(key).load().tensor() for key in PHOTOGRAPHS}
    found |= {sample.key: sample.load().tensor() for sample in _OTHERS}
    return found | {name: crop_style(found[key], part, 0.0) for name, (key, part) in CLOSE_UPS.items()}


def default_styles() -> dict[str, Pixels]:
    """Twelve styles by name: `PAINTINGS`, and `patterns` without fine zigzags and fine bricks."""
    fine = {f"{kind}, {min(PERIODS_PX)} px" for kind in ("zigzags", "bricks")}
    return {
        **{key: samples.find(key).load(PATTERN_PX).tensor() for key in PAINTINGS},
        **{name: pattern for name, pattern in patterns().items() if name not in fine},
    }


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


def _summary(cases: Sequence[Mapping[str, Any]], method: str) -> dict[str, Any]:
    """The figures of a variant or control over its pairs; see `run`."""
    found = [case for case in cases if case["method"] == method]

    def by(key: str) -> dict[str, list[float]]:
        names = dict.fromkeys(case[key] for case in found)
        return {name: [case["structure"] for case in found if case[key] == name] for name in names}

    return {
        "pairs": len(found),
        "structure": statistics.fmean(case["structure"] for case in found),
        "least": min(case["structure"] for case in found),
        "spread": statistics.fmean(statistics.pstdev(each) for each in by("photograph").values()),
        "by_style": {name: statistics.fmean(each) for name, each in by("style").items()},
        "style_gram": statistics.geometric_mean(case["style_gram"] for case in found),
    }


def _other(key: str, title: str, artist: str, licence: str, file: str) -> Sample:
    return Sample(key, title, "content", artist, "", licence, file, title)


_OTHERS = (
    _other("camera", "Photographer", "Lav Varshney", "CC0 1.0", "camera.png"),
    _other("motorcycle", "Motorcycle", "Middlebury College", "Middlebury 2014 benchmark", "motorcycle_left.png"),
    _other("coins", "Coins", "Brooklyn Museum", "no known copyright restrictions", "coins.png"),
    _other("horse", "Silhouette of a horse", "Andreas Preuss", "CC0 1.0", "horse.png"),
)
"""Photographs that scikit-image ships beside the samples; only measured here, never shown."""
