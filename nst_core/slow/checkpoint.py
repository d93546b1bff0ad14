"""A run on disk: one versioned file, numbers and JSON only, replaced atomically."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.errors import CheckpointError, RecipeError
from nst_core.picture.files import write_whole
from nst_core.recipe import Recipe, recipe_from_json

VERSION = 1
_ARRAYS = ("picture", "gradient", "mean", "square")
# RuntimeError and zlib.error: a zip whose compression method or flags are damaged; TypeError: a lone array.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A recipe and the `state()` of the Step to go on from."""

    recipe: Recipe
    state: Mapping[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; a crash leaves the old file or the new one, never half of one. Raises OSError."""
    state = checkpoint.state
    head = {"version": VERSION, "number": state["number"], "seconds": state["seconds"]}
    text = json.dumps({**head, "recipe": checkpoint.recipe.model_dump(mode="json")})
    buffer = io.BytesIO()
    np.savez(buffer, head=np.frombuffer(text.encode(), np.uint8), **{name: state[name] for name in _ARRAYS})
    write_whole(path, buffer.getvalue())


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises CheckpointError if there is none, or it is truncated or of another version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(file["head"].tobytes())
            arrays = {name: np.asarray(file[name], np.float32) for name in _ARRAYS}
    except FileNotFoundError:
        raise CheckpointError(f"a checkpoint must be there to resume from, got no file {path.name}") from None
    except _UNREADABLE as error:
        raise CheckpointError(f"{path.name} must be a whole checkpoint, but cannot be read ({error})") from None
    version = head.get("version") if isinstance(head, dict) else None
    if version != VERSION:
        raise CheckpointError(f"the checkpoint must be of version {VERSION}, got {version}")
    try:
        recipe = recipe_from_json(json.dumps(head["recipe"]))
        numbers = {"number": int(head["number"]), "seconds": float(head["seconds"])}
    except RecipeError as error:
        raise CheckpointError(f"the checkpoint's recipe does not fit this program: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path.name} must be a whole checkpoint, but its head is damaged ({error})") from None
    return Checkpoint(recipe, {**arrays, **numbers})
