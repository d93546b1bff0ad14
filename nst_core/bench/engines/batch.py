"""A folder of photographs from files to files, against the fast engine alone on the same pictures. `bench batch`."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.batch.items import ENDINGS, BatchItem, paired, with_distinct_names
from nst_core.batch.loading import LoadedItem, Loader
from nst_core.batch.painting import has_room
from nst_core.batch.session import Batch, BatchOptions
from nst_core.bench.report.tools import in_subprocess, timed
from nst_core.errors import ToolError
from nst_core.recipe import make

PHOTOGRAPHS, STYLES = 24, ("sample:night-swirls", "sample:woodcut-wave")
MEASURED_PHOTOGRAPHS = 4
"""Photographs of the comparison in which each result is measured, which takes several times as long."""
FILE_PX = (1024, 768)
"""Width and height of the photographs in their files."""
ROUNDS = 5


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Measure batches at each size (longest edge), each in a fresh process.

    Returns:
        `sizes`: the result of `row` for each.
    """
    return {"sizes": [in_subprocess(row, size) for size in sizes]}


def row(size: int) -> dict[str, Any]:
    """Measure one size in this process.

    The engine has its pictures in memory and paints the same groups, which share a pass. The batch reads JPEG files and
    writes PNG files, contact sheets and manifest. Both know the networks; they take turns.

    Returns:
        `pictures`: results of a round. `engine_a_second` and `a_second`: pictures a second, medians. `share`: the
        median of the rounds' ratios of the two. `measured`: the same three with the yardstick, where the engine's
        pictures are measured one after the other. `peak_rss_mb`: of this process.
    """
    from nst_core.runs import usage

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents = _photographs(folder / "in")
        unmeasured = _compare(contents, folder, size, wants_measures=False)
        measured = _compare(contents[:MEASURED_PHOTOGRAPHS], folder, size, wants_measures=True)
    return {"size": size, **unmeasured, "measured": measured, "peak_rss_mb": usage.peak_rss_mb()}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["px | engine, pictures a second | batch | share | measured: engine | batch | share | peak MB"]
    for r in report["sizes"]:
        figures = [
            f"{part['engine_a_second']:.1f} | {part['a_second']:.1f} | {part['share']:.2f}" for part in _parts(r)
        ]
        lines.append(f"{r['size']} | {' | '.join(figures)} | {r['peak_rss_mb']:.0f}")
    return "\n".join(lines)


def _parts(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return row, row["measured"]


def _photographs(folder: Path) -> list[str]:
    """Files of photographs that all differ: bundled ones, cut at different places."""
    from PIL import Image

    from nst_core.picture import samples

    folder.mkdir()
    names = []
    sources = [Image.fromarray(sample.load(1024).pixels) for sample in samples.contents()]
    for number in range(PHOTOGRAPHS):
        source = sources[number % len(sources)]
        shift = number // len(sources) / 20
        box = (shift * source.width, shift * source.height, source.width, source.height)
        names.append(str(folder / f"{number:02d}.jpg"))
        source.resize(FILE_PX, Image.Resampling.BICUBIC, box).save(names[-1], quality=90)
    return names


def _compare(contents: Sequence[str], folder: Path, size: int, *, wants_measures: bool) -> dict[str, Any]:
    """Time engine and batch in turns, after one round to warm up."""
    base = BatchItem("", "", (), make(settings={"method": "fast", "longest_edge_px": size}))
    items = with_distinct_names(paired(contents, STYLES, base, "all"), ENDINGS["png"])
    loader = Loader()
    loaded = [loader.load(item) for item in items]
    numbers = count()

    def batch() -> None:
        _batch(items, folder / f"{wants_measures}-{next(numbers)}", wants_measures=wants_measures)

    def engine() -> None:
        _engine(loaded, wants_measures=wants_measures)

    rounds = [(timed(engine), timed(batch)) for _ in range(ROUNDS + 1)][1:]
    return {
        "pictures": len(items),
        "engine_a_second": len(items) / statistics.median(one for one, _ in rounds),
        "a_second": len(items) / statistics.median(other for _, other in rounds),
        "share": statistics.median(one / other for one, other in rounds),
    }


def _engine(loaded: Sequence[LoadedItem], *, wants_measures: bool) -> None:
    """Paint pictures that are in memory, in the groups of a batch; measure each, if wanted."""
    from nst_core.runs import runner

    groups: list[list[LoadedItem]] = []
    for each in loaded:
        if groups and has_room(groups[-1], each):
            groups[-1].append(each)
        else:
            groups.append([each])
    for group in groups:
        pictures = runner.run_together([(each.content, each.styles, each.recipe) for each in group])
        for each, picture in zip(group, pictures, strict=True) if wants_measures else ():
            runner.measures(each.content, each.styles, each.recipe, np.asarray(picture))


def _batch(items: Sequence[BatchItem], folder: Path, *, wants_measures: bool) -> None:
    """Paint the files. Raises ToolError if one fails."""
    batch = Batch(items, folder, BatchOptions(wants_measures=wants_measures, columns=len(STYLES)))
    for result in batch.run(lambda: False, lambda _: None):
        if result.error:
            raise ToolError(f"the benchmark's own picture {result.item.name} must be painted: {result.error}")
