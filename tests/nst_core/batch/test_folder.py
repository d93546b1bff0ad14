"""The folder of results: what is the batch's own, and what is finished."""

from pathlib import Path
from typing import Any

import pytest

from nst_core.batch import folder as folders
from nst_core.batch.folder import NOTES, OutputFolder
from nst_core.errors import PictureError


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """`opened()`: the folder as a new program finds it."""

    def reopen(*inputs: Any) -> OutputFolder:
        return OutputFolder(tmp_path / "out", {str(name) for name in inputs})

    with reopen().locked():
        pass
    return reopen


def test_a_written_file_is_finished_for_the_same_key_only(opened: Any) -> None:
    opened().write("a.png", b"one", {"key": "k"})
    again = opened()
    assert again.finished("a.png", "k")["bytes"] == 3
    assert again.finished("a.png", "other") is None
    again.write("a.png", b"two", {"key": "other"})
    assert opened().finished("a.png", "other")
    assert (again.path / "a.png").read_bytes() == b"two"


def test_a_changed_or_removed_file_is_not_finished_and_a_changed_one_stays(opened: Any) -> None:
    out = opened()
    out.write("a.png", b"one", {"key": "k"})
    out.write("b.png", b"one", {"key": "k"})
    (out.path / "a.png").write_bytes(b"mine now")
    (out.path / "b.png").unlink()
    assert out.finished("a.png", "k") is None
    assert out.finished("b.png", "k") is None
    with pytest.raises(PictureError, match="was not written by this batch, or was changed since"):
        out.write("a.png", b"two")
    out.write("b.png", b"two")
    assert (out.path / "a.png").read_bytes() == b"mine now"


def test_no_foreign_file_no_link_and_no_input_is_overwritten(opened: Any, tmp_path: Path) -> None:
    out = opened(tmp_path / "out" / "input.png")
    (out.path / "foreign.png").write_bytes(b"theirs")
    (out.path / "link.png").symlink_to(tmp_path / "target")
    for name in ("foreign.png", "link.png", "input.png"):
        with pytest.raises(PictureError):
            out.write(name, b"ours")
    assert (out.path / "foreign.png").read_bytes() == b"theirs"
    assert not (tmp_path / "target").exists()


def test_a_crash_between_note_and_file_costs_one_picture(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folders, "write_atomic", killed)
        with pytest.raises(KeyboardInterrupt):
            opened().write("a.png", b"one", {"key": "k"})
    assert opened().finished("a.png", "k") is None
    opened().write("a.png", b"one", {"key": "k"})
    assert opened().finished("a.png", "k")


def test_a_line_that_was_cut_off_costs_one_picture(opened: Any) -> None:
    opened().write("a.png", b"one", {"key": "k"})
    opened().write("b.png", b"one", {"key": "k"})
    notes = opened().path / NOTES
    notes.write_bytes(notes.read_bytes()[:-10])
    assert opened().finished("a.png", "k")
    assert opened().finished("b.png", "k") is None
    assert "b.png" in {p.name for p in opened().path.iterdir()}


def test_a_note_after_a_line_that_was_cut_off_is_read(opened: Any) -> None:
    notes = opened().path / NOTES
    notes.write_bytes(notes.read_bytes() + b'{"file": "b.p')
    opened().write("a.png", b"one", {"key": "k"})
    assert opened().finished("a.png", "k")


def test_notes_of_another_program_are_refused(tmp_path: Path) -> None:
    (tmp_path / NOTES).write_text("shopping\n")
    with pytest.raises(PictureError, match="got another file"):
        OutputFolder(tmp_path)


def test_two_batches_do_not_write_to_one_folder(opened: Any) -> None:
    with opened().locked(), pytest.raises(PictureError, match="no other batch writes to now"), opened().locked():
        pass
    with opened().locked():
        pass


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PictureError, match="must be a folder"), OutputFolder(tmp_path / "file").locked():
        pass
