"""A file of lines and a copy of it: a line outlives damage to either, and a line that a crash cut damages no other."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path

from nst_core.jobs.records import checked_lines, whole_lines
from nst_core.system.atomic_files import read_if_possible, write_atomic


class PairedLog:
    """Lines of text in two files. If the disk fails, new lines wait in memory. Not thread-safe."""

    def __init__(self, folder: Path | None, names: tuple[str, str], *, is_fixed: bool = False) -> None:
        """Use two files in `folder`; write none without a folder, or if `is_fixed`, because they cannot be written."""
        self._paths = tuple(folder / name for name in names) if folder else ()
        self._unwritten: dict[Path, list[str]] = {} if is_fixed else {path: [] for path in self._paths}

    def read(self, most: int) -> tuple[list[str], bool]:
        """The undamaged lines of both files without repetitions, and whether to rewrite the files.

        They are to be rewritten if they differ, or if one has more than twice as many lines as the `most` that count.
        """
        found = [list(whole_lines(read_if_possible(path) or b"")) for path in self._paths]
        is_uneven = any(lines != found[0] for lines in found)
        return list(dict.fromkeys(itertools.chain(*found))), is_uneven or any(len(lines) > 2 * most for lines in found)

    def append(self, text: str) -> None:
        """Add a line, and write it if possible."""
        for lines in self._unwritten.values():
            lines.append(text)
        self.flush()

    def flush(self) -> None:
        """Write the lines that could not be written before."""
        for path, lines in self._unwritten.items():
            if lines:
                with contextlib.suppress(OSError), path.open("ab") as file:
                    file.write(checked_lines(lines))
                    file.flush()
                    lines.clear()

    def rewrite(self, texts: Sequence[str]) -> None:
        """Replace all lines of both files, if possible."""
        for path in self._unwritten:
            with contextlib.suppress(OSError):
                write_atomic(path, checked_lines(texts))
