"""A release in a temporary repository: the changelog, the version, the commit and the tag; and every refusal."""

import datetime
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from nst_core import __version__
from nst_core.cli import release
from nst_core.errors import ToolError

CHANGELOG = "# Changelog\n\nNewest first.\n\n## Unreleased\n\n- Faster.\n- Kinder.\n\n## 0.2.0\n\n- Older.\n"
DAY = datetime.date(2026, 1, 31)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a changelog and a version, all committed."""
    (tmp_path / "nst_core").mkdir()
    (tmp_path / release.CHANGELOG).write_text(CHANGELOG)
    (tmp_path / release.VERSION_FILE).write_text('"""Core."""\n\n__version__ = "0.2.0"\n')
    git(tmp_path, "init", "--quiet")
    for name, value in {"user.name": "A", "user.email": "a@example.org", "commit.gpgsign": "false"}.items():
        git(tmp_path, "config", name, value)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def test_one_command_moves_the_changes_sets_the_version_commits_and_tags(checkout: Path) -> None:
    assert release.release(checkout, "0.3.0", DAY) == "v0.3.0"
    text = (checkout / release.CHANGELOG).read_text()
    assert text == CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n## 0.3.0 (2026-01-31)\n")
    assert '__version__ = "0.3.0"' in (checkout / release.VERSION_FILE).read_text()
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "log", "-1", "--format=%s") == "Release 0.3.0"
    assert git(checkout, "rev-parse", "v0.3.0^{commit}") == git(checkout, "rev-parse", "HEAD")


def test_a_second_release_needs_new_entries(checkout: Path) -> None:
    release.release(checkout, "0.3.0", DAY)
    with pytest.raises(ToolError, match='needs entries under "## Unreleased", got none'):
        release.release(checkout, "0.4.0", DAY)
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "tag", "--list") == "v0.3.0"


@pytest.mark.parametrize(
    ("version", "words"),
    [("0.3", "three numbers"), ("v0.3.0", "three numbers"), ("0.2.0", r"above 0\.2\.0"), ("0.1.9", r"above 0\.2\.0")],
)
def test_a_version_that_is_not_a_newer_one_is_refused(checkout: Path, version: str, words: str) -> None:
    with pytest.raises(ToolError, match=words):
        release.release(checkout, version, DAY)


def test_versions_are_compared_as_numbers(checkout: Path) -> None:
    assert release.release(checkout, "0.10.0", DAY) == "v0.10.0"


def test_uncommitted_changes_are_refused(checkout: Path) -> None:
    (checkout / "note.txt").write_text("not committed")
    with pytest.raises(ToolError, match=r"without changes, got \?\? note\.txt"):
        release.release(checkout, "0.3.0", DAY)


def test_a_tag_that_exists_is_refused(checkout: Path) -> None:
    git(checkout, "tag", "v0.3.0")
    with pytest.raises(ToolError, match=r"v0\.3\.0 exists"):
        release.release(checkout, "0.3.0", DAY)


def test_a_folder_without_git_is_told(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ToolError, match="git status should succeed, got: fatal"):
        release.release(checkout, "0.3.0", DAY)


def test_the_command_needs_one_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main([]) == 2
    assert "make release VERSION=x.y.z" in capsys.readouterr().err


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((release.ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "nst_core.__version__"}
    assert re.findall(r'__version__ = "(.*)"', (release.ROOT / release.VERSION_FILE).read_text()) == [__version__]
