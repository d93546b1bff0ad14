"""The file of a result: PNG and WebP with the recipe inside, or JPEG, by the ending of its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from nst_core.errors import PictureError, RecipeError
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.recipe import Recipe
from nst_core.step import Pixels
from nst_core.system.atomic_files import write_atomic

JPEG_LOSES_ALPHA = "JPEG has no transparency: clear parts are white; choose PNG or WebP to keep them clear"

Encoder = Callable[[Pixels, Recipe, Bytes | None], bytes]
"""(picture [1, H, W, 3] in [0, 1], recipe, alpha uint8 [h, w] or None) -> the bytes of a file."""


MOST_QUALITY = {".jpg": 95, ".jpeg": 95, ".webp": 100}
"""Ending -> the best quality of that format; a JPEG of more than 95 is larger, and no better."""
DEFAULT_QUALITY = 90


def encoder(path: Path, quality: int | None = None, *, is_one_of_many: bool = False) -> Encoder:
    """The encoder for a file name's ending. JPEG holds neither recipe nor alpha: clear parts become white.

    Args:
        path: the file; its name must end in .png, .jpg, .jpeg or .webp.
        quality: of a JPEG or WebP, from 1; None for the default.
        is_one_of_many: see `to_png`.

    Raises PictureError if the ending is of another format, or if it has no such quality.
    """
    kind = path.suffix.lower()
    check_quality(kind, quality)
    best = quality or DEFAULT_QUALITY
    if kind == ".png":
        return lambda picture, recipe, alpha: to_png(picture, recipe.to_json(), alpha, is_one_of_many=is_one_of_many)
    if kind == ".webp":
        return lambda picture, recipe, alpha: to_webp(picture, best, alpha=alpha, recipe_json=recipe.to_json())
    if kind in (".jpg", ".jpeg"):
        return lambda picture, _recipe, alpha: to_jpeg(picture, best, alpha=alpha)
    raise PictureError(f"the output must end in .png, .jpg or .webp, got {path.name}")


def steps_folder(output: Path) -> Path:
    """The folder of a result's pictures on the way."""
    return output.with_name(f"{output.stem}-steps")


def step_file(output: Path, number: int, suffix: str = "") -> Path:
    """The file of the picture after so many steps, such as OUTPUT-steps/step-00050.png, with the output's ending."""
    return steps_folder(output) / f"step-{number:05}{suffix or output.suffix}"


def is_due(number: int, every: int | None) -> bool:
    """Whether a step's picture is one of those on the way; `every` None asks for none."""
    return bool(every and number and number % every == 0)


def check_every(every: int | None, method: str = "") -> None:
    """Raise RecipeError unless pictures on the way can be had of a method; None asks for none."""
    if every is None:
        return
    if every < 1:
        raise RecipeError(f"--every must be at least 1 step, got {every}")
    if method == "fast":
        raise RecipeError("--every is for a method with steps, and fast is a single pass; leave it out")


def loses(path: Path, alpha: Bytes | None) -> str:
    """What a file with this name's ending loses of a result with this transparency, as a sentence; "" for nothing."""
    return JPEG_LOSES_ALPHA if alpha is not None and path.suffix.lower() in (".jpg", ".jpeg") else ""


def check_quality(kind: str, quality: int | None) -> None:
    """Raise PictureError if files with this ending, such as ".webp", cannot have this quality; None always passes."""
    if quality is None or kind not in (".png", *MOST_QUALITY):
        return
    if kind == ".png":
        raise PictureError(
            f"a PNG loses nothing and has no quality, got quality {quality}; leave it out, or name a .webp"
        )
    if not 1 <= quality <= MOST_QUALITY[kind]:
        raise PictureError(f"the quality of a {kind} must be from 1 to {MOST_QUALITY[kind]}, got {quality}")


def check_distinct(outputs: Mapping[str, Path], inputs: Iterable[str]) -> None:
    """Raise PictureError if a file to write is also read, or is two outputs; called before the run.

    Links of both kinds, relative paths and, where the system ignores it, the case of names are seen through.

    Args:
        outputs: what it is, such as "the output" -> the file.
        inputs: names of files that are read.
    """
    read = [Path(name) for name in inputs]
    for number, (what, path) in enumerate(outputs.items()):
        if clash := next((each for each in read if _is_same(path, each)), None):
            raise PictureError(
                f"{what} must not replace a file that is read, got {path}, which is {clash}; choose another"
            )
        for other, its_path in [*outputs.items()][:number]:
            if _is_same(path, its_path):
                raise PictureError(f"{what} and {other} must be two files, got {path} for both; choose another")


def check_absent(outputs: Mapping[str, Path]) -> None:
    """Raise PictureError if a file to write is there already; arguments as in `check_distinct`."""
    for what, path in outputs.items():
        if os.path.lexists(path):
            raise PictureError(f"--no-clobber keeps {path}, which is there already; choose another name for {what}")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        pass
    if os.path.lexists(one) != os.path.lexists(other):
        return False
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()


def check_writable(path: Path) -> None:
    """Raise PictureError if a file cannot be written; called before the run."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not existing.is_dir() or not os.access(existing, os.W_OK):
        raise PictureError(f"{path} must be a file in a folder that can be written to; choose another place")


def write(path: Path, data: bytes) -> None:
    """Write a file completely or not at all. Raises PictureError."""
    try:
        write_atomic(path, data)
    except OSError as error:
        raise PictureError(f"{path} must be a file that can be written ({error.strerror})") from None
