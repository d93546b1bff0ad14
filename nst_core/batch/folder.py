"""The folder of a batch's results: what is finished, and which of its files the batch itself has written.

Each picture is first noted in `batch.jsonl`, with the hash of its bytes, and then written. So a file whose hash is in
the notes is complete and the batch's own, whenever the program ended; any other file is somebody else's and stays.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nst_core.errors import PictureError
from nst_core.system.atomic_files import write_atomic

try:
    import fcntl
except ImportError:  # Windows, where two batches in one folder are not told apart
    fcntl = None  # type: ignore[assignment]

NOTES = "batch.jsonl"
"""The file of notes: a line of JSON for each file that was written."""
_HEADER = {"nst_batch": 1}

Entry = dict[str, Any]
"""What is noted of a file: `file`, `sha256`, `bytes`, and the facts of a picture (see `finishing`)."""


class OutputFolder:
    """The results of one batch. Several threads, and several processes with different items, may write at once."""

    def __init__(self, path: Path, inputs: Collection[str] = ()) -> None:
        """Read the notes.

        Args:
            path: the folder; it is made when the first file is written.
            inputs: names of pictures that are never overwritten.

        Raises:
            PictureError: there is a file of another program under the name of the notes.
        """
        self.path = path
        self._inputs = {os.path.realpath(name) for name in inputs}
        self._owned: dict[str, str] = {}
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._break = b""  # ends a line that a crash cut off, before the next one
        for entry in self._read():
            self._note(entry)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other batches out of the folder. Raises PictureError if one is in it, or it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = (self.path / NOTES).open("ab")
        except OSError as error:
            raise PictureError(f"{self.path} must be a folder that can be written to ({error.strerror})") from None
        with file:
            try:
                if fcntl:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise PictureError(
                    f"{self.path} must be a folder that no other batch writes to now; wait, or choose another one"
                ) from None
            if not file.tell():
                self._append(_HEADER)
            yield

    def finished(self, name: str, key: str) -> Entry | None:
        """What was noted of a picture if its file is there, complete, and painted from this `key`; else None."""
        entry = self._entries.get(name)
        return entry if entry and entry.get("key") == key and self._is_own(name) else None

    def check(self, name: str) -> None:
        """Raise PictureError if a file must not be written: it is an input, or not of this batch."""
        path = self.path / name
        if os.path.realpath(path) in self._inputs:
            raise PictureError(f"{path} is a picture of this batch itself; choose another folder for the results")
        if os.path.lexists(path) and not self._is_own(name):
            raise PictureError(f"{path} was not written by this batch, or was changed since; move it away")

    def write(self, name: str, data: bytes, facts: Mapping[str, Any] | None = None) -> Entry:
        """Write a file, completely or not at all, after a note of it.

        Raises PictureError as `check`, or if it cannot be written.
        """
        self.check(name)
        entry = {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **(facts or {})}
        try:
            (self.path / name).parent.mkdir(exist_ok=True)
            self._append(entry)
            write_atomic(self.path / name, data)
        except OSError as error:
            raise PictureError(f"{self.path / name} must be a file that can be written ({error.strerror})") from None
        self.adopt(entry)
        return entry

    def adopt(self, entry: Entry) -> None:
        """Take over the note of a file that another process of this batch has written."""
        with self._lock:
            self._note(entry)

    def remove(self, name: str) -> None:
        """Remove a file if it is the batch's own."""
        if self._is_own(name):
            (self.path / name).unlink(missing_ok=True)

    def owned(self) -> tuple[str, ...]:
        """The names of all files that the batch has noted."""
        return tuple(self._owned)

    def _note(self, entry: Entry) -> None:
        self._owned[entry["file"]] = entry["sha256"]
        self._entries[entry["file"]] = entry

    def _is_own(self, name: str) -> bool:
        path = self.path / name
        try:
            if path.is_symlink():
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self._owned.get(name)
        except OSError:
            return False

    def _append(self, entry: Mapping[str, Any]) -> None:
        """Add a line in one call, so that lines of several processes do not mix."""
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
        handle = os.open(self.path / NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(handle, self._break + line.encode("utf-8", "surrogateescape"))
            self._break = b""
        finally:
            os.close(handle)

    def _read(self) -> Iterator[Entry]:
        """The notes; a line that a crash cut off is left out."""
        try:
            data = (self.path / NOTES).read_bytes()
        except OSError:
            return
        lines = data.splitlines()
        self._break = b"" if not lines or data.endswith(b"\n") else b"\n"
        if lines and _parsed(lines[0]) != _HEADER:
            raise PictureError(f"{self.path / NOTES} must be the notes of a batch, got another file; move it away")
        for line in lines[1:]:
            entry = _parsed(line)
            if isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("file", "sha256")):
                yield entry


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
