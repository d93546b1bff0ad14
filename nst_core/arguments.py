"""What was said on a command line, as a recipe and pictures: the same for every command that plays or judges one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import PictureError, RecipeError
from nst_core.recipe import PRESETS, Recipe, change, from_text, make, recipe_from_json, steered

if TYPE_CHECKING:
    from nst_core.jobs.pictures import Pictures
    from nst_core.picture.door import Picture


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options of a recipe, the same for every command that plays or judges one."""
    parser.add_argument("--method", choices=("slow", "fast", "balanced"))
    parser.add_argument("--preset", choices=tuple(PRESETS))
    parser.add_argument("--longest-edge", type=int, metavar="PX", dest="longest_edge_px")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seconds", type=float, help="budget after loading, compilation included")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes", help="any setting")
    parser.add_argument("--recipe", type=Path, metavar="FILE.json", help="a recipe to start from")
    parser.add_argument("--start", metavar="FILE", help="the picture to start from; a file, or sample:KEY")
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        dest="masks",
        metavar="FILE=SHARE,...",
        help="a part of the content, white on black, and each style's share there; may be repeated",
    )


def pictures(arguments: argparse.Namespace) -> tuple[Pictures, list[list[float]]]:
    """The pictures of a command, and for each mask the shares of the styles there. Raises PictureError, RecipeError."""
    from nst_core.jobs.pictures import Pictures
    from nst_core.picture.masks import open_mask

    content = picture(arguments.content)
    masks, shares = [], []
    for text in arguments.masks:
        name, _, given = text.rpartition("=")
        try:
            shares.append([float(share) for share in given.split(",")])
        except ValueError:
            raise RecipeError(f"--mask must be FILE=SHARE,SHARE,... with a share for each style, got {text}") from None
        masks.append(open_mask(_bytes(name), (content.width, content.height)))
    styles = tuple(picture(style) for style in arguments.styles)
    start = picture(arguments.start) if arguments.start else None
    return Pictures(content, styles, start, tuple(masks)), shares


def recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of a command: a file or a preset, then the named options, then each --set."""
    changes = _changes(arguments)
    if arguments.start:
        changes["start"] = "own"
    if arguments.recipe:
        return change(recipe_from_json(_bytes(str(arguments.recipe))), changes)
    return make(arguments.preset or "painterly", changes)


def resumed(saved: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe of a checkpoint with the changes that the middle of a run allows. Raises RecipeError."""
    for option in ("recipe", "preset"):
        if getattr(arguments, option):
            raise RecipeError(f"--{option} is for a new run: a resumed one goes on by its own recipe; leave it out")
    return steered(saved, _changes(arguments))


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("method", "longest_edge_px", "steps", "seconds", "seed"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    for text in arguments.changes:
        name, _, value = text.partition("=")
        changes[name] = from_text(name, value)
    return changes


def picture(name: str) -> Picture:
    """A picture named on the command line: a file, or `sample:KEY`. Raises PictureError."""
    from nst_core.picture import samples
    from nst_core.picture.door import open_picture

    if name.startswith("sample:"):
        return samples.find(name.removeprefix("sample:")).load(1024)
    try:
        return open_picture(_bytes(name))
    except PictureError as error:
        raise PictureError(f"{Path(name).name}: {error}") from None


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise PictureError(f"{name} must be a file that can be read ({error.strerror})") from None
