"""The published measurements in `measured.json`; the bench README and the About page show them.

`bench NAME --keep` adds a run. A record is one run of one benchmark: its kind, date, machine, command, and report
without curves.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
ROWS = {
    "slow": "sizes",
    "fast": "sizes",
    "race": "races",
    "pages": "pages",
    "live": "live",
    "device": "device",
    "painting": "painting",
    "quality": "quality",
    "artefacts": "artefacts",
    "balance": "balance",
    "export": "files",
    "batch": "sizes",
    "film": "films",
    "queue": "loads",
}
"""Kind of measurement -> key of the rows in its report."""
_CASE = ("pair", "size", "convolutions", "exponent", "page", "wait", "method", "backend", "file", "film", "load")
"""Keys that identify a case: a newer row replaces the older row of the same case."""


@dataclass(frozen=True)
class Measurement:
    """One run of a benchmark.

    Attributes:
        kind: a key of `ROWS`.
        date: day of the run, ISO.
        machine: cores, vector instructions, memory.
        command: the command that repeats the run.
        note: further conditions that a reader must know, or "".
        report: the benchmark's report without curves.
    """

    kind: str
    date: str
    machine: str
    command: str
    note: str
    report: Mapping[str, Any]

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """The measured figures, a row for each case."""
        return tuple(self.report[ROWS[self.kind]])


def records(kind: str, file: Path = FILE) -> tuple[Measurement, ...]:
    """All stored runs of one kind, in the file's order."""
    return tuple(record for record in _all(file) if record.kind == kind)


def store(kind: str, report: Mapping[str, Any], command: str, file: Path = FILE) -> None:
    """Add a run to the file; rows of older runs with the same cases are removed."""
    fresh = Measurement(kind, datetime.date.today().isoformat(), machine(), command, "", _without_curves(report))
    measured = {_case(row) for row in fresh.rows}
    older = [_without_cases(record, measured) if record.kind == kind else record for record in _all(file)]
    stored = [fresh, *(record for record in older if record.rows)]
    text = json.dumps({"records": [asdict(record) for record in stored]}, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")
    _read.cache_clear()  # two changes within a tick of the clock have the same time


def machine() -> str:
    """A short description of the machine: cores, vector instructions, memory."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8").split() if cpuinfo.exists() else []
    known = {"avx512_bf16": "AVX-512 with bfloat16", "avx512f": "AVX-512", "avx2": "AVX2"}
    vectors = next((name for flag, name in known.items() if flag in flags), "")
    parts = (f"{cores} {'core' if cores == 1 else 'cores'}", vectors, f"{psutil.virtual_memory().total / 2**30:.0f} GB")
    return ", ".join(part for part in parts if part)


def _all(file: Path) -> tuple[Measurement, ...]:
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(file: Path, changed_ns: int) -> tuple[Measurement, ...]:
    """The records of a file, read once for each time of its last change: the About page asks for each kind anew."""
    return tuple(Measurement(**record) for record in json.loads(file.read_text(encoding="utf-8"))["records"])


def _case(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _CASE)


def _without_cases(record: Measurement, measured: set[tuple[Any, ...]]) -> Measurement:
    remaining = [row for row in record.rows if _case(row) not in measured]
    return Measurement(**{**asdict(record), "report": {**record.report, ROWS[record.kind]: remaining}})


def _without_curves(value: Any) -> Any:
    """The report without curves, which are long, and without the folders in the names of pairs, which are private."""
    if isinstance(value, Mapping):
        rest = {name: _without_curves(one) for name, one in value.items() if name != "curve"}
        return rest | {"pair": _title(rest["pair"])} if "pair" in rest else rest
    return [_without_curves(one) for one in value] if isinstance(value, list) else value


def _title(pair: str) -> str:
    """`sample:astronaut + folder/night.jpg` as "Astronaut + Night"."""
    stems = (Path(part.removeprefix("sample:")).stem for part in pair.split(" + "))
    return " + ".join(stem.replace("-", " ").replace("_", " ").capitalize() for stem in stems)
