"""A batch of one visitor, painted by the job service: every photograph in every style, and a ZIP of the results."""

from __future__ import annotations

import json
import secrets
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from nst_core.batch import manifest, sheet
from nst_core.batch.items import BatchItem, paired, with_distinct_names
from nst_core.errors import PictureError, RecipeError
from nst_core.jobs.owners import check_owner
from nst_core.picture.upload import Picture, kept_on_disk
from nst_core.recipe import Recipe, StylePicture
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.filler import Cell, GridFiller
from nst_core.sweeps.runner import at_most
from nst_core.system.bounded_cache import BoundedCache

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, JobView

MOST_RESULTS = 64
"""Results of one batch."""
MOST_EDGE_PX = 1024
"""Longest edge of the results, and of the photographs and styles that are kept for them."""
MOST_BATCHES = 8
"""Batches that a server keeps; the least recently used is dropped first, with its files."""


@dataclass(frozen=True)
class NamedPicture:
    """A photograph or a style with its name."""

    name: str
    picture: Picture


class HostedBatch:
    """The results of some photographs in some styles. They are in files that end with the server.

    Attributes:
        id: the batch's name in addresses.
        owner: the owner's id.
        items: what is painted, in the order of the cells.
        filler: paints the cells.
    """

    def __init__(  # noqa: PLR0913 - what a batch is made of
        self,
        service: JobService,
        owner: str,
        contents: Sequence[NamedPicture],
        styles: Sequence[NamedPicture],
        recipe: Recipe,
        *,
        settings: Sequence[StylePicture] = (),
        measure: bool = False,
    ) -> None:
        """Nothing runs before `filler.ensure_running`.

        Args:
            service: where the runs are submitted.
            owner: the owner's id, under which they are submitted.
            contents: the photographs.
            styles: the styles; each photograph is painted in each of them.
            recipe: every setting, without pictures.
            settings: crop and rotation of each style; () for whole styles.
            measure: whether each result is measured by the yardstick.

        Raises:
            RecipeError: there are too few or too many pictures, or a size is too large.
            PictureError: there is no room for the results on the disk.
        """
        _check(len(contents), len(styles), recipe)
        self.id, self.owner = secrets.token_hex(16), owner
        pairs = [(content, style) for content in contents for style in styles]
        base = BatchItem("", "", (), recipe.model_copy(update={"styles": tuple(settings)}))
        asked = paired([each.name for each in contents], [each.name for each in styles], base, "all")
        self.items = with_distinct_names(asked, ".png")
        kept = {id(each.picture): kept_on_disk(at_most(each.picture, MOST_EDGE_PX)) for each in (*contents, *styles)}
        self._inputs = [RunInputs(kept[id(c.picture)], (kept[id(s.picture)],)) for c, s in pairs]
        self._columns = sheet.columns_for(len(styles))
        self._facts: dict[int, dict[str, Any]] = {}
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="nst-batch-", ignore_cleanup_errors=True)
        except OSError as error:
            raise PictureError(f"a batch must have room on the server's disk ({error.strerror})") from None
        self.filler = GridFiller(service, owner, [Cell() for _ in pairs], self._run_of, self._keep, measure=measure)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each cell shows: its photograph in its style."""
        return tuple(f"{PurePath(item.content).stem} in {PurePath(item.styles[0]).stem}" for item in self.items)

    def resume(self, secret: str) -> None:
        """Paint the missing cells after a stop or an error. Raises NotYoursError if the secret is not the owner's."""
        check_owner(secret, self.owner)
        self.filler.resume()

    def stop(self, secret: str) -> None:
        """Stop after the current cell's step; finished cells stay. Raises NotYoursError as `resume` does."""
        check_owner(secret, self.owner)
        self.filler.halt()

    def to_zip(self, problems: Mapping[str, str] | None = None) -> bytes:
        """The finished pictures, contact sheets, and the manifest as JSON and CSV, in one archive.

        Args:
            problems: name -> the reason of each file that was not taken, for the manifest.
        """
        rows = [self._row(number, cell) for number, cell in enumerate(self.filler.shown)]
        with tempfile.SpooledTemporaryFile(1 << 20) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # pictures do not shrink any more
                for number in sorted(self._facts):
                    archive.write(self._path(number), self.items[number].name)
                for number, page in enumerate(sheet.pages(map(_sheet_cell, rows, self.filler.shown), self._columns), 1):
                    archive.writestr(f"contact-sheet-{number}.jpg", page)
                archive.writestr("manifest.json", manifest.as_json(rows, {"not_taken": dict(problems or {})}))
                archive.writestr("manifest.csv", manifest.as_csv(rows))
            file.seek(0)
            return file.read()

    def _run_of(self, number: int) -> tuple[Recipe, RunInputs]:
        return self.items[number].recipe, self._inputs[number]

    def _keep(self, number: int, view: JobView) -> None:
        """Store a finished result. Raises PictureError if the disk does not take it."""
        try:
            self._path(number).write_bytes(view.result or b"")
        except OSError as error:
            raise PictureError(f"the result must have room on the server's disk ({error.strerror})") from None
        report = view.report or {}
        item = self.items[number]
        self._facts[number] = {
            "content": item.content,
            "styles": list(item.styles),
            "width": report.get("size", (None, None))[0],
            "height": report.get("size", (None, None))[1],
            "seconds": report.get("seconds", {}).get("run"),
            "measures": report.get("measures"),
            "notes": list(view.notes),
            "recipe": json.loads(view.recipe.to_json()),
        }

    def _row(self, number: int, cell: Cell) -> manifest.Row:
        return manifest.Row(self.items[number], self._facts.get(number), cell.error)

    def _path(self, number: int) -> Path:
        return Path(self._folder.name) / f"{number}.png"


def _check(contents: int, styles: int, recipe: Recipe) -> None:
    """Raise RecipeError if a batch is refused."""
    if not contents or not styles:
        raise RecipeError("a batch needs at least one photograph and one style; add pictures")
    if contents * styles > MOST_RESULTS:
        raise RecipeError(
            f"a batch must have at most {MOST_RESULTS} results, got {contents} photographs in {styles} styles; "
            "take fewer, or use `python -m nst_core batch` on a machine of your own"
        )
    if recipe.longest_edge_px > MOST_EDGE_PX:
        raise RecipeError(f"longest_edge_px must be at most {MOST_EDGE_PX} in a batch, got {recipe.longest_edge_px}")


def _sheet_cell(row: manifest.Row, cell: Cell) -> sheet.SheetCell:
    picture = cell.picture if cell.state == "painted" else None
    return sheet.SheetCell(row.item.name, picture, cell.error or ("" if picture else "not painted"))


class BatchRegistry:
    """The batches of a server, by id."""

    def __init__(self) -> None:
        self._batches: BoundedCache[str, HostedBatch] = BoundedCache(MOST_BATCHES)

    def start(self, batch: HostedBatch) -> None:
        """Keep and begin a batch, and stop the owner's earlier ones."""
        for other in self._batches.values():
            if other.owner == batch.owner:
                other.filler.halt()
        self._batches.put(batch.id, batch)
        batch.filler.ensure_running()

    def find(self, batch_id: str | None) -> HostedBatch | None:
        """The batch of this id; None if it is unknown or was dropped."""
        return self._batches.get(batch_id) if batch_id else None
