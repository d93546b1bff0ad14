"""The app as a real server, which a test can start, kill and restart, and whose log it can read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_SECONDS = 60


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """The served app: its address, its process while it runs, and what it has logged.

    Attributes:
        url: its address, the same after a restart.
        health: the path below it that answers as soon as it serves.
        wrapper: the words of a command that starts the command after them in its own place.
    """

    wrapper: tuple[str, ...] = ()

    def __init__(self, entry: str, log: Path, **environment: str) -> None:
        """`entry` as `streamlit run` serves it, with more in its environment."""
        port = free_port()
        self.url, self.health = f"http://127.0.0.1:{port}", "/_stcore/health"
        command = [sys.executable, "-m", "streamlit", "run", entry, "--server.port", str(port)]
        self._command, self._log = [*command, "--server.address", "127.0.0.1"], log
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        _wait_for(self.url + self.health)

    def launch(self) -> None:
        """Start it without waiting."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.wrapper, *self._command], cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """Kill it, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Terminate it, as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def terminate(self) -> None:
        """Send the signal to end, without waiting."""
        assert self._process is not None
        self._process.terminate()

    def wait(self, seconds: float) -> int:
        """Wait for its end; returns its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def workers(self) -> list[psutil.Process]:
        """The processes that paint for it."""
        return [child for child in psutil.Process(self.pid).children() if _is_worker(child)]

    @property
    def data(self) -> Path:
        """The folder of its runs, if it was given one."""
        return Path(self._environment["NST_DATA_DIR"])

    @property
    def log(self) -> str:
        """All lines that it has logged so far."""
        return self._log.read_text(errors="replace")


def _is_worker(process: psutil.Process) -> bool:
    try:
        return str(process.cmdline()[-1]).endswith("worker")
    except (psutil.Error, IndexError):  # it has just ended
        return False


def _wait_for(url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
