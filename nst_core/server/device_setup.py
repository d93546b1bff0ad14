"""Makes the files for devices in the background, in a process of the lowest priority: it needs TensorFlow and a minute.

The web process only starts it and polls its state, so that TensorFlow is never imported there.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import psutil

from nst_core.server import device_files
from nst_core.server.device_files import DeviceFileSet
from nst_core.system import priority
from nst_core.system.host_profile import SERVER_MB, memory_mb

SetupState = Literal["absent", "making", "ready", "failed"]
COMMAND = (sys.executable, "-m", "nst_core", "device-files")
MAKING_MB = 1_150
"""Memory of the process that exports, in MB; measured."""
WORKER_MB = 850
"""Memory of a worker that paints meanwhile, in MB."""
LEAST_MB = SERVER_MB + WORKER_MB + MAKING_MB
"""The least memory of a host on which files are made: with less, the system might end the process that paints."""
LONGEST_SECONDS = 1_800.0
_LOGGER = logging.getLogger(__name__)


class DeviceSetup:
    """The files for devices of this server, and the process that makes missing ones.

    Attributes:
        base: the path below which the server has `device/`, such as "" or "/nst"; None if it has no such routes.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """`command` makes the files; tests use another one."""
        self.base: str | None = None
        self._command = command
        self._lock = threading.Lock()
        self._file_set: DeviceFileSet | None = None
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._failure = ""

    def file_set(self) -> DeviceFileSet:
        """The files that are there; the first call takes a fraction of a second."""
        with self._lock:
            if self._file_set is None:
                self._file_set = device_files.find()
            return self._file_set

    def state(self) -> SetupState:
        """Whether the files are there, being made, or could not be made."""
        if self._thread is not None and self._thread.is_alive():
            return "making"
        if self.file_set().is_complete:
            return "ready"
        return "failed" if self._failure else "absent"

    @property
    def failure(self) -> str:
        """Why the files could not be made, or ""."""
        return self._failure

    def start(self) -> None:
        """Start to make missing files, unless that is under way already. Returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._failure = ""
                self._thread = threading.Thread(target=self._make, name="device-files", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the process that makes the files; unfinished files are never used."""
        if (process := self._process) is not None:
            with suppress(OSError):
                process.terminate()

    def wait(self, seconds: float) -> SetupState:
        """Wait until nothing is being made, at most this long; returns the state."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self.state()

    def _make(self) -> None:
        if self._find().is_complete:  # the operator may have made the files meanwhile
            return
        if (has_mb := round(memory_mb())) < LEAST_MB:
            self._failure = (
                f"making them takes {LEAST_MB:,} MB of memory with the process that paints, and this server has "
                f"{has_mb:,}; on a larger machine run: python -m nst_core device-files --to FOLDER, and name a copy of "
                "the folder in NST_WEIGHTS_DIR"
            )
            return
        failure = self._run()
        self._failure = failure or "; ".join(self._find().missing)
        if self._failure:
            _LOGGER.warning("The files for devices could not be made: %s", self._failure)

    def _find(self) -> DeviceFileSet:
        found = device_files.find()
        with self._lock:
            self._file_set = found
        return found

    def _run(self) -> str:
        """Run the command to its end; returns the reason if it failed, else ""."""
        with tempfile.TemporaryFile() as errors:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - this program itself
                    self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
                )
                with suppress(psutil.Error):
                    priority.lower(psutil.Process(self._process.pid), priority.LOWEST)
                status = self._process.wait(LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                self.close()
                return f"it took longer than {LONGEST_SECONDS / 60:.0f} minutes"
            except OSError as error:
                return f"no process could be started ({error.strerror})"
            errors.seek(0)
            return _reason(errors.read().decode("utf-8", "replace"), status)


def _reason(errors: str, status: int) -> str:
    if status == 0:
        return ""
    told = [line.strip() for line in errors.splitlines() if line.strip()]
    if status == 2 and told:  # the command's own message, without the error's code
        return told[-1].partition(": ")[2][:600] or told[-1][:600]
    return f"the process that makes them ended with status {status}"
