"""Lines that are written twice; the ledger's tests damage them."""

from __future__ import annotations

from pathlib import Path

from nst_core.jobs.paired_log import PairedLog

NAMES = ("a.log", "b.log")


def test_the_lines_of_both_files_are_read_once_and_uneven_files_are_to_be_rewritten(tmp_path: Path) -> None:
    log = PairedLog(tmp_path, NAMES)
    for text in ("one", "two"):
        log.append(text)
    assert PairedLog(tmp_path, NAMES).read(9) == (["one", "two"], False)
    assert PairedLog(tmp_path, NAMES).read(0) == (["one", "two"], True), "too long"
    (tmp_path / NAMES[0]).unlink()
    log = PairedLog(tmp_path, NAMES)
    assert log.read(9) == (["one", "two"], True)
    log.rewrite(["two"])
    assert PairedLog(tmp_path, NAMES).read(9) == (["two"], False)


def test_fixed_files_are_read_and_never_written(tmp_path: Path) -> None:
    PairedLog(tmp_path, NAMES).append("one")
    log = PairedLog(tmp_path, NAMES, is_fixed=True)
    log.append("two")
    log.rewrite(["three"])
    assert PairedLog(tmp_path, NAMES).read(9) == (["one"], False)
