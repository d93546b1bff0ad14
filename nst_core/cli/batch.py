"""Many pictures on the command line: a bar with the time left, the failures, and how to go on after Ctrl-C."""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_core.batch import items, sheet, sources, table
from nst_core.batch.items import BatchItem
from nst_core.batch.session import MANIFESTS, Batch, BatchOptions
from nst_core.batch.workers import check_workers
from nst_core.cli.arguments import build_recipe, told_of
from nst_core.errors import RecipeError
from nst_core.recipe import Recipe
from nst_core.runs import result_file
from nst_core.runs.interruption import interruptible
from nst_core.runs.opening import parse_mask

if TYPE_CHECKING:
    from nst_core.batch.runner import ItemResult

INTERRUPTED, SOME_FAILED = 130, 3
_REPORT_SECONDS = 30.0
"""Time between two lines of progress where there is no terminal for a bar."""


def batch(arguments: argparse.Namespace) -> int:
    """Paint all pictures of the command; the exit code is 0, 3 if some failed, or 130 after an interruption.

    Raises NSTError if nothing can be painted.
    """
    check_workers(arguments.workers)
    result_file.check_quality(items.ENDINGS[arguments.format], arguments.quality)
    wanted, columns = _items(arguments)
    wanted = [replace(item, quality=arguments.quality, every=arguments.every) for item in wanted]
    methods = {item.recipe.method for item in wanted}
    result_file.check_every(arguments.every, "fast" if methods == {"fast"} else "")
    keeps = bool(arguments.no_clobber)
    options = BatchOptions(arguments.workers, not arguments.no_metrics, arguments.sheet, columns, keeps)
    work = Batch(wanted, arguments.output, options)
    with interruptible() as interruption:
        progress = _Progress(len(wanted))
        for result in work.run(lambda: interruption.asked, progress.begin):
            progress.show(result)
        progress.end()
    return _conclude(work, was_interrupted=interruption.asked)


def _items(arguments: argparse.Namespace) -> tuple[Sequence[BatchItem], int]:
    """The pictures to paint, and the columns of their contact sheets. Raises NSTError."""
    masks = tuple(parse_mask(text) for text in arguments.masks)
    if arguments.recipes:
        if arguments.contents or arguments.styles or masks or arguments.start:
            raise RecipeError("--recipes names contents, styles, starts and masks itself; leave them out")
        found = table.read(arguments.recipes, lambda preset, method: _base(arguments, preset, method))
        return items.with_distinct_names(found, items.ENDINGS[arguments.format]), sheet.COLUMNS
    if not arguments.contents or not arguments.styles:
        raise RecipeError("a batch needs contents and --styles, or a table of both as --recipes FILE")
    contents = sources.expand(arguments.contents, arguments.output)
    arguments.styles = sources.expand(arguments.styles, arguments.output)
    recipe = build_recipe(arguments)
    for note in told_of(recipe, arguments):
        print(f"note: {note}", file=sys.stderr)
    base = BatchItem("", "", (), recipe, arguments.start, masks)
    paired = items.paired(contents, arguments.styles, base, arguments.pair)
    columns = sheet.columns_for(len(arguments.styles)) if arguments.pair == "all" else sheet.COLUMNS
    return items.with_distinct_names(paired, items.ENDINGS[arguments.format]), columns


def _base(arguments: argparse.Namespace, preset: str | None, method: str | None) -> Recipe:
    """The recipe of the command's options, with the preset and method of a row of the table."""
    changed = copy.copy(arguments)
    changed.preset, changed.method = preset or arguments.preset, method or arguments.method
    changed.recipe = None if preset else arguments.recipe
    return build_recipe(changed)


def _conclude(work: Batch, *, was_interrupted: bool) -> int:
    """Say what became of the batch, and return the exit code."""
    done, failed, total = work.count("done"), work.count("failed"), len(work.items)
    told = f"{done} of {total} pictures are in {work.folder.path}"
    if failed:
        told += f"; {failed} failed, see {MANIFESTS[1]}"
    print(told, file=sys.stderr)
    if was_interrupted:
        print("interrupted; run the same command again to paint the rest", file=sys.stderr)
        return INTERRUPTED
    return SOME_FAILED if failed else 0


class _Progress:
    """A bar on a terminal; elsewhere a line from time to time."""

    def __init__(self, total: int) -> None:
        self._total, self._count, self._known = total, 0, 0
        self._first = self._shown = time.monotonic()

    def begin(self, known: int) -> None:
        """Start to count, after the pictures that are there already."""
        from tqdm import tqdm

        if known:
            print(f"{known} of {self._total} pictures are there already", file=sys.stderr)
        self._known = known
        is_hidden = not sys.stderr.isatty()
        self._bar = tqdm(total=self._total, initial=known, disable=is_hidden, unit="picture", file=sys.stderr)

    def show(self, result: ItemResult) -> None:
        """Count an outcome, and say why it failed if it did."""
        from tqdm import tqdm

        self._count += 1
        self._bar.update()
        if result.error:
            tqdm.write(f"{result.item.name}: {result.error}", file=sys.stderr)
        now = time.monotonic()
        if self._count == 1:
            self._first = now
        if not self._bar.disable or now - self._shown < _REPORT_SECONDS:
            return
        self._shown = now
        told = f"{self._known + self._count} of {self._total} pictures"
        if self._count > 1:  # before the first one the networks are loaded
            left = (now - self._first) / (self._count - 1) * (self._total - self._known - self._count)
            told += f", {self._bar.format_interval(left)} left"
        print(told, file=sys.stderr)

    def end(self) -> None:
        """Close the bar."""
        self._bar.close()
