"""The command line: `python -m nst_core ...`. Progress goes to stderr; stdout carries only what was asked for.

Exit codes: 0 done, 1 a bug, 2 bad input, 130 interrupted (the best picture so far, and a checkpoint if one was asked
for, are saved).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core import __version__
from nst_core.errors import NSTError, PictureError
from nst_core.recipe import PRESETS, Recipe, change, from_text, make, recipe_from_json

if TYPE_CHECKING:
    from nst_core.picture.door import Picture


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except NSTError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nst_core", description="Neural style transfer, slow and fast.")
    parser.add_argument("--version", action="version", version=f"NST Studio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_stylize(commands)
    _add_measure(commands)
    _add_weights(commands)
    _add_bench(commands)
    docs = commands.add_parser("docs", help="write the README's generated tables anew")
    docs.set_defaults(run=_docs)
    return parser


def _add_stylize(commands: Any) -> None:
    parser = commands.add_parser("stylize", help="paint a content picture in the style of others")
    parser.add_argument("content", metavar="CONTENT", help="a file, or sample:KEY for a bundled picture")
    parser.add_argument("styles", metavar="STYLE", nargs="*", help="files, or sample:KEY")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG, JPEG or WebP to write")
    parser.add_argument("--method", choices=("slow", "fast", "balanced"))
    parser.add_argument("--preset", choices=tuple(PRESETS))
    parser.add_argument("--longest-edge", type=int, metavar="PX", dest="longest_edge_px")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seconds", type=float, help="budget after loading, compilation included")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes", help="any setting")
    parser.add_argument("--recipe", type=Path, metavar="FILE.json", help="a recipe to start from")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="where to save the run, to go on later")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="go on from a checkpoint")
    parser.add_argument("--json", type=Path, metavar="REPORT.json", dest="report", help="write a report")
    parser.set_defaults(run=_stylize)


def _add_measure(commands: Any) -> None:
    parser = commands.add_parser("measure", help="judge a result by the yardstick, as JSON on stdout")
    parser.add_argument("output", metavar="OUT")
    parser.add_argument("--content", required=True)
    parser.add_argument("--style", action="append", required=True, dest="styles")
    parser.add_argument("--longest-edge", type=int, metavar="PX", dest="longest_edge_px", help="measure at this size")
    parser.set_defaults(run=_measure)


def _add_weights(commands: Any) -> None:
    parser = commands.add_parser("weights", help="where the networks' weights are, and where they come from")
    parser.add_argument("do", choices=("list", "fetch", "verify"))
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="vgg19, vgg16, magenta; default: all")
    parser.set_defaults(run=_weights)


def _add_bench(commands: Any) -> None:
    parser = commands.add_parser("bench", help="measure the engines on this machine, as JSON on stdout")
    parser.add_argument("what", choices=("slow", "fast"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[256], metavar="PX")
    parser.set_defaults(run=_bench)


def _stylize(arguments: argparse.Namespace) -> int:
    from nst_core import stylize

    resumed = None
    if arguments.resume:
        from nst_core.slow import checkpoint

        resumed = checkpoint.load(arguments.resume)
    recipe = change(resumed.recipe, _changes(arguments)) if resumed else _recipe(arguments)
    run = stylize.Run(
        content=open_argument(arguments.content),
        styles=[open_argument(style) for style in arguments.styles],
        recipe=recipe,
        output=arguments.output,
        checkpoint=arguments.checkpoint or arguments.resume,
        report=arguments.report,
        resume=resumed.state if resumed else None,
    )
    return stylize.perform(run)


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of a command: a file or a preset, then the named options, then each --set."""
    changes = _changes(arguments)
    if arguments.recipe:
        return change(recipe_from_json(_bytes(str(arguments.recipe))), changes)
    return make(arguments.preset or "painterly", changes)


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("method", "longest_edge_px", "steps", "seconds", "seed"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    for text in arguments.changes:
        name, _, value = text.partition("=")
        changes[name] = from_text(name, value)
    return changes


def open_argument(name: str) -> Picture:
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


def _measure(arguments: argparse.Namespace) -> None:
    from nst_core import yardstick
    from nst_core.picture.resize import fit

    output = open_argument(arguments.output).tensor()
    if arguments.longest_edge_px:
        output = fit(output, arguments.longest_edge_px)
    content = open_argument(arguments.content).tensor()
    styles = [open_argument(style).tensor() for style in arguments.styles]
    print(json.dumps(yardstick.measure(output, content, styles), indent=2))


def _weights(arguments: argparse.Namespace) -> int:
    from nst_core.models import weights

    names = arguments.networks or list(weights.NETWORKS)
    if arguments.do == "verify":
        checks = weights.verify()
        for check in checks:
            print(f"{'ok     ' if check.ok else 'DAMAGED'} {check.slot}  {check.origin}  {check.damage}")
        return 0 if all(check.ok for check in checks) else 2
    missing = False
    for name in names:
        try:
            found = weights.find(name, fetch=arguments.do == "fetch")
            print(f"{name:8} {found.source}, {found.licence}\n{'':8} sha256 {found.sha256}\n{'':8} {found.path}")
        except NSTError as error:
            missing = True
            print(f"{name:8} {'not on this machine' if arguments.do == 'list' else error}")
    return 2 if missing and arguments.do == "fetch" else 0


def _docs(_: argparse.Namespace) -> None:
    from nst_core import docs

    docs.rewrite(Path(__file__).resolve().parents[1] / "README.md")


def _bench(arguments: argparse.Namespace) -> None:
    from nst_core import bench

    print(
        json.dumps(bench.slow(arguments.sizes) if arguments.what == "slow" else bench.fast(arguments.sizes), indent=2)
    )
