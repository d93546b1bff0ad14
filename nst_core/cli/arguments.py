"""What was said on a command line, as a recipe and pictures: the same for every command that plays or judges one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import PictureError, RecipeError
from nst_core.recipe import PRESETS, Recipe, change, from_text, make, recipe_from_json, steered
from nst_core.recipe.old_names import current_name

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture
    from nst_core.runs.inputs import RunInputs


UNKNOWN_SHA256 = "0" * 64
"""Stands for a style's hash until its picture is opened."""


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

    _add_style_settings(parser)


def _add_style_settings(parser: argparse.ArgumentParser) -> None:
    """What may be said of each style: the first time an option is given is for the first style, and so on."""
    group = parser.add_argument_group("styles", "each may be repeated, in the styles' order")
    group.add_argument(
        "--style-weight", type=float, action="append", default=[], metavar="W", help="its share among the styles"
    )
    group.add_argument(
        "--style-crop",
        action="append",
        default=[],
        metavar="L,T,R,B",
        help="the part of it that is looked at: left, top, right, bottom as shares of its width and height",
    )
    group.add_argument(
        "--style-rotation", type=float, action="append", default=[], metavar="DEG", help="turn it clockwise"
    )


def load_inputs(arguments: argparse.Namespace) -> tuple[RunInputs, list[list[float]]]:
    """The pictures of a command, and for each mask the shares of the styles there. Raises PictureError, RecipeError."""
    from nst_core.picture.masks import open_mask
    from nst_core.runs.inputs import RunInputs

    content = load_picture(arguments.content)
    masks, shares = [], []
    for text in arguments.masks:
        name, _, given = text.rpartition("=")
        try:
            shares.append([float(share) for share in given.split(",")])
        except ValueError:
            raise RecipeError(f"--mask must be FILE=SHARE,SHARE,... with a share for each style, got {text}") from None
        masks.append(open_mask(_bytes(name), (content.width, content.height)))
    styles = tuple(load_picture(style) for style in arguments.styles)
    start = load_picture(arguments.start) if arguments.start else None
    return RunInputs(content, styles, start, tuple(masks)), shares


def build_recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of a command: a file or a preset, then the named options, then each --set, then the styles' own."""
    changes = _changed_settings(arguments)
    if arguments.start:
        changes["start"] = "own"
    if arguments.recipe:
        return _with_style_options(change(recipe_from_json(_bytes(str(arguments.recipe))), changes), arguments)
    return _with_style_options(make(arguments.preset or "painterly", changes), arguments)


def _with_style_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe with weights, crops and rotations of its styles; those not named yet get their hashes later."""
    said = {
        "weight": ("--style-weight", arguments.style_weight),
        "crop": ("--style-crop", [_crop(text) for text in arguments.style_crop]),
        "rotation_deg": ("--style-rotation", arguments.style_rotation),
    }
    if not any(values for _, values in said.values()):
        return recipe
    styles = [look.model_dump() for look in recipe.styles] or [{"sha256": UNKNOWN_SHA256} for _ in arguments.styles]
    for name, (option, values) in said.items():
        if len(values) > len(styles):
            raise RecipeError(
                f"{option} must be given at most once for each of {len(styles)} styles, got {len(values)}"
            )
        for style, value in zip(styles, values, strict=False):
            style[name] = value
    return change(recipe, {"styles": styles})


def _crop(text: str) -> list[float]:
    try:
        left, top, right, bottom = map(float, text.split(","))
    except ValueError:
        raise RecipeError(
            f"--style-crop must be L,T,R,B: left, top, right and bottom as shares from 0 to 1, got {text}"
        ) from None
    return [left, top, right, bottom]


def resumed_recipe(saved: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe of a checkpoint with the changes that the middle of a run allows. Raises RecipeError."""
    for option in ("recipe", "preset", "style-weight", "style-crop", "style-rotation"):
        if getattr(arguments, option.replace("-", "_")):
            raise RecipeError(f"--{option} is for a new run: a resumed one goes on by its own recipe; leave it out")
    return steered(saved, _changed_settings(arguments))


def _changed_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("method", "longest_edge_px", "steps", "seconds", "seed"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    for text in arguments.changes:
        given, _, value = text.partition("=")
        name = current_name(given)
        changes[name] = from_text(name, value)
    return changes


def load_picture(name: str) -> Picture:
    """A picture named on the command line: a file, or `sample:KEY`. Raises PictureError."""
    from nst_core.picture import samples
    from nst_core.picture.upload import open_picture

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
