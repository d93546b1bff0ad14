"""The command line: `python -m nst_core ...`. Progress goes to stderr; stdout has only the output of the command.

Exit codes: 0 done; 1 a bug; 2 bad input; 130 interrupted, after saving the best picture so far and the checkpoint.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_core import __version__
from nst_core.cli.arguments import (
    PICTURE_HELP,
    add_settings,
    build_recipe,
    load_inputs,
    load_picture,
    resumed_recipe,
)
from nst_core.errors import NSTError

_IN_A_BROWSER = ("pages", "live")
"""Benchmarks of pages, which have no picture sizes."""


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
    parser = argparse.ArgumentParser(
        prog="python -m nst_core",
        description="Neural style transfer: paint a photograph in the style of another picture.",
    )
    parser.add_argument("--version", action="version", version=f"NST Studio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_stylize(commands)
    _add_measure(commands)
    _add_estimate(commands)
    _add_preview(commands)
    _add_weights(commands)
    _add_bench(commands)
    docs = commands.add_parser("docs", help="update the generated tables of the READMEs")
    docs.set_defaults(run=_docs)
    return parser


def _add_stylize(commands: Any) -> None:
    parser = commands.add_parser("stylize", help="paint a picture in the style of others")
    parser.add_argument("content", metavar="CONTENT", help=f"the picture to paint: {PICTURE_HELP}")
    parser.add_argument("styles", metavar="STYLE", nargs="*", help="style pictures, given in the same way")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the result: a .png, .jpg or .webp file")
    add_settings(parser)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="save the run to this file, to resume it later")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="resume the run of this checkpoint")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="REPORT.json",
        dest="report",
        help="write a report: settings, times, losses and measures",
    )
    parser.set_defaults(run=_stylize)


def _add_estimate(commands: Any) -> None:
    parser = commands.add_parser("estimate", help="estimate seconds and peak memory of a run on this machine, as JSON")
    parser.add_argument("content", metavar="CONTENT", help=f"the picture to paint: {PICTURE_HELP}")
    parser.add_argument("styles", metavar="STYLE", nargs="*", help="style pictures, given in the same way")
    parser.add_argument("--again", action="store_true", help="measure this machine again first")
    add_settings(parser)
    parser.set_defaults(run=_estimate)


def _add_preview(commands: Any) -> None:
    parser = commands.add_parser(
        "preview", help="run a recipe small and at full size, and measure how alike the results are, as JSON"
    )
    parser.add_argument("content", metavar="CONTENT", help=f"the picture to paint: {PICTURE_HELP}")
    parser.add_argument("styles", metavar="STYLE", nargs="+", help="style pictures, given in the same way")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="PNG file for the full result; the small one is written beside it",
    )
    parser.add_argument(
        "--preview-edge", type=int, default=256, metavar="PX", help="longest edge of the small run; default: 256"
    )
    add_settings(parser)
    parser.set_defaults(run=_preview)


def _add_measure(commands: Any) -> None:
    parser = commands.add_parser(
        "measure", help="measure a result: distances to content and style, SSIM, colour, as JSON"
    )
    parser.add_argument("output", metavar="OUT", help="the result to measure")
    parser.add_argument("--content", required=True, metavar="CONTENT", help=PICTURE_HELP)
    parser.add_argument(
        "--style",
        action="append",
        required=True,
        metavar="STYLE",
        dest="styles",
        help=f"{PICTURE_HELP}; may be repeated",
    )
    parser.add_argument(
        "--longest-edge", type=int, metavar="PX", dest="longest_edge_px", help="resize the result to this size first"
    )
    parser.set_defaults(run=_measure)


def _add_weights(commands: Any) -> None:
    parser = commands.add_parser("weights", help="list, download or check the networks' weights")
    parser.add_argument(
        "action",
        choices=("list", "fetch", "verify"),
        help="list: show what is on this machine; fetch: download what is missing; verify: check the hashes",
    )
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="vgg19, vgg16, magenta; default: all")
    parser.set_defaults(run=_weights)


def _add_bench(commands: Any) -> None:
    from nst_core import bench

    parser = commands.add_parser("bench", help="measure the speed of engines and pages on this machine, as JSON")
    parser.add_argument("benchmark", choices=tuple(bench.MODULES), help="the benchmark to run")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256], metavar="PX", help="picture sizes; default: 256")
    parser.add_argument(
        "--pair", nargs=2, action="append", metavar=("CONTENT", "STYLE"), dest="pairs", help="race: pictures"
    )
    parser.add_argument(
        "--timed", type=int, metavar="N", help="race: time N steps of the tutorial's loop and extrapolate to its 1000"
    )
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="quality: write the pictures to this WebP file")
    parser.add_argument(
        "--keep", action="store_true", help="store the result for the tables of the README and the About page"
    )
    parser.set_defaults(run=_bench)


def _stylize(arguments: argparse.Namespace) -> int:
    from nst_core.cli import stylize

    resumed = None
    if arguments.resume:
        from nst_core.slow import checkpoint

        resumed = checkpoint.load(arguments.resume)
    pictures, shares = load_inputs(arguments)
    run = stylize.StylizeRequest(
        pictures=pictures,
        recipe=resumed_recipe(resumed.recipe, arguments) if resumed else build_recipe(arguments),
        output=arguments.output,
        shares=shares,
        checkpoint=arguments.checkpoint or arguments.resume,
        report=arguments.report,
        resume=resumed,
    )
    return stylize.stylize(run)


def _measure(arguments: argparse.Namespace) -> None:
    from nst_core.metrics import yardstick
    from nst_core.picture.resize import fit

    output = load_picture(arguments.output).tensor()
    if arguments.longest_edge_px:
        output = fit(output, arguments.longest_edge_px)
    content = load_picture(arguments.content).tensor()
    styles = [load_picture(style).tensor() for style in arguments.styles]
    print(json.dumps(yardstick.measure(output, content, styles), indent=2))


def _weights(arguments: argparse.Namespace) -> int:
    from nst_core.models import weights

    names = arguments.networks or list(weights.NETWORKS)
    if arguments.action == "verify":
        checks = weights.verify()
        for check in checks:
            print(f"{'ok     ' if check.ok else 'DAMAGED'} {check.slot}  {check.origin}  {check.damage}")
        return 0 if all(check.ok for check in checks) else 2
    missing = False
    for name in names:
        try:
            found = weights.find(name, fetch=arguments.action == "fetch")
            print(f"{name:8} {found.source}, {found.licence}\n{'':8} sha256 {found.sha256}\n{'':8} {found.path}")
        except NSTError as error:
            missing = True
            print(f"{name:8} {'not on this machine' if arguments.action == 'list' else error}")
    return 2 if missing and arguments.action == "fetch" else 0


def _docs(_: argparse.Namespace) -> None:
    from nst_core.cli import docs

    docs.rewrite_all()


def _estimate(arguments: argparse.Namespace) -> None:
    from dataclasses import asdict

    from nst_core.runs import cost

    content = load_picture(arguments.content)
    recipe = build_recipe(arguments)
    if arguments.again or cost.stored() is None:
        print("measuring this machine once ...", file=sys.stderr)
        cost.calibrate()
    estimate = cost.of(recipe, (content.width, content.height), max(len(arguments.styles), 1))
    print(json.dumps(asdict(estimate), indent=2))


def _preview(arguments: argparse.Namespace) -> None:
    from nst_core.cli import stylize
    from nst_core.picture.encode import to_png
    from nst_core.runs import preview, runner
    from nst_core.system.atomic_files import write_whole

    pictures, shares = load_inputs(arguments)
    recipe = stylize.with_hashes(pictures, shares, build_recipe(arguments))
    small, full, report = preview.compare(
        pictures.content.tensor(),
        [style.tensor() for style in pictures.styles],
        recipe,
        arguments.preview_edge,
        start=pictures.start.tensor() if pictures.start else None,
        masks=[mask.weights for mask in pictures.masks],
    )
    alpha = runner.result_alpha(pictures.content.alpha, recipe)
    write_whole(arguments.output, to_png(full, recipe.to_json(), alpha))
    write_whole(arguments.output.with_stem(f"{arguments.output.stem}-preview"), to_png(small, alpha=alpha))
    print(json.dumps(report, indent=2))


def _bench(arguments: argparse.Namespace) -> None:
    from nst_core import bench

    measure = importlib.import_module(bench.MODULES[arguments.benchmark])
    report = measure.run(*_bench_arguments(arguments))
    if arguments.keep:
        from nst_core.bench.report import measured

        measured.store(arguments.benchmark, report, _bench_command(arguments))
    print(measure.table(report), file=sys.stderr)
    print(json.dumps(report, indent=2))


def _bench_arguments(arguments: argparse.Namespace) -> tuple[Any, ...]:
    if arguments.benchmark in _IN_A_BROWSER:
        return ()
    if arguments.benchmark == "quality":
        return arguments.sizes, arguments.sheet
    if arguments.benchmark != "race":
        return (arguments.sizes,)
    pairs = arguments.pairs or [["sample:astronaut", "sample:night-swirls"]]
    opened = {f"{c} + {s}": (load_picture(c).tensor(), load_picture(s).tensor()) for c, s in pairs}
    return opened, arguments.sizes, arguments.timed


def _bench_command(arguments: argparse.Namespace) -> str:
    """The command that repeats a benchmark."""
    command = f"python -m nst_core bench {arguments.benchmark}"
    if arguments.benchmark in _IN_A_BROWSER:
        return command
    timed = f" --timed {arguments.timed}" if arguments.timed else ""
    return f"{command} --sizes {' '.join(map(str, arguments.sizes))}{timed}"
