"""The scripts for the browser: their sources pass their own checks, and the committed bundles are made of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from pages.parts import device
from tests.required import missing

pytestmark = pytest.mark.slow
PARTS = Path(device.__file__).parent
PACKAGE, BUNDLE = PARTS / "web", PARTS / "bundle"


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """The packages of the lock file, installed beside it as a developer has them."""
    if not shutil.which("npm"):
        missing("NPM", "npm is not installed")
    (PACKAGE / "build").mkdir(exist_ok=True)
    with FileLock(PACKAGE / "build" / "npm.lock"):
        if not is_installed():
            done = npm("ci", "--ignore-scripts", "--prefer-offline")
            if done.returncode:
                missing("NPM", f"npm could not install the packages: {done.stderr}")


def test_the_sources_pass_their_types_and_tests() -> None:
    for script in ("check", "test"):
        done = npm("run", "--silent", script)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_bundles_are_made_of_the_sources(tmp_path: Path) -> None:
    done = npm("run", "--silent", "build", "--", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in BUNDLE.iterdir() if not path.name.startswith("LICENSE")}
    assert sorted(made) == sorted(committed), "run `npm run build` and commit"
    stale = [name for name in made if made[name] != committed[name]]
    assert not stale, f"{stale} differ from their sources: run `npm run build` and commit"


def test_nothing_of_this_machine_or_a_registry_is_committed() -> None:
    texts = [path.read_text("utf-8") for path in (*BUNDLE.glob("*.js"), PACKAGE / "package-lock.json")]
    assert texts
    for text in texts:
        assert '"resolved"' not in text
        assert str(PACKAGE) not in text


def is_installed() -> bool:
    """Whether all packages of the lock file that this machine needs are installed in their locked versions."""
    record = PACKAGE / "node_modules" / ".package-lock.json"
    if not record.exists():
        return False
    packages = [json.loads(path.read_text("utf-8"))["packages"] for path in (PACKAGE / "package-lock.json", record)]
    wanted = {name for name, about in packages[0].items() if name and not about.get("optional")}
    versions = [{name: all_of[name]["version"] for name in wanted if name in all_of} for all_of in packages]
    return versions[0] == versions[1]


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["npm", *arguments], cwd=PACKAGE, check=False, capture_output=True, text=True, timeout=300)
