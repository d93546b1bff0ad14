"""The list of a batch's results, as JSON with every fact and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nst_core import __version__
from nst_core.batch.folder import Entry
from nst_core.batch.items import BatchItem

State = Literal["done", "failed", "waiting"]
_COLUMNS = (
    *("file", "state", "content", "styles", "method", "preset", "width", "height", "seconds"),
    *("ssim", "content_distance", "style_distance", "colour", "tutorial_total", "finished", "sha256", "error"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that let a spreadsheet read a text as a formula."""


@dataclass(frozen=True)
class Row:
    """An item of the list: what is noted of its file, or why there is none."""

    item: BatchItem
    entry: Entry | None = None
    error: str = ""
    code: str = ""

    @property
    def state(self) -> State:
        """Whether it is done, failed, or was not reached before the batch was stopped."""
        return "done" if self.entry else "failed" if self.error else "waiting"


def as_json(rows: Sequence[Row], more: Mapping[str, Any] | None = None) -> bytes:
    """The list with all measures and recipes: `program`, `counts`, `pictures`, and `more` fields of the batch."""
    counts = Counter(row.state for row in rows)
    document = {
        "program": f"NST Studio {__version__}",
        "counts": {state: counts[state] for state in ("done", "failed", "waiting")},
        **(more or {}),
        "pictures": [_picture(row) for row in rows],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _picture(row: Row) -> dict[str, Any]:
    facts = {"file": row.item.name, "state": row.state}
    if row.entry:
        return {**facts, **{name: value for name, value in row.entry.items() if name not in ("file", "key")}}
    asked = {"content": row.item.content, "styles": list(row.item.styles)}
    problem = {"error": row.error, "code": row.code} if row.error else {}
    recipe = row.item.recipe.model_dump(mode="json", exclude={"provenance"})
    return {**facts, **asked, **problem, "recipe": recipe}


def as_csv(rows: Sequence[Row]) -> bytes:
    """A line for each picture.

    Distances are those of the yardstick, each as the mean of its layers; that of the style is Wasserstein-2.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        facts = _facts(row)
        writer.writerow([_cell(facts.get(column)) for column in _COLUMNS])
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8", "backslashreplace")  # the mark by which Excel knows UTF-8


def _facts(row: Row) -> dict[str, Any]:
    picture = _picture(row)
    measures = picture.get("measures") or {}
    facts = {
        **picture,
        "styles": "; ".join(picture["styles"]),
        "method": picture["recipe"]["method"],
        "preset": picture["recipe"]["preset"],
        "content_distance": _mean(measures.get("content")),
        "style_distance": _mean(measures.get("style_wasserstein2")),
    }
    return facts | {name: measures.get(name) for name in ("ssim", "colour", "tutorial_total")}


def _mean(values: Mapping[str, float] | None) -> float | None:
    return sum(values.values()) / len(values) if values else None


def _cell(value: Any) -> str:
    """A value as text; one that a spreadsheet would run as a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
