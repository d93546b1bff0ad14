"""Files, folders and globs -> names of pictures, in an order that does not depend on the file system."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from nst_core.errors import PictureError
from nst_core.picture import samples
from nst_core.picture.limits import SUFFIXES
from nst_core.runs.opening import SAMPLE


def expand(patterns: Sequence[str], output: Path) -> tuple[str, ...]:
    """The pictures that some arguments name, in the order of the arguments, each once.

    Args:
        patterns: each a file, a folder (the pictures in it, not those in its own folders), a glob (`**` enters
            folders), or `sample:KEY`.
        output: the folder of the results, whose files no folder and no glob gives.

    Raises:
        PictureError: an argument names nothing.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        found |= dict.fromkeys(_named(pattern, output.absolute()))
    return tuple(found)


def _named(pattern: str, output: Path) -> Sequence[str]:
    if pattern.startswith(SAMPLE):
        samples.find(pattern.removeprefix(SAMPLE))  # raises if there is none
        return [pattern]
    path = Path(pattern).expanduser()
    if path.is_file():
        return [str(path)]
    if path.is_dir():
        names = _pictures(path.iterdir(), output)
        if not names:
            raise PictureError(f"{pattern} must have a picture in it ({', '.join(SUFFIXES)}), got a folder without one")
        return names
    if not glob.has_magic(pattern):
        raise PictureError(f"{pattern} must be a file, a folder, a pattern or sample:KEY, got a name that is not there")
    names = _pictures(map(Path, glob.glob(str(path), recursive=True)), output)
    if not names:
        raise PictureError(f"{pattern} must match a picture ({', '.join(SUFFIXES)}), got no match")
    return names


def _pictures(paths: Iterable[Path], output: Path) -> list[str]:
    """The picture files among these paths in natural order: hidden ones and those in `output` are left out."""
    return [
        str(path)
        for path in sorted(paths, key=_natural)
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
        and output not in path.absolute().parents
    ]


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts numbers in names by their value: 2 before 10."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], str(path)
