"""Pictures in a ZIP file from outside: nothing is written to disk, and nothing is unpacked beyond the limits."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from nst_core.errors import PictureError
from nst_core.picture.header import read_header
from nst_core.picture.limits import FORMATS_IN_WORDS, SUFFIXES

MOST_ENTRIES = 500
"""Files and folders in an archive."""
MOST_RATIO = 100
"""Greatest size of a file divided by that in the archive; photographs hardly shrink, and drawings by 50 at most."""
RATIO_FROM_BYTES = 1 << 20
"""Smaller files may shrink by any ratio."""
_MOST_DIRECTORY_BYTES = 512 * 1024
"""Size of the archive's list of files, which Python reads at once."""
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar")
_END, _LOCATOR_64 = b"PK\5\6", b"PK\6\7"
_END_BYTES, _LOCATOR_BYTES, _COMMENT_BYTES = 22, 20, 65_535


@dataclass(frozen=True)
class ArchivedPicture:
    """A file of an archive: its bytes, or one sentence that says why it is left out."""

    name: str
    data: bytes = field(default=b"", repr=False)
    problem: str = ""


def read_pictures(data: bytes, file_bytes: int, total_bytes: int) -> Iterator[ArchivedPicture]:
    """The files of an archive, one after the other; folders and the hidden files of a system are left out.

    The bytes of a picture are not checked further: see `nst_core.picture.upload.open_picture`.

    Args:
        data: the archive.
        file_bytes: greatest size of one file.
        total_bytes: greatest size of all files together.

    Raises:
        PictureError: it is no ZIP file, is damaged, or has too many files.
    """
    _check_directory(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error, EOFError) as error:
        raise PictureError(f"a ZIP file must be complete and readable, got a damaged one ({error})") from None
    seen: set[str] = set()
    left = total_bytes
    with archive:
        for info in archive.infolist():
            if _is_ignored(info):
                continue
            name = _shown(info.filename)
            problem = _problem(info, seen, file_bytes, left)
            seen.add(info.filename.casefold())
            if problem:
                yield ArchivedPicture(name, problem=problem)
                continue
            picture = _read(archive, info, name, min(file_bytes, left))
            if not name.lower().endswith(SUFFIXES) and picture.data and read_header(picture.data) is None:
                picture = ArchivedPicture(name, problem=f"it is no {FORMATS_IN_WORDS} file")
            left -= len(picture.data)
            yield picture


def _check_directory(data: bytes) -> None:
    """Read the last record of the archive, before Python reads the whole list. Raises PictureError."""
    start = data.rfind(_END, max(0, len(data) - _END_BYTES - _COMMENT_BYTES))
    if start < 0 or len(data) < start + _END_BYTES:
        raise PictureError("a ZIP file must be complete and readable, got something else, or a part of one")
    count, size = struct.unpack_from("<HL", data, start + 10)
    is_64 = data[max(0, start - _LOCATOR_BYTES) :].startswith(_LOCATOR_64)
    if count > MOST_ENTRIES or size > _MOST_DIRECTORY_BYTES or is_64:
        raise PictureError(
            f"a ZIP file must have at most {MOST_ENTRIES} files, got {count if count < 0xFFFF else 'more'}; divide it"
        )


def _is_ignored(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder, or a file that a system adds by itself."""
    parts = info.filename.replace("\\", "/").split("/")
    return info.is_dir() or "__MACOSX" in parts or (parts[-1].startswith(".") and parts[-1] not in (".", ".."))


def _problem(info: zipfile.ZipInfo, seen: set[str], file_bytes: int, left: int) -> str:  # noqa: PLR0911 - one reason each
    """Why a file is left out, from the list of files alone; "" if nothing speaks against it."""
    name, size = info.orig_filename, info.file_size
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or "." in parts or not parts[0] or ":" in parts[0] or not name.isprintable():
        return "its name leads out of the archive, or cannot be read; give it a plain name"
    if info.filename.casefold() in seen:
        return "another file of the archive has the same name; rename one of them"
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "it is a link or a device and no file; put the picture itself into the archive"
    if info.flag_bits & 0x1:
        return "it is encrypted; make the archive without a password"
    if name.lower().endswith(_ARCHIVES):
        return "it is an archive inside the archive; put its pictures in directly"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is compressed in an unusual way; make the archive with the system's own program"
    if size > file_bytes:
        return f"a picture file must be at most {file_bytes / 2**20:g} MB, got {size / 2**20:.1f} MB"
    if size > RATIO_FROM_BYTES and size > MOST_RATIO * max(info.compress_size, 1):
        return f"it would unpack to more than {MOST_RATIO} times its size, as no photograph does"
    if size > left:
        return "the pictures of the archive together are too large; divide it into several"
    return ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, most: int) -> ArchivedPicture:
    """Unpack a file, and not a byte more than `most`, whatever the list of files says."""
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
        return ArchivedPicture(name, problem="it is damaged in the archive; make the archive again")
    if len(data) > most:
        return ArchivedPicture(name, problem="it is larger than the archive says; make the archive again")
    return ArchivedPicture(name, data)


def _shown(name: str) -> str:
    """A name for messages: printable, and not too long."""
    clean = "".join(character if character.isprintable() else "?" for character in name)
    return clean if len(clean) <= 80 else f"…{clean[-79:]}"
