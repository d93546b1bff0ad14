"""The server's ports: free, or used by whom."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from nst_core.doctor.finding import Finding, ok, problem, warning
from nst_core.settings import Settings

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
DEFAULT_PORT = 8501
ANSWER_SECONDS = 2.0


def check() -> Iterator[Finding]:
    """Whether the ports of the server, and of its metrics if they have one, are free."""
    yield _port(*configured(), "another port: STREAMLIT_SERVER_PORT=8502")
    if (metrics := Settings.read().metrics_address) is not None:
        yield _port(*metrics, "another port: NST_METRICS_ADDRESS=127.0.0.1:9102")


def _port(address: str, port: int, other: str) -> Finding:
    try:
        _bind(address, port)
    except OSError as error:
        return _used(address, port, error, other)
    return ok(f"port {port} is free")


def configured() -> tuple[str, int]:
    """Address and port of the server, as Streamlit reads them: from the environment, else from its file."""
    server: dict[str, Any] = {}
    with suppress(OSError, tomllib.TOMLDecodeError):
        server = tomllib.loads(CONFIG.read_text()).get("server", {})
    address = os.environ.get("STREAMLIT_SERVER_ADDRESS") or str(server.get("address", ""))
    port = os.environ.get("STREAMLIT_SERVER_PORT") or server.get("port", DEFAULT_PORT)
    return address, int(port) if str(port).isdecimal() else DEFAULT_PORT


def _bind(address: str, port: int) -> None:
    """Take a port for a moment. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))


def _used(address: str, port: int, error: OSError, other: str) -> Finding:
    if error.errno == errno.EADDRINUSE:
        if _is_streamlit(address, port):
            return ok(f"a Streamlit server answers on port {port}")
        return problem(f"port {port} is taken by another program", f"end that program, or choose {other}")
    reason = error.strerror or str(error)
    return warning(
        f"port {port} of {address or 'this machine'} cannot be used: {reason}",
        f"choose a port above 1023 and an address of this machine, such as {other}",
    )


def _is_streamlit(address: str, port: int) -> bool:
    host = "127.0.0.1" if address in ("", "0.0.0.0") else address  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read(10) == b"ok"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
