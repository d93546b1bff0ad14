"""Python and packages: a version that is too old, absent or too new is named with its requirement."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from nst_core.doctor import packages
from tests.nst_core.doctor.conftest import all_ok, by_level, the_problem


def test_this_environment_is_one_that_the_project_is_made_for() -> None:
    assert "is one of" in all_ok(packages.python())
    assert "keras, pillow, starlette, streamlit have the fixes" in all_ok(packages.installed())


@pytest.mark.parametrize("name", ["pillow", "starlette", "keras", "streamlit"])
def test_a_version_with_known_advisories_is_a_problem(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda asked: "0.9" if asked == name else real(asked))
    text = the_problem(packages.installed())
    assert text.startswith(f"{name} must be ")
    assert text.endswith("because of security advisories, got 0.9")


def test_a_package_that_is_not_installed_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = "no-such-package-here>=1  # for nothing\npytest<1\n# a comment\n"
    (tmp_path / "requirements.txt").write_text(wanted)
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    absent, old = by_level(packages.installed())["problem"]
    assert absent.text == "the package no-such-package-here is not installed"
    assert old.text == f"pytest must be <1, got {pytest.__version__}"
    assert "pip install -r requirements.txt" in absent.remedy


def test_another_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 9, 1))
    assert the_problem(packages.python()) == "Python must be >=3.11,<3.14, got 3.9.1"
