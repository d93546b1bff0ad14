"""The command `capacity`: how long visitors wait, and how many workers they need."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nst_core.errors import RecipeError


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    from nst_core.capacity.workload import DEFAULT_MIX

    parser = subparsers.add_parser("capacity", help="predict waiting times, and the workers that visitors need")
    numbers = {
        "--visitors": (1000.0, "N", "visitors a day"),
        "--runs-each": (1.5, "N", "runs that a visitor starts"),
        "--peak": (3.0, "X", "runs of the busiest hour, as a multiple of an average hour's"),
        "--on-device": (0.0, "SHARE", "share of the runs that visitors' own devices paint, from 0 to 1"),
        "--patience": (300.0, "SECONDS", "how long a visitor waits on average before leaving; 0: for ever"),
        "--wait": (60.0, "SECONDS", "the wait that 95 of 100 runs should not exceed"),
    }
    for name, (default, metavar, text) in numbers.items():
        parser.add_argument(name, type=float, default=default, metavar=metavar, help=f"{text}; default: {default:g}")
    parser.add_argument(
        "--mix",
        default=DEFAULT_MIX,
        metavar="KINDS",
        help=f"method:edge=share of each kind of run; default: {DEFAULT_MIX}",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="workers; default: NST_WORKERS, or 1")
    parser.add_argument("--places", type=int, metavar="N", help="runs that may wait; default: NST_QUEUE_RUNS")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random numbers; default: 0")
    parser.add_argument("--published", action="store_true", help="take the published times, not those of this machine")
    parser.add_argument("--json", action="store_true", help="print the prediction as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print a prediction. Raises RecipeError if an option is out of range."""
    from nst_core.capacity import report, service_times
    from nst_core.capacity.workload import Workload, read_mix
    from nst_core.settings import Settings

    _check(arguments)
    settings, kinds = Settings.read(), read_mix(arguments.mix)
    workload = Workload(
        arguments.visitors, kinds, arguments.runs_each, arguments.peak, arguments.on_device, arguments.patience
    )
    server = report.Server(
        arguments.workers or settings.workers or 1,
        settings.queue_runs if arguments.places is None else arguments.places,
        arguments.wait,
    )
    times = [
        service_times.published(kind) if arguments.published else service_times.here(kind, settings.data_dir)
        for kind in kinds
    ]
    told = report.predict(workload, times, server, arguments.seed)
    print(json.dumps(told, indent=2) if arguments.json else report.as_text(told))


def _check(arguments: argparse.Namespace) -> None:
    """Refuse numbers with which there is nothing to simulate."""
    for name in ("visitors", "runs_each", "peak", "wait"):
        if not 0 < getattr(arguments, name) < float("inf"):
            raise RecipeError(f"--{name.replace('_', '-')} must be above 0, got {getattr(arguments, name):g}")
    if not 0 <= arguments.on_device < 1:
        raise RecipeError(f"--on-device must be at least 0 and below 1, got {arguments.on_device:g}")
    if not 0 <= arguments.patience < float("inf"):
        raise RecipeError(f"--patience must be at least 0, got {arguments.patience:g}")
    for name, least in (("workers", 1), ("places", 0), ("seed", 0)):
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise RecipeError(f"--{name} must be at least {least}, got {value}")
