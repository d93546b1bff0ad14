"""Python and the installed packages, against pyproject.toml and requirements.txt."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from nst_core.doctor.finding import Finding, ok, problem

ROOT = Path(__file__).resolve().parents[2]
ADVISED = "advisories"
"""The word in the comment of a requirement whose lower bound security advisories set."""


def python() -> Iterator[Finding]:
    """Whether this Python is one that the project is made for."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(needed).contains(version):
        yield ok(f"Python {version} is one of {needed}")
    else:
        yield problem(
            f"Python must be {needed}, got {version}",
            "make the environment with another one: make run PYTHON=python3.12",
        )


def installed() -> Iterator[Finding]:
    """Whether every package of requirements.txt is installed, in a version that it allows."""
    requirements = list(_requirements((ROOT / "requirements.txt").read_text()))
    faults = [fault for requirement, why in requirements if (fault := _fault(requirement, why))]
    yield from faults
    if not faults:
        advised = sorted(requirement.name for requirement, why in requirements if ADVISED in why)
        yield ok(
            f"all {len(requirements)} packages of requirements.txt are installed in versions that it allows; "
            f"those of {', '.join(advised)} have the fixes of their security advisories"
        )


def _requirements(text: str) -> Iterator[tuple[Requirement, str]]:
    """Each requirement with its comment."""
    for line in text.splitlines():
        wanted, _, comment = line.partition("#")
        if wanted.strip():
            yield Requirement(wanted.strip()), comment.strip()


def _fault(requirement: Requirement, why: str) -> Finding | None:
    remedy = f"{Path(sys.executable).name} -m pip install -r requirements.txt"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return problem(f"the package {requirement.name} is not installed", remedy)
    if requirement.specifier.contains(version, prereleases=True):
        return None
    reason = f" because of security {ADVISED}" if ADVISED in why else ""
    return problem(f"{requirement.name} must be {requirement.specifier}{reason}, got {version}", remedy)
