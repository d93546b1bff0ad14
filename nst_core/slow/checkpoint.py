"""Checkpoint of a run on disk: one versioned file of numbers and JSON, replaced atomically."""

from __future__ import annotations

import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.errors import CheckpointError, RecipeError
from nst_core.recipe import Recipe, recipe_from_json
from nst_core.recipe.messages import one_line, short
from nst_core.system.atomic_files import atomic_write

VERSION = 3
_PARTS = ("state", "best")
"""The parts of a checkpoint that hold arrays and numbers."""
# RuntimeError and zlib.error: a zip whose compression method or flags are damaged; TypeError: a lone array;
# TokenError and SyntaxError: an array's header of broken lines, which NumPy reads with Python's tokenizer; MemoryError
# and OverflowError: an array that claims to be larger than memory.
_UNREADABLE = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, MemoryError, OverflowError),
    *(zlib.error, zipfile.BadZipFile, tokenize.TokenError, SyntaxError),
)


_POINT_KEYS = {"number", "seconds", "scale_px", "total"}
"""Keys that each point of a curve must have, beside losses."""
_COUNT_KEYS = ("number", "scale_px", "evaluations")
"""Keys of a point whose values are whole numbers."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run that can be resumed.

    Attributes:
        recipe: the recipe at the last Step, with the hashes of the run's inputs.
        state: the `state()` of the last Step: name -> array or number.
        curve: the losses so far, one mapping a Step: `number`, `seconds`, `scale_px`, losses by name, maybe `marks`.
        best: `number` and picture `shown` of an earlier Step that is better than the last; empty if the last one is the
            best.
    """

    recipe: Recipe
    state: Mapping[str, Any]
    curve: Sequence[Mapping[str, Any]] = ()
    best: Mapping[str, Any] = field(default_factory=dict)


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically: after a crash the file is the old one or the new one. Raises OSError."""
    values = {f"{kind}/{n}": v for kind in _PARTS for n, v in getattr(checkpoint, kind).items()}
    arrays = {n: v for n, v in values.items() if isinstance(v, np.ndarray)}
    head = {
        "version": VERSION,
        "arrays": sorted(arrays),
        "numbers": {n: v for n, v in values.items() if n not in arrays},
        "recipe": checkpoint.recipe.model_dump(mode="json"),
        "curve": [dict(step) for step in checkpoint.curve],
    }
    with atomic_write(path) as file:  # array by array: a second copy of a large run's arrays may not fit into memory
        np.savez(file, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises CheckpointError if there is none, or it is damaged, truncated or of another version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: _array(file[name]) for name in file.files}
        head = json.loads(arrays.pop("head").tobytes())
    except FileNotFoundError:
        raise CheckpointError(f"a checkpoint must be there to resume from, got no file {path.name}") from None
    except _UNREADABLE as error:
        raise CheckpointError(f"{path.name} must be a whole checkpoint, but cannot be read ({_brief(error)})") from None
    version = head.get("version") if isinstance(head, dict) else None
    if version != VERSION:
        raise CheckpointError(f"the checkpoint must be of version {VERSION}, got {short(version)}; start the run anew")
    try:
        return _from_head(head, arrays, path.name)
    except RecipeError as error:
        raise CheckpointError(f"the checkpoint's recipe does not fit this program: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{path.name} must be a whole checkpoint, but its head is damaged ({_brief(error)})"
        ) from None


def _from_head(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray], name: str) -> Checkpoint:
    missing = set(head["arrays"]) ^ set(arrays)
    if missing:
        raise CheckpointError(f"{name} must be a whole checkpoint, but lacks {_brief(', '.join(sorted(missing)))}")
    values = {**arrays, **{n: _number(v) for n, v in head["numbers"].items()}}
    of: dict[str, dict[str, Any]] = {kind: {} for kind in _PARTS}
    for path, value in values.items():
        kind, _, own = path.partition("/")
        of[kind][own] = value
    curve = [dict(step) for step in head["curve"]]
    if not all(map(_is_point, curve)):
        raise ValueError("a point of its curve is incomplete or of a wrong type")
    return Checkpoint(recipe_from_json(json.dumps(head["recipe"])), of["state"], curve, of["best"])


def _number(value: Any) -> float | int:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _array(entry: Any) -> np.ndarray:
    """An entry of the file. Raises ValueError if it is no array of numbers; NumPy returns any other file as bytes."""
    if not isinstance(entry, np.ndarray) or entry.dtype.kind not in "bfiu":
        raise ValueError("an entry is no array of numbers")
    return entry


def _is_point(record: Mapping[str, Any]) -> bool:
    """Whether a point of a curve has its keys, with numbers as values beside the events in `marks`."""
    marks, counts = record.get("marks", []), [record.get(name, 0) for name in _COUNT_KEYS]
    numbers = [value for name, value in record.items() if name not in ("marks", *_COUNT_KEYS)]
    return (
        not _POINT_KEYS - set(record)
        and all(type(value) in (int, float) for value in numbers)
        and all(type(value) is int for value in counts)
        and isinstance(marks, list)
        and all(isinstance(mark, str) for mark in marks)
    )


def _brief(reason: object) -> str:
    """A reason in one short line; it may repeat parts of the file."""
    text = one_line(str(reason))[:200]
    return "it is a file of another kind" if "pickle" in text else text  # NumPy would advise to trust it
