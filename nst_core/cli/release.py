"""Make a release: `make release VERSION=x.y.z` runs `python -m nst_core.cli.release x.y.z` in a clean checkout.

The version stands in one place, `nst_core/__init__.py`. A release moves the changelog's Unreleased section under the
new version, sets the version, commits both files, and tags the commit. Pushing is left to the maintainer.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nst_core.errors import NSTError, ToolError

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = "CHANGELOG.md"
VERSION_FILE = "nst_core/__init__.py"
_ASSIGNMENT = re.compile(r'^__version__ = "(\d+\.\d+\.\d+)"$', re.MULTILINE)
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def release(root: Path, version: str, date: datetime.date) -> str:
    """Commit and tag a release of the checkout at `root`; nothing is changed if a check fails.

    Args:
        root: top folder of the git checkout.
        version: the new version, x.y.z, above the present one.
        date: the date beside the version in the changelog.

    Returns:
        The tag's name.

    Raises:
        ToolError: the version is malformed or not above the present one, the checkout has uncommitted changes, the tag
            exists, the changelog has no entries under Unreleased, or git failed.
    """
    tag = f"v{version}"
    source = (root / VERSION_FILE).read_text(encoding="utf-8")
    changelog = (root / CHANGELOG).read_text(encoding="utf-8")
    _require_newer(version, source)
    if changes := _git(root, "status", "--porcelain"):
        raise ToolError(f"a release needs a checkout without changes, got {changes.splitlines()[0]}; commit them first")
    if _git(root, "tag", "--list", tag):
        raise ToolError(f"a release needs a new tag, but {tag} exists; choose another version")
    (root / CHANGELOG).write_text(with_release(changelog, version, date), encoding="utf-8")
    (root / VERSION_FILE).write_text(_ASSIGNMENT.sub(f'__version__ = "{version}"', source), encoding="utf-8")
    _git(root, "commit", "--quiet", "--message", f"Release {version}", "--", CHANGELOG, VERSION_FILE)
    _git(root, "tag", "--annotate", tag, "--message", f"NST Studio {version}")
    return tag


def with_release(changelog: str, version: str, date: datetime.date) -> str:
    """The changelog with the entries of Unreleased under the version. Raises ToolError if there are none."""
    section = _UNRELEASED.search(changelog)
    if section is None or not section[1].strip():
        raise ToolError(f'{CHANGELOG} needs entries under "## Unreleased", got none; say there what changed for users')
    fresh = f"## Unreleased\n\n## {version} ({date.isoformat()})\n{section[1]}"
    return changelog[: section.start()] + fresh + changelog[section.end() :]


def main(arguments: Sequence[str]) -> int:
    """Release the checkout that holds this file; 2 if that is not possible."""
    try:
        if len(arguments) != 1:
            raise ToolError(f"a release needs one version, got {len(arguments)} arguments; make release VERSION=x.y.z")
        tag = release(ROOT, arguments[0], datetime.date.today())
    except NSTError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 2
    print(f"tagged {tag}; publish it with `git push --follow-tags`")
    return 0


def _require_newer(version: str, source: str) -> None:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ToolError(f"a version must be three numbers, as in 1.2.3, got {version!r}")
    present = _ASSIGNMENT.search(source)
    if present is None:
        raise ToolError(f'{VERSION_FILE} must have a line __version__ = "x.y.z", got none')
    if _numbers(version) <= _numbers(present[1]):
        raise ToolError(f"a new version must be above {present[1]}, got {version}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            ["git", *arguments],  # noqa: S607 - the maintainer's git
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise ToolError(f"git {arguments[0]} should succeed, got: {reason.strip()}") from error
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
