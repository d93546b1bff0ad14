"""The programs for Android, compiled by a plain JDK and Debian's Kotlin, paint a picture on a real server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nst_core import client
from tests.nst_core.api.servers import png
from tests.required import missing
from tests.serving import Server
from tests.toy_server import toy_server

pytestmark = pytest.mark.slow
SOURCES = Path(client.__file__).parent / "android"
COMPILERS = {
    "java": ["javac", "-Werror", "-Xlint:all", "-d", "classes", str(SOURCES / "NstStudio.java")],
    "kotlin": ["kotlinc", str(SOURCES / "NstStudio.kt"), "-include-runtime", "-d", "studio.jar"],
}
PROGRAMS = {"java": ["java", "-cp", "classes", "NstStudio"], "kotlin": ["java", "-jar", "studio.jar"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with toy_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.parametrize("language", COMPILERS)
def test_a_program_paints_a_picture_and_tells_a_refusal(language: str, server: Server, tmp_path: Path) -> None:
    compiler = COMPILERS[language]
    if not (shutil.which(compiler[0]) and shutil.which("java")):
        missing("JVM", f"{compiler[0]} is not installed")
    assert run(compiler, tmp_path).returncode == 0
    (tmp_path / "photo.png").write_bytes(png())
    program = [*PROGRAMS[language], server.url, "photo.png", "night-swirls"]
    done = run([*program, '{"steps": 20, "longest_edge_px": 96}', "picture.png"], tmp_path)
    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names.count("step") >= 20
    assert names[-1] == "end"
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    refused = run([*program, '{"steps": -1}', "picture.png"], tmp_path)
    assert "steps must be between" in refused.stderr


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=120)
