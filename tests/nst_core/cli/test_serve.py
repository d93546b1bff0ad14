"""`python -m nst_core serve` becomes the server that `streamlit run serve.py` starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from nst_core.cli import commands
from nst_core.cli.main import main


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The commands that the process would have become."""
    found: list[Any] = []
    monkeypatch.setattr(os, "execv", lambda _, command: found.append((Path.cwd(), command[1:])))
    monkeypatch.chdir(Path.cwd())  # restores the working directory afterwards
    return found


def test_it_becomes_the_server_with_what_was_given(became: list[Any]) -> None:
    main(["serve", "--port", "8600", "--address", "127.0.0.1", "--base-path", "studio"])
    ((folder, command),) = became
    assert (folder / "serve.py").is_file()
    assert command[:4] == ["-m", "streamlit", "run", "serve.py"]
    assert command[4:] == ["--server.port=8600", "--server.address=127.0.0.1", "--server.baseUrlPath=studio"]


def test_what_is_not_given_is_left_to_streamlit(became: list[Any]) -> None:
    main(["serve"])
    assert became[0][1] == ["-m", "streamlit", "run", "serve.py"]


def test_an_installed_package_has_no_server(
    became: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "__file__", str(tmp_path / "nst_core" / "cli" / "commands.py"))
    assert main(["serve"]) == 2
    assert "checkout" in capsys.readouterr().err
    assert became == []
