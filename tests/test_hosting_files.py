"""Dockerfile and compose.yaml: linted, checked against the schema, and run as far as possible without an engine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nst_core.settings import problems
from tests.dockerfile_steps import DockerfileSteps
from tests.serving import ROOT, free_port

BIN = Path(sys.prefix, "bin")


def compose() -> Any:
    return YAML(typ="safe").load((ROOT / "compose.yaml").read_text())


def test_the_dockerfile_has_no_finding_of_the_linter() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_the_compose_file_follows_the_specification() -> None:
    """The schema of the Compose specification comes with the tool."""
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_app_believes_the_proxy_and_nobody_else() -> None:
    services, networks = compose()["services"], compose()["networks"]
    (subnet,) = networks["inside"]["ipam"]["config"]
    environment = services["app"]["environment"]
    assert environment["NST_TRUSTED_PROXIES"] == subnet["subnet"]
    assert "ports" not in services["app"]
    assert [name for name, service in services.items() if "inside" in service["networks"]] == ["app", "proxy"]
    given = {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in environment.items()}
    assert problems(given) == ()


def test_the_container_may_write_to_its_volume_and_to_temporary_files_only() -> None:
    app = compose()["services"]["app"]
    assert app["read_only"]
    assert (app["volumes"], app["tmpfs"]) == (["data:/data"], ["/tmp"])


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_the_proxy_understands_its_configuration(tmp_path: Path) -> None:
    text = compose()["configs"]["caddyfile"]["content"].replace("${DOMAIN:-localhost}", "localhost")
    assert "$" not in text
    _adapt(text, tmp_path)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_the_proxy_of_several_servers_sends_a_browser_back_to_its_own(tmp_path: Path) -> None:
    """`test_two_servers` tries it."""
    text = (ROOT / "nst_core" / "jobs" / "shared" / "Caddyfile").read_text()
    adapted = _adapt(text, tmp_path, UPSTREAMS="a.example:8501 b.example:8501", COOKIE_KEY="key")
    for expected in ('"cookie"', '"nst_server"', '"a.example:8501"', '"b.example:8501"', '"localhost"'):
        assert expected in adapted


def _adapt(text: str, tmp_path: Path, **variables: str) -> str:
    """The configuration that Caddy makes of a Caddyfile, as JSON."""
    (tmp_path / "Caddyfile").write_text(text)
    command = ["caddy", "adapt", "--validate", "--adapter", "caddyfile", "--config", "Caddyfile"]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), **variables}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> DockerfileSteps:
    return DockerfileSteps(ROOT / "Dockerfile", tmp_path_factory.mktemp("image"))


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture
def started(steps: DockerfileSteps) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The image's command, and its port."""
    port = free_port()
    command, environment = steps.command("CMD", port)
    process = subprocess.Popen(
        [shutil.which(command[0], path=environment["PATH"]) or "", *command[1:]],
        cwd=steps.last.path("."),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process, port
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.weights
def test_the_image_serves_writes_to_its_volume_only_and_ends_at_sigterm(
    steps: DockerfileSteps, started: tuple[subprocess.Popen[bytes], int]
) -> None:
    process, port = started
    image = steps.last
    weights = {path.name for path in image.path("/opt/weights").rglob("*")}
    assert len(weights) >= 2
    before = _files(image.path("/app"))
    check, environment = steps.command("HEALTHCHECK", port)
    until = time.monotonic() + 60
    while subprocess.run(check, env=environment, stderr=subprocess.DEVNULL, check=False).returncode:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.5)
    assert list(image.path("/data/runs").iterdir())
    assert _files(image.path("/app")) == before
    assert {path.name for path in image.root.iterdir()} == {"app", "data", "opt", "stubs"}
    process.send_signal(signal.SIGTERM)
    process.wait(15)
