"""A whole batch: finds what is there already, paints the rest, and writes manifest and contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nst_core.batch import manifest, sheet, workers
from nst_core.batch.finishing import NOT_MEASURED
from nst_core.batch.folder import Entry, OutputFolder
from nst_core.batch.items import BatchItem
from nst_core.batch.loading import Loader
from nst_core.batch.manifest import Row
from nst_core.batch.runner import ItemResult, failure
from nst_core.errors import NSTError, PictureError, WeightsError
from nst_core.recipe.style_grid import is_style_grid

SheetKind = Literal["jpg", "png", "none"]
MANIFESTS = ("manifest.json", "manifest.csv")
SHEET = "contact-sheet-"
"""First part of the names of contact sheets."""
MOST_THUMBNAILS = 4096
"""Small pictures that are kept for the contact sheets; further ones are made again from the files."""


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is painted.

    Attributes:
        workers: processes.
        wants_measures: whether each result is measured by the yardstick.
        sheet_kind: format of the contact sheets.
        columns: pictures in a row of them.
        keeps_files: whether a result that is there, painted with other settings, is kept, and told as a failure.
    """

    workers: int = 1
    wants_measures: bool = True
    sheet_kind: SheetKind = "jpg"
    columns: int = sheet.COLUMNS
    keeps_files: bool = False


class Batch:
    """The items of one output folder, and what became of them."""

    def __init__(self, items: Sequence[BatchItem], path: Path, options: BatchOptions) -> None:
        """Nothing is painted yet. Raises PictureError if the folder holds another program's notes.

        Args:
            items: with distinct names.
            path: the folder of the results.
            options: how to paint.
        """
        self.items, self.options = tuple(items), options
        self.folder = OutputFolder(path, {name for item in items for name in item.files})
        self._results: dict[str, ItemResult] = {}
        self._thumbnails: dict[str, bytes] = {}
        self._sheets: dict[str, int] = {}  # name of a contact sheet that is written -> hash of its cells
        self._leading = 0  # items from the first on that have an outcome

    @property
    def rows(self) -> tuple[Row, ...]:
        """The items with their states, in order."""
        found = ((item, self._results.get(item.name)) for item in self.items)
        return tuple(Row(item, r.entry, r.error, r.code) if r else Row(item) for item, r in found)

    def count(self, state: manifest.State) -> int:
        """The number of items in a state."""
        return sum(row.state == state for row in self.rows)

    def run(self, should_stop: Callable[[], bool], on_known: Callable[[int], None]) -> Iterator[ItemResult]:
        """Paint what is missing, and yield the outcome of each item that was not there yet.

        Manifest and contact sheets are written in every case at the end, also when it is stopped.

        Args:
            should_stop: asked often; once it returns True, the batch ends soon.
            on_known: gets the number of pictures that are there already.

        Raises:
            PictureError: the folder cannot be used.
            WeightsError: no source gave a network, so that no other picture can be painted either.
        """
        with self.folder.locked():
            for name in (*MANIFESTS, self._sheet_name(1)):
                self.folder.check(name)
            missing = self._missing(should_stop)
            on_known(self.count("done"))
            yield from (result for result in self._results.values() if result.error)
            painting = workers.run(
                missing,
                self.folder,
                min(self.options.workers, len(missing)),
                wants_measures=self.options.wants_measures,
                should_stop=should_stop,
            )
            drawing = ThreadPoolExecutor(1, "nst-batch-sheet")
            try:
                for result in painting:
                    self._take(result)
                    self._draw_early(drawing)
                    yield result
                    if result.code == WeightsError.code:
                        raise WeightsError(result.error)
            finally:
                painting.close()
                drawing.shutdown()
                self._write_lists()

    def _missing(self, should_stop: Callable[[], bool]) -> list[BatchItem]:
        """The items whose results are not there; those whose pictures cannot be read get their outcome at once."""
        loader, missing = Loader(), []
        for item in self.items:
            if should_stop():
                break
            try:
                entry = self.folder.finished(item.name, loader.key(item))
            except NSTError as error:
                self._take(failure(item, error))
                continue
            if entry is None and self.options.keeps_files and (self.folder.path / item.name).exists():
                kept = f"--no-clobber keeps {self.folder.path / item.name}, which was painted with other settings"
                self._take(failure(item, PictureError(kept)))
            elif entry is None or self._lacks_measures(item, entry):
                missing.append(item)
            else:
                self._take(ItemResult(item, entry))
        return missing

    def _lacks_measures(self, item: BatchItem, entry: Entry) -> bool:
        is_measurable = self.options.wants_measures and not is_style_grid(item.recipe)
        was_impossible = any(note.startswith(NOT_MEASURED) for note in entry.get("notes", ()))
        return is_measurable and entry.get("measures") is None and not was_impossible

    def _take(self, result: ItemResult) -> None:
        self._results[result.item.name] = result
        if result.thumbnail and len(self._thumbnails) < MOST_THUMBNAILS:
            self._thumbnails[result.item.name] = result.thumbnail

    def _draw_early(self, drawing: ThreadPoolExecutor) -> None:
        """Write the contact sheets whose cells are all known, in a thread while the network paints."""
        size = self.options.columns * sheet.ROWS
        while self._leading < len(self.items) and self.items[self._leading].name in self._results:
            self._leading += 1
            if self._leading % size == 0 and self.options.sheet_kind != "none":
                rows = self.rows[self._leading - size : self._leading]
                drawing.submit(self._write_sheet, self._leading // size, rows)

    def _write_lists(self) -> None:
        """Write the contact sheets and the manifest, which names them."""
        problem = ""
        pages: list[str] = []
        try:
            self._write_sheets(pages)
        except PictureError as error:  # the manifest must be written in any case
            problem = str(error)
        for name in self.folder.owned():
            if name.startswith(SHEET) and name not in pages:
                self.folder.remove(name)
        rows = self.rows
        more = {"contact_sheets": pages, **({"contact_sheets_problem": problem} if problem else {})}
        self.folder.write(MANIFESTS[0], manifest.as_json(rows, more))
        self.folder.write(MANIFESTS[1], manifest.as_csv(rows))

    def _write_sheets(self, written: list[str]) -> None:
        """Write the contact sheets and add their names to `written`. Raises PictureError."""
        if self.options.sheet_kind == "none":
            return
        shown = [row for row in self.rows if row.state != "waiting"]
        size = self.options.columns * sheet.ROWS
        for number, first in enumerate(range(0, len(shown), size), 1):
            written.append(self._write_sheet(number, shown[first : first + size]))

    def _write_sheet(self, number: int, rows: Sequence[Row]) -> str:
        """Write a contact sheet of results, unless it is there; returns its name. Raises PictureError."""
        name, cells = self._sheet_name(number), tuple(map(self._cell, rows))
        if self._sheets.get(name) != hash(cells):
            kind = "PNG" if self.options.sheet_kind == "png" else "JPEG"
            self.folder.write(name, sheet.page(cells, self.options.columns, kind))
            self._sheets[name] = hash(cells)
        return name

    def _sheet_name(self, number: int) -> str:
        return f"{SHEET}{number}.{'png' if self.options.sheet_kind == 'png' else 'jpg'}"

    def _cell(self, row: Row) -> sheet.SheetCell:
        """The place of a result on a contact sheet: a small picture, or the reason why there is none."""
        picture = None if row.error else self._thumbnail(row.item.name)
        return sheet.SheetCell(row.item.name, picture, row.error)

    def _thumbnail(self, name: str) -> bytes | None:
        """A small picture of a result; from its file, if it was painted before."""
        return self._thumbnails.get(name) or sheet.read_thumbnail(self.folder.path / name)
