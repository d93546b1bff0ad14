"""The lines of the README work against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_core.api.description import COMMITTED
from tests.nst_core.api.servers import png
from tests.serving import ROOT, Server
from tests.toy_server import toy_server

README = COMMITTED.with_name("README.md")
LOCAL = "http://localhost:8501"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with toy_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.slow
def test_the_lines_of_python_work(tmp_path: Path, server: Server) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (tmp_path / "photo.png").write_bytes(png(1))
    (tmp_path / "style.png").write_bytes(png(2))
    program = [sys.executable, "-c", lines.replace(LOCAL, server.url)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=99
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [str(step) for step in range(31)]
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_lines_for_a_shell_work_one_after_the_other(tmp_path: Path, server: Server) -> None:
    lines = "".join(re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL))
    assert lines.count("curl ") > 10
    assert shutil.which("curl"), "curl is in every system's packages"
    (tmp_path / "photo.png").write_bytes(png(1))
    (tmp_path / "style.png").write_bytes(png(2))
    # The run must still paint when it is steered, also where two starts of Python before take seconds.
    script = lines.replace(LOCAL, server.url).replace('"steps": 60', '"steps": 300')
    assert script.count('"steps": 300') == 1
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=False, capture_output=True, timeout=99
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "event: end" in done.stdout.decode()
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "style.webp").read_bytes()[8:12] == b"WEBP"
