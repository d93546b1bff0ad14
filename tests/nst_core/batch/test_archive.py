"""ZIP files from outside: bombs, bad names and damage cost one sentence each."""

import io
import struct
import warnings
import zipfile
from typing import Any

import pytest

from nst_core.batch.archive import MOST_ENTRIES, read_pictures
from nst_core.errors import PictureError

FILE, TOTAL = 4 << 20, 8 << 20


def zipped(*files: tuple[Any, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as made:
        warnings.simplefilter("ignore")  # of two files with one name
        for name, data in files:
            made.writestr(name, data)
    return file.getvalue()


def read(data: bytes) -> dict[str, Any]:
    return {each.name: each.problem or each.data for each in read_pictures(data, FILE, TOTAL)}


def link(name: str, mode: int = 0o120777) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_pictures_come_with_their_folders_and_without_what_systems_add() -> None:
    data = zipped(
        ("a.png", b"one"),
        ("in/B.JPG", b"two"),
        ("in/", b""),
        ("__MACOSX/._a.png", b"x"),
        (".DS_Store", b"x"),
        ("Tübingen.webp", b"three"),
    )
    assert read(data) == {"a.png": b"one", "in/B.JPG": b"two", "Tübingen.webp": b"three"}


@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/a.png", "a/../../b.png", "..\\a.png", "C:\\a.png", "a\nb.png", "./a.png", "//x/a.png"]
)
def test_names_that_lead_out_are_left_out(name: str) -> None:
    found = list(read_pictures(zipped((name, b"x"), ("fine.png", b"y")), FILE, TOTAL))
    assert [bool(each.problem) for each in found] == [True, False]
    assert "leads out of the archive" in found[0].problem
    assert found[0].name.isprintable()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (("inner.zip", b"x"), "an archive inside the archive"),
        (("x.tar.gz", b"x"), "an archive inside the archive"),
        (("notes.txt", b"x"), "no PNG, JPEG"),
        (("run.exe", b"x"), "no PNG, JPEG"),
        ((link("l.png"), b"/etc/passwd"), "a link or a device"),
        ((link("d.png", 0o060777), b""), "a link or a device"),
        (("big.png", b"\1\2" * (3 << 20)), "at most 4 MB, got 6.0 MB"),
        (("bomb.png", bytes(2 << 20)), "more than 100 times its size"),
    ],
)
def test_what_is_no_picture_costs_a_sentence(entry: Any, problem: str) -> None:
    found = read(zipped(("a.png", b"1"), entry, ("z.png", b"2")))
    assert found.pop("a.png") == b"1"
    assert found.pop("z.png") == b"2"
    ((_, told),) = found.items()
    assert problem in told


def test_the_content_of_a_picture_counts_not_its_name() -> None:
    picture = b"\xff\xd8\xff and so on"
    assert read(zipped(("IMG_1", picture), ("shot.dat", picture))) == {"IMG_1": picture, "shot.dat": picture}


def test_two_files_of_one_name_give_the_first() -> None:
    first, second = read_pictures(zipped(("a.png", b"1"), ("A.png", b"2")), FILE, TOTAL)
    assert (first.data, second.data) == (b"1", b"")
    assert "same name" in second.problem


def test_all_together_are_limited() -> None:
    photograph = bytes(range(256)) * (12 << 10)  # 3 MB
    data = zipped(*((f"{n}.png", photograph) for n in range(4)), method=zipfile.ZIP_STORED)
    assert [len(each.data) >> 20 for each in read_pictures(data, FILE, TOTAL)] == [3, 3, 0, 0]
    assert "together are too large" in read(data)["3.png"]


def test_a_size_that_lies_unpacks_no_more_than_it_says() -> None:
    data = bytearray(zipped(("a.png", bytes(300_000))))
    for start in (data.find(b"PK\3\4") + 22, data.find(b"PK\1\2") + 24):
        struct.pack_into("<L", data, start, 100)
    ((_, told),) = read(bytes(data)).items()
    assert isinstance(told, str)
    assert "damaged" in told


def test_an_encrypted_file_is_left_out() -> None:
    data = bytearray(zipped(("a.png", b"x")))
    data[data.find(b"PK\1\2") + 8] |= 1
    assert "encrypted" in read(bytes(data))["a.png"]


def test_an_unusual_compression_is_left_out() -> None:
    assert "unusual way" in read(zipped(("a.png", b"x" * 999), method=zipfile.ZIP_LZMA))["a.png"]


def test_damaged_bytes_cost_one_picture() -> None:
    data = bytearray(zipped(("a.png", b"abcdef" * 9), ("b.png", b"1"), method=zipfile.ZIP_STORED))
    data[data.find(b"abcdef")] ^= 0xFF
    assert read(bytes(data)) == {"a.png": "it is damaged in the archive; make the archive again", "b.png": b"1"}


def test_too_many_files_are_refused_before_the_list_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped(*((f"{n}.png", b"") for n in range(MOST_ENTRIES + 1)))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(PictureError, match="at most 500 files, got 501"):
        read(many)
    lied = bytearray(many)
    struct.pack_into("<HH", lied, lied.rfind(b"PK\5\6") + 8, 1, 1)
    struct.pack_into("<L", lied, lied.rfind(b"PK\5\6") + 12, 1 << 20)
    with pytest.raises(PictureError, match="at most 500 files"):
        read(bytes(lied))


def test_every_cut_and_any_bytes_are_refused_or_read() -> None:
    whole = zipped(("a.png", b"one" * 50), ("b.png", b"two"))
    for cut in range(len(whole)):
        with pytest.raises(PictureError, match="must be complete and readable"):
            read(whole[:cut])
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        try:
            read(bytes(changed))
        except PictureError:
            continue
