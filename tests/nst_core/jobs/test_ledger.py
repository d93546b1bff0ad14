"""The ledger remembers why runs were removed, survives damage to either file, and has a limited size."""

import time
from pathlib import Path

import pytest

from nst_core.jobs import ledger
from nst_core.jobs.ledger import FILES, Ledger
from nst_core.jobs.records import checked_lines


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [None, b"", b"\xff\x00noise\n" * 9])
def test_one_damaged_file_loses_no_reason_and_is_mended(tmp_path: Path, name: str, damage: bytes | None) -> None:
    first = Ledger(tmp_path)
    for job in ("a", "b", "c"):
        first.note(job, "stored")
    first.note("a", "deleted")
    first.note("b", "room", "the disk was full")
    path = tmp_path / name
    whole = path.read_bytes()
    path.unlink() if damage is None else path.write_bytes(damage)
    after = Ledger(tmp_path)
    today = time.strftime("%Y", time.gmtime())
    assert f"deleted by its owner on {int(time.strftime('%d', time.gmtime()))} " in (after.get("a") or after).reason()  # type: ignore[union-attr]
    reason = (after.get("b") or after).reason()  # type: ignore[union-attr]
    assert f"{today} to make room, because the disk was full and the oldest go first" in reason
    assert after.missing({"c"}) == []
    assert after.missing(set()) == ["c"]
    assert len(path.read_bytes()) <= len(whole)
    (tmp_path / FILES[1 - FILES.index(name)]).unlink()
    assert Ledger(tmp_path).get("a") == after.get("a")


def test_a_line_that_a_crash_cut_is_left_out_and_damages_no_other(tmp_path: Path) -> None:
    first = Ledger(tmp_path)
    first.note("a", "deleted")
    first.note("b", "deleted")
    for name in FILES:
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-5])
    first.note("c", "deleted")
    after = Ledger(tmp_path)
    assert [bool(after.get(job)) for job in "abc"] == [True, False, True]


def test_it_is_bounded_in_memory_and_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_ENTRIES", 5)
    first = Ledger(tmp_path)
    for number in range(20):
        first.note(f"r{number}", "deleted")
    assert [first.get("r14"), bool(first.get("r15"))] == [None, True]
    Ledger(tmp_path)
    after = Ledger(tmp_path)
    assert [after.get("r14"), bool(after.get("r15"))] == [None, True]
    assert all((tmp_path / name).read_bytes().count(b"\n") == 5 for name in FILES)


def test_what_the_disk_does_not_take_is_remembered_and_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "absent"
    here = Ledger(folder)
    here.note("a", "deleted")
    assert here.get("a")
    assert Ledger(folder).get("a") is None
    folder.mkdir()
    here.flush()
    here.note("b", "deleted")
    assert [bool(Ledger(folder).get(job)) for job in "ab"] == [True, True]
    assert all((folder / name).read_bytes().count(b"\n") == 2 for name in FILES)


def test_whole_lines_of_another_version_are_left_out(tmp_path: Path) -> None:
    lines = [
        '{"job": "a", "event": "deleted", "at": 5.0}',
        *('{"job": ["b"], "event": "stored", "at": 5.0}', '{"job": "c", "event": "stored", "at": "today"}'),
        *('{"job": "d", "event": "stored", "at": 1e300}', '{"job": "e", "event": "stored", "at": NaN}', "[]", "{"),
    ]
    (tmp_path / FILES[0]).write_bytes(checked_lines(lines))
    read = Ledger(tmp_path)
    assert [bool(read.get(job)) for job in "abcde"] == [True, *[False] * 4]
