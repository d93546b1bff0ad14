"""Ports: free, taken by another program, held by a server like ours, not allowed."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from nst_core.doctor import ports
from tests.loopback import Server, server
from tests.nst_core.doctor.conftest import all_ok, the_problem, the_warning

__all__ = ["server"]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which a program listens without an answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "ANSWER_SECONDS", 0.1)
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")


def test_a_free_port_is_ok(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "0")
    assert all_ok(ports.check()) == "port 0 is free"


def test_a_port_that_another_program_holds_is_a_problem(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(taken))
    assert the_problem(ports.check()) == f"port {taken} is taken by another program"


def test_a_port_of_the_metrics_is_looked_at_too(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "0")
    monkeypatch.setenv("NST_METRICS_ADDRESS", f"127.0.0.1:{taken}")
    assert the_problem(ports.check()) == f"port {taken} is taken by another program"


def test_a_server_like_ours_on_the_port_is_ok(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    port = server.address.rpartition(":")[2]
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", port)
    monkeypatch.setattr(ports, "ANSWER_SECONDS", 5.0)
    server.routes["/_stcore/health"] = b"ok"
    assert all_ok(ports.check()) == f"a Streamlit server answers on port {port}"


def test_a_port_that_may_not_be_used_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(ports, "_bind", refuse)
    assert "cannot be used: Permission denied" in the_warning(ports.check())


@pytest.mark.parametrize("value", ["", "http", "-1"])
def test_without_a_usable_setting_it_is_streamlits_own_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", value)
    assert ports.configured() == ("127.0.0.1", 8501)
