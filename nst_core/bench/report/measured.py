"""What was measured, kept in `measured.json`: the README's tables and the About page read the same figures.

`bench WHAT --keep` writes into it. A record is one run: what, when, on which machine, by which command, and its report
without curves.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
ROWS = {"slow": "sizes", "fast": "sizes", "race": "races", "pages": "pages", "live": "live", "quality": "quality"}
"""Under which name each kind of report has its rows."""
_SAME = ("pair", "size", "convolutions", "exponent", "page", "wait", "method")
"""What two rows of one kind must share for the newer one to take the older one's place."""


@dataclass(frozen=True)
class Measurement:
    """One run of a measurement.

    Attributes:
        what: a key of `ROWS`.
        date: ISO, the day of the run.
        machine: cores, vector instructions, memory.
        command: what repeats it.
        note: what a reader must know beside that, or "".
        report: what `bench` printed, without curves.
    """

    what: str
    date: str
    machine: str
    command: str
    note: str
    report: Mapping[str, Any]

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """What was measured, a row for each case."""
        return tuple(self.report[ROWS[self.what]])


def records(what: str, file: Path = FILE) -> tuple[Measurement, ...]:
    """All kept runs of one kind, in the file's order."""
    return tuple(record for record in _all(file) if record.what == what)


def keep(what: str, report: Mapping[str, Any], command: str, file: Path = FILE) -> None:
    """Put a run into the file, in place of the rows of older ones that it measured anew."""
    fresh = Measurement(what, datetime.date.today().isoformat(), machine(), command, "", _without_curves(report))
    measured = {_case(row) for row in fresh.rows}
    older = [_less(record, measured) if record.what == what else record for record in _all(file)]
    kept = [fresh, *(record for record in older if record.rows)]
    text = json.dumps({"records": [asdict(record) for record in kept]}, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def machine() -> str:
    """This machine in a few words."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = Path("/proc/cpuinfo")
    flags = told.read_text(encoding="utf-8").split() if told.exists() else []
    known = {"avx512_bf16": "AVX-512 with bfloat16", "avx512f": "AVX-512", "avx2": "AVX2"}
    vectors = next((name for flag, name in known.items() if flag in flags), "")
    parts = (f"{cores} {'core' if cores == 1 else 'cores'}", vectors, f"{psutil.virtual_memory().total / 2**30:.0f} GB")
    return ", ".join(part for part in parts if part)


def _all(file: Path) -> list[Measurement]:
    return [Measurement(**record) for record in json.loads(file.read_text(encoding="utf-8"))["records"]]


def _case(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _SAME)


def _less(record: Measurement, measured: set[tuple[Any, ...]]) -> Measurement:
    left = [row for row in record.rows if _case(row) not in measured]
    return Measurement(**{**asdict(record), "report": {**record.report, ROWS[record.what]: left}})


def _without_curves(value: Any) -> Any:
    """Curves are long, and paths in a pair's name are nobody's business."""
    if isinstance(value, Mapping):
        left = {name: _without_curves(one) for name, one in value.items() if name != "curve"}
        return left | {"pair": _title(left["pair"])} if "pair" in left else left
    return [_without_curves(one) for one in value] if isinstance(value, list) else value


def _title(pair: str) -> str:
    """`sample:astronaut + folder/night.jpg` as "Astronaut + Night"."""
    stems = (Path(part.removeprefix("sample:")).stem for part in pair.split(" + "))
    return " + ".join(stem.replace("-", " ").replace("_", " ").capitalize() for stem in stems)
