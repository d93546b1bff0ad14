"""The commands of the command line: each takes the parsed arguments and returns its exit code, or None for 0."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from nst_core.cli.arguments import build_recipe, files_read, load_inputs, told_of
from nst_core.errors import NSTError, ToolError
from nst_core.runs.opening import load_picture

_IN_A_BROWSER = ("pages", "live", "device", "painting")
"""Benchmarks of pages, which have no picture sizes."""
_TRIALS = ("kills", "soak")
"""Benchmarks of the job service, whose results are not published."""


def stylize(arguments: argparse.Namespace) -> int:
    """Run a recipe and write the result."""
    from nst_core.cli import stylize

    resumed, told = None, tuple[str, ...]()
    if arguments.resume:
        from nst_core.cli.resuming import resumed_recipe
        from nst_core.slow import checkpoint

        resumed = checkpoint.load(arguments.resume)
        recipe, told = resumed_recipe(resumed.recipe, arguments)
    else:
        recipe = build_recipe(arguments)
        told = told_of(recipe, arguments)
    stylize.check_places(arguments, files_read(arguments))
    pictures, shares = load_inputs(arguments)
    for note in told:
        print(f"note: {note}", file=sys.stderr)
    run = stylize.StylizeRequest(
        pictures=pictures,
        recipe=recipe,
        output=arguments.output,
        quality=arguments.quality,
        every=arguments.every,
        shares=shares,
        checkpoint=arguments.checkpoint or arguments.resume,
        report=arguments.report,
        resume=resumed,
    )
    return stylize.stylize(run)


def batch(arguments: argparse.Namespace) -> int:
    """Paint many pictures."""
    from nst_core.cli import batch

    return batch.batch(arguments)


def film(arguments: argparse.Namespace) -> int:
    """Paint a film frame by frame."""
    from nst_core.cli import film

    return film.film(arguments)


def measure(arguments: argparse.Namespace) -> None:
    """Print the yardstick's measures of a picture."""
    from nst_core.metrics import yardstick
    from nst_core.picture.resize import fit

    output = load_picture(arguments.output).tensor()
    if arguments.longest_edge_px:
        output = fit(output, arguments.longest_edge_px)
    content = load_picture(arguments.content).covered()
    styles = [load_picture(style).covered() for style in arguments.styles]
    print(json.dumps(yardstick.measure(output, content, styles), indent=2))


def weights(arguments: argparse.Namespace) -> int:
    """List, download, check or copy the networks' weights."""
    from nst_core.models import weights

    if arguments.action == "export" and arguments.to is None:
        raise ToolError("weights export needs a folder to copy to: --to FOLDER")
    names = arguments.networks or list(weights.NETWORKS)
    if arguments.action == "verify":
        checks = weights.verify()
        for check in checks:
            print(f"{'ok     ' if check.ok else 'DAMAGED'} {check.slot}  {check.origin}  {check.damage}")
        return 0 if all(check.ok for check in checks) else 2
    missing = False
    for name in names:
        try:
            found = weights.find(name, fetch=arguments.action != "list")
            if arguments.action == "export":
                weights.export(found.path, arguments.to)
            print(f"{name:8} {found.source}, {found.licence}\n{'':8} sha256 {found.sha256}\n{'':8} {found.path}")
        except NSTError as error:
            missing = True
            print(f"{name:8} {'not on this machine' if arguments.action == 'list' else error}")
    return 2 if missing and arguments.action != "list" else 0


def export(arguments: argparse.Namespace) -> None:
    """Write the networks as LiteRT files."""
    from nst_core.export import making

    making.make(
        arguments.folder,
        arguments.sizes,
        arguments.precisions,
        on_file=lambda made: print(f"{made.file}  {made.bytes / 1e6:.2f} MB  sha256 {made.sha256}"),
    )


def device_files(arguments: argparse.Namespace) -> None:
    """Make the server's files for browsers and phones."""
    from nst_core.server import device_files

    for file in device_files.make(arguments.to).files.values():
        print(f"{file.name}  {file.bytes_sent / 1e6:.2f} MB sent  sha256 {file.sha256}")


def doctor(arguments: argparse.Namespace) -> int:
    """Report the faults of this installation."""
    from nst_core.cli import doctor

    return doctor.doctor(arguments)


def serve(arguments: argparse.Namespace) -> None:
    """Replace this process by the server of the checkout's `serve.py`. Raises ToolError if there is no checkout."""
    script = Path(__file__).resolve().parents[2] / "serve.py"
    if not script.is_file():
        raise ToolError(
            "the server needs a checkout of the project, got an installed package; clone it and serve there"
        )
    options = {
        "--server.port": arguments.port,
        "--server.address": arguments.address,
        "--server.baseUrlPath": arguments.base_path,
    }
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    os.chdir(script.parent)  # Streamlit reads its settings there
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", script.name, *given])  # noqa: S606 - no shell


def docs(_: argparse.Namespace) -> None:
    """Update the generated tables of the READMEs."""
    from nst_core.cli import docs

    docs.rewrite_all()


def estimate(arguments: argparse.Namespace) -> None:
    """Print the estimated seconds and memory of a run."""
    from dataclasses import asdict

    from nst_core.runs import cost
    from nst_core.system.host_profile import host_profile

    content = load_picture(arguments.content)
    recipe = build_recipe(arguments)
    if arguments.again or cost.stored() is None:
        print("measuring this machine once ...", file=sys.stderr)
        cost.calibrate()
    estimate = cost.of(recipe, (content.width, content.height), max(len(arguments.styles), 1))
    most = host_profile().edge_px(recipe.method)
    told = asdict(estimate) | {"largest_edge_px": most, "fits": recipe.longest_edge_px <= most}
    print(json.dumps(told, indent=2))


def preview(arguments: argparse.Namespace) -> None:
    """Run a recipe at two sizes, write both results and print how they differ."""
    from nst_core.picture.encode import to_png
    from nst_core.runs import preview, result_file, runner
    from nst_core.runs.naming import named
    from nst_core.system.atomic_files import write_atomic

    small_file = arguments.output.with_stem(f"{arguments.output.stem}-preview")
    result_file.check_distinct({"the output": arguments.output, "the small one": small_file}, files_read(arguments))
    pictures, shares = load_inputs(arguments)
    recipe = named(build_recipe(arguments), pictures, shares)
    small, full, report = preview.compare(
        pictures.content.covered(),
        [style.covered() for style in pictures.styles],
        recipe,
        arguments.preview_edge,
        start=pictures.start.covered() if pictures.start else None,
        masks=[mask.weights for mask in pictures.masks],
    )
    alpha = runner.result_alpha(pictures.content.alpha, recipe)
    write_atomic(arguments.output, to_png(full, recipe.to_json(), alpha))
    write_atomic(small_file, to_png(small, alpha=alpha))
    print(json.dumps(report, indent=2))


def bench(arguments: argparse.Namespace) -> None:
    """Run a benchmark and print its report."""
    from nst_core import bench

    if arguments.keep and arguments.benchmark in (*_TRIALS, "load", "api", "sweep"):
        raise ToolError(f"--keep is for benchmarks with a table in the README, got {arguments.benchmark}; leave it out")
    measure = importlib.import_module(bench.MODULES[arguments.benchmark])
    report = measure.run(*_bench_arguments(arguments))
    if arguments.keep:
        from nst_core.bench.report import measured

        measured.store(arguments.benchmark, report, _bench_command(arguments))
    print(measure.table(report), file=sys.stderr)
    print(json.dumps(report, indent=2))


def _bench_arguments(arguments: argparse.Namespace) -> tuple[Any, ...]:
    if arguments.benchmark in (*_IN_A_BROWSER, "api", "sweep"):
        return ()
    if arguments.benchmark in _TRIALS:
        return (arguments.times, arguments.seed) if arguments.benchmark == "kills" else (arguments.jobs,)
    if arguments.benchmark in ("load", "queue"):
        visits = (arguments.visitors, arguments.minutes) if arguments.benchmark == "load" else ()
        return *visits, arguments.seed
    if arguments.benchmark in ("quality", "balance", "film"):
        chosen = (arguments.films, arguments.methods) if arguments.benchmark == "film" else ()
        return arguments.sizes, arguments.sheet, *chosen
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
    if arguments.benchmark == "queue":
        return f"{command} --seed {arguments.seed}"
    if arguments.benchmark == "load":
        return f"{command} --visitors {arguments.visitors} --minutes {arguments.minutes:g} --seed {arguments.seed}"
    timed = [str(arguments.timed)] if arguments.timed else []
    options = {"timed": timed, "films": arguments.films, "methods": arguments.methods}
    more = "".join(f" --{name} {shlex.join(values)}" for name, values in options.items() if values)
    return f"{command} --sizes {' '.join(map(str, arguments.sizes))}{more}"
