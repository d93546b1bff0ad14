"""The command line: `python -m nst_core ...`. Progress goes to stderr; stdout has only the output of the command.

Exit codes: 0 done; 1 a bug, or a problem that `doctor` found; 2 bad input; 3 some pictures of a batch failed;
130 interrupted, after saving the best picture so far and the checkpoint; 141 the reader of stdout has closed it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_core import __version__
from nst_core.cli import capacity, commands, store
from nst_core.cli.arguments import PICTURE_HELP, add_no_clobber, add_settings
from nst_core.errors import NSTError
from nst_core.settings import problems

READER_GONE = 141
"""Exit code when the reader of stdout, such as `head`, has ended: as a shell reports a program that SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()  # a closed pipe raises here, and not when Python exits
    except BrokenPipeError:
        _discard_output()
        return READER_GONE


def _run(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    for problem in problems():
        print(f"settings: {problem}", file=sys.stderr)
    try:
        return int(arguments.run(arguments) or 0)
    except NSTError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _discard_output() -> None:
    """Discard the rest of stdout's buffer, so that Python does not fail on it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nst_core",
        description="Neural style transfer: paint a photograph in the style of another picture.",
    )
    parser.add_argument("--version", action="version", version=f"NST Studio {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_stylize(subparsers)
    _add_batch(subparsers)
    _add_film(subparsers)
    _add_measure(subparsers)
    _add_estimate(subparsers)
    capacity.add(subparsers)
    _add_preview(subparsers)
    _add_weights(subparsers)
    _add_export(subparsers)
    _add_device_files(subparsers)
    _add_bench(subparsers)
    _add_doctor(subparsers)
    _add_serve(subparsers)
    store.add(subparsers)
    docs = subparsers.add_parser("docs", help="update the generated tables of the READMEs")
    docs.set_defaults(run=commands.docs)
    return parser


def _add_stylize(subparsers: Any) -> None:
    parser = subparsers.add_parser("stylize", help="paint a picture in the style of others")
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
    parser.add_argument("--quality", type=int, metavar="N", help="of a JPEG (1 to 95) or WebP (1 to 100); default: 90")
    parser.add_argument(
        "--every", type=int, metavar="N", help="also write the picture of every N-th step, to the folder OUTPUT-steps"
    )
    add_no_clobber(parser)
    parser.set_defaults(run=commands.stylize)


def _add_batch(subparsers: Any) -> None:
    from nst_core.batch import items

    parser = subparsers.add_parser(
        "batch", help="paint many pictures; a batch that was interrupted goes on with the same command"
    )
    parser.add_argument(
        "contents",
        metavar="CONTENT",
        nargs="*",
        help="pictures to paint: files, folders, patterns such as 'holiday/**/*.jpg', or sample:KEY",
    )
    parser.add_argument(
        "--styles", metavar="STYLE", nargs="+", default=[], help="style pictures, given in the same way"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="the folder for the results and their list"
    )
    parser.add_argument(
        "--pair",
        choices=tuple(items.PAIRINGS),
        default="all",
        help="; ".join(f"{how}: {meaning}" for how, meaning in items.PAIRINGS.items()) + "; default: all",
    )
    parser.add_argument(
        "--recipes",
        type=Path,
        metavar="FILE",
        help="a CSV or JSON table with a row for each picture instead: content, styles, and any setting; its files are "
        "named from its folder",
    )
    parser.add_argument("--format", choices=tuple(items.ENDINGS), default="png", help="of the results; default: png")
    parser.add_argument("--quality", type=int, metavar="N", help="of a jpg (1 to 95) or webp (1 to 100); default: 90")
    parser.add_argument(
        "--every", type=int, metavar="N", help="also write the picture of every N-th step, to the folder RESULT-steps"
    )
    add_no_clobber(parser)
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes, which divide cores and GPUs; default: 1"
    )
    parser.add_argument("--no-metrics", action="store_true", help="do not measure the results")
    parser.add_argument(
        "--sheet", choices=("jpg", "png", "none"), default="jpg", help="format of the contact sheets; default: jpg"
    )
    add_settings(parser)
    parser.set_defaults(run=commands.batch)


def _add_film(subparsers: Any) -> None:
    parser = subparsers.add_parser("film", help="paint a film frame by frame, without flicker")
    parser.add_argument("content", type=Path, metavar="IN", help="the film: MP4, MOV, WebM, GIF or animated WebP")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the result: .mp4, .webm, .gif or .webp")
    parser.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="STYLE",
        dest="styles",
        help=f"{PICTURE_HELP}; may be repeated",
    )
    add_settings(parser)
    parser.add_argument(
        "--quality", type=int, metavar="N", help="1 to 100, not of a GIF; default: 80, or that of the resumed film"
    )
    parser.add_argument(
        "--every", type=int, metavar="N", help="also write every N-th frame as a PNG, to the folder OUTPUT-steps"
    )
    add_no_clobber(parser)
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes, which divide scenes, cores and GPUs; a film without scene cuts needs one; default: 1",
    )
    parser.add_argument("--resume", action="store_true", help="continue a film that was stopped, from its last frame")
    parser.set_defaults(run=commands.film)


def _add_estimate(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "estimate", help="estimate seconds and peak memory of a run on this machine, as JSON"
    )
    parser.add_argument("content", metavar="CONTENT", help=f"the picture to paint: {PICTURE_HELP}")
    parser.add_argument("styles", metavar="STYLE", nargs="*", help="style pictures, given in the same way")
    parser.add_argument("--again", action="store_true", help="measure this machine again first")
    add_settings(parser)
    parser.set_defaults(run=commands.estimate)


def _add_preview(subparsers: Any) -> None:
    parser = subparsers.add_parser(
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
    parser.set_defaults(run=commands.preview)


def _add_measure(subparsers: Any) -> None:
    parser = subparsers.add_parser(
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
    parser.set_defaults(run=commands.measure)


def _add_weights(subparsers: Any) -> None:
    parser = subparsers.add_parser("weights", help="list, download, check or copy the networks' weights")
    parser.add_argument(
        "action",
        choices=("list", "fetch", "verify", "export"),
        help="list: show the files on this machine; fetch: download missing ones; verify: check the hashes; "
        "export: fetch, and copy to a folder for NST_WEIGHTS_DIR",
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="export: the folder; it is made if it is not there")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="vgg19, vgg16, magenta, litert; default: all")
    parser.set_defaults(run=commands.weights)


def _add_export(subparsers: Any) -> None:
    from nst_core.export import making, manifest

    parser = subparsers.add_parser("export", help="write the fast method's networks as LiteRT files (.tflite)")
    parser.add_argument("folder", type=Path, metavar="OUT", help="a folder; it is made if it is not there")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=list(making.SIZES_PX),
        metavar="PX",
        help=f"sides of the square pictures, multiples of 4; default: {' '.join(map(str, making.SIZES_PX))}",
    )
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=manifest.PRECISIONS,
        default=list(manifest.PRECISIONS),
        metavar="TYPE",
        help=f"types of the fast method's weights, a file for each; default: {' '.join(manifest.PRECISIONS)}",
    )
    parser.set_defaults(run=commands.export)


def _add_device_files(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "device-files", help="make what browsers and phones fetch from the server to paint themselves"
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="copy it to this folder too, for NST_WEIGHTS_DIR")
    parser.set_defaults(run=commands.device_files)


def _add_bench(subparsers: Any) -> None:
    from nst_core import bench

    parser = subparsers.add_parser("bench", help="measure engines, pages and the job service on this machine, as JSON")
    parser.add_argument("benchmark", choices=tuple(bench.MODULES), help="the benchmark to run")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256], metavar="PX", help="picture sizes; default: 256")
    parser.add_argument(
        "--pair", nargs=2, action="append", metavar=("CONTENT", "STYLE"), dest="pairs", help="race: pictures"
    )
    parser.add_argument(
        "--timed", type=int, metavar="N", help="race: time N steps of the tutorial's loop and extrapolate to its 1000"
    )
    parser.add_argument("--times", type=int, default=200, metavar="N", help="kills: number of kills; default: 200")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="kills, load, queue: of random choices; default: 0"
    )
    parser.add_argument("--jobs", type=int, default=1000, metavar="N", help="soak: number of runs; default: 1000")
    parser.add_argument("--visitors", type=int, default=20, metavar="N", help="load: visitors at once; default: 20")
    parser.add_argument("--minutes", type=float, default=2.0, metavar="M", help="load: how long they stay; default: 2")
    parser.add_argument("--films", nargs="+", default=[], metavar="NAME", help="film: these alone; default: all")
    parser.add_argument("--methods", nargs="+", default=[], metavar="NAME", help="film: fast or slow; default: both")
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="quality, balance, film: write the pictures to this WebP file"
    )
    parser.add_argument(
        "--keep", action="store_true", help="store the result for the tables of the README and the About page"
    )
    parser.set_defaults(run=commands.bench)


def _add_serve(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="serve the pages and the REST API, as `streamlit run serve.py` does")
    parser.add_argument("--port", type=int, metavar="N", help="default: 8501")
    parser.add_argument("--address", metavar="HOST", help="the interface to listen on; default: all")
    parser.add_argument("--base-path", metavar="PATH", help="where a proxy puts the server, such as studio")
    parser.set_defaults(run=commands.serve)


def _add_doctor(subparsers: Any) -> None:
    parser = subparsers.add_parser("doctor", help="report the faults of this installation, and remedies")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="the checks to run, such as weights; default: all")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=commands.doctor)
