"""A machine of its own for each test: empty folders for runs and downloads, and none of the operator's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_core.doctor.finding import Finding


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that holds the folders of runs and of downloads."""
    for name in [name for name in os.environ if name.startswith("NST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def by_level(findings: Iterator[Finding]) -> dict[str, list[Finding]]:
    """Findings by level; each that is not ok has a remedy, and each is one line."""
    levels: dict[str, list[Finding]] = {"ok": [], "warning": [], "problem": []}
    for finding in findings:
        assert finding.text.isprintable()
        assert bool(finding.remedy) == (finding.level != "ok")
        levels[finding.level].append(finding)
    return levels


def the_problem(findings: Iterator[Finding]) -> str:
    """The text of the only problem."""
    (found,) = by_level(findings)["problem"]
    return found.text


def the_warning(findings: Iterator[Finding]) -> str:
    """The text of the only warning, where there is no problem."""
    levels = by_level(findings)
    assert levels["problem"] == []
    (found,) = levels["warning"]
    return found.text


def all_ok(findings: Iterator[Finding]) -> str:
    """The texts of findings that are all ok."""
    levels = by_level(findings)
    assert levels["problem"] == levels["warning"] == []
    return "\n".join(finding.text for finding in levels["ok"])
