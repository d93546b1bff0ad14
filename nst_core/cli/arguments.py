"""The options of a run on the command line, and the recipe and pictures that they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe, change, choices, describe, from_text, make
from nst_core.recipe.effects import without_effect
from nst_core.recipe.old_names import current_name
from nst_core.runs.opening import SAMPLE, load_mask, load_picture, load_recipe, parse_mask

if TYPE_CHECKING:
    from nst_core.runs.inputs import RunInputs


UNKNOWN_SHA256 = "0" * 64
"""The hash of a style until its picture is opened."""
PICTURE_HELP = "a picture file, or sample:KEY for a bundled picture"


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options of a recipe to a command."""
    parser.epilog = "Every setting of --set is listed in nst_core/recipe/README.md."
    parser.add_argument("--method", choices=choices("method"), help=describe("method"))
    parser.add_argument("--preset", choices=tuple(PRESETS), help="named settings to begin with; default: painterly")
    parser.add_argument(
        "--longest-edge", type=int, metavar="PX", dest="longest_edge_px", help=describe("longest_edge_px")
    )
    parser.add_argument("--steps", type=int, help=describe("steps"))
    parser.add_argument("--seconds", type=float, help=describe("seconds"))
    parser.add_argument("--seed", type=int, help=describe("seed"))
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change any setting, such as tv_weight=5; may be repeated",
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="begin with the settings in a recipe's JSON, a --json report, or a PNG or WebP painted here",
    )
    parser.add_argument("--start", metavar="FILE", help=f"start from this picture: {PICTURE_HELP}")
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        dest="masks",
        metavar="FILE=SHARE,...",
        help="a part of the content, white on black, and the share of each style there, all 0 to keep the photograph; "
        "may be repeated",
    )
    _add_style_settings(parser)


def _add_style_settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "styles", "Repeat an option for further styles: the first one is for the first style, and so on."
    )
    group.add_argument(
        "--style-weight", type=float, action="append", default=[], metavar="W", help="share of the style; default: 1"
    )
    group.add_argument(
        "--style-crop",
        action="append",
        default=[],
        metavar="L,T,R,B",
        help="part of the style to use: left, top, right, bottom as shares of its width and height",
    )
    group.add_argument(
        "--style-rotation", type=float, action="append", default=[], metavar="DEG", help="rotate the style clockwise"
    )


def add_no_clobber(parser: argparse.ArgumentParser) -> None:
    """Add the option that keeps files which are there already."""
    parser.add_argument("--no-clobber", action="store_true", help="replace no file that is there already")


def files_read(arguments: argparse.Namespace) -> list[str]:
    """The names of all files that a command reads: pictures, masks and the recipe."""
    named = [parse_mask(text)[0] for text in arguments.masks]
    names = [str(arguments.content), *arguments.styles, *named]
    names += [str(name) for name in (arguments.start, arguments.recipe) if name]
    return [name for name in names if not name.startswith(SAMPLE)]


def load_inputs(arguments: argparse.Namespace) -> tuple[RunInputs, list[list[float]]]:
    """Open the pictures of a command.

    Returns:
        The pictures, and for each mask the share of each style there.

    Raises:
        PictureError: a file is not a usable picture.
        RecipeError: the shares of a mask are not numbers.
    """
    from nst_core.runs.inputs import RunInputs

    content = load_picture(arguments.content)
    named = [parse_mask(text) for text in arguments.masks]
    masks = [load_mask(name, content) for name, _ in named]
    styles = tuple(load_picture(style) for style in arguments.styles)
    start = load_picture(arguments.start) if arguments.start else None
    return RunInputs(content, styles, start, tuple(masks)), [list(shares) for _, shares in named]


def build_recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of a command. Later settings win: recipe file or preset, options, each --set, options of styles.

    Raises RecipeError.
    """
    changes = changed_settings(arguments)
    if arguments.start:
        changes["start"] = "own"
    if arguments.recipe:
        return _with_style_options(change(load_recipe(str(arguments.recipe)), changes), arguments)
    return _with_style_options(make(arguments.preset or "painterly", changes), arguments)


def _with_style_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe with the styles' weights, crops and rotations; unknown hashes are filled in later."""
    options = {
        "weight": ("--style-weight", arguments.style_weight),
        "crop": ("--style-crop", [_crop(text) for text in arguments.style_crop]),
        "rotation_deg": ("--style-rotation", arguments.style_rotation),
    }
    if not any(values for _, values in options.values()):
        return recipe
    styles = [style.model_dump() for style in recipe.styles] or [{"sha256": UNKNOWN_SHA256} for _ in arguments.styles]
    for name, (option, values) in options.items():
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


def told_of(recipe: Recipe, arguments: argparse.Namespace) -> tuple[str, ...]:
    """A sentence for each setting of a command that has no effect in its recipe. Raises RecipeError."""
    return without_effect(recipe, changed_settings(arguments), arguments.preset)


def changed_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that options name, and their values. Raises RecipeError if there is no such setting."""
    changes: dict[str, Any] = {}
    for name in ("method", "longest_edge_px", "steps", "seconds", "seed"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    for text in arguments.changes:
        given, _, value = text.partition("=")
        name = current_name(given)
        changes[name] = from_text(name, value)
    return changes
