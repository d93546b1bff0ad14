"""The photographs of a batch: uploaded files, and those in uploaded ZIP files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.settings import Settings
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs.uploads import max_upload_mb

if TYPE_CHECKING:
    from nst_core.batch.hosted import NamedPicture

MOST_PHOTOGRAPHS = 64
_SHOWN_PROBLEMS = 8


@dataclass(frozen=True)
class Photographs:
    """The photographs that were taken, and why others were not.

    Attributes:
        digest: the hash of all files, by which they are read once.
        pictures: in the order of the files.
        problems: name -> one sentence.
    """

    digest: str = ""
    pictures: tuple[NamedPicture, ...] = field(default=(), repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)


_TAKEN = SessionValue[Photographs]("batch", "photographs")


def photographs() -> Photographs:
    """The uploader of files, what was taken of them, and what was not."""
    theme.section("Photos")
    uploaded = st.file_uploader(
        f"Pictures, or ZIP files of pictures, up to {max_upload_mb()} MB each",
        accept_multiple_files=True,
        max_upload_size=max_upload_mb(),
        key="batch_files",
    )
    given = [(file.name, file.getvalue()) for file in uploaded or ()]
    digest = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for _, data in given)).hexdigest()
    taken = _TAKEN.get() or Photographs()
    if not given:
        taken = Photographs()
    elif taken.digest != digest:
        with st.spinner("Reading the pictures…"):
            taken = _read(digest, given)
    _TAKEN.put(taken)
    _tell(taken)
    return taken


def _read(digest: str, given: list[tuple[str, bytes]]) -> Photographs:
    """Decode every picture; one that cannot be used costs a sentence."""
    from nst_core.batch.hosted import NamedPicture
    from nst_core.picture.upload import kept_on_disk, open_picture

    pictures: list[NamedPicture] = []
    problems: dict[str, str] = {}
    for name, data, problem in _files(given):
        if not problem and len(pictures) >= MOST_PHOTOGRAPHS:
            problem = f"a batch takes at most {MOST_PHOTOGRAPHS} photographs"  # noqa: PLW2901
        if problem:
            problems[name] = problem
            continue
        try:
            pictures.append(NamedPicture(name, kept_on_disk(open_picture(data))))
        except NSTError as error:
            problems[name] = str(error)
    return Photographs(digest, tuple(pictures), problems)


def _files(given: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and problem of each file, also of those in archives."""
    from nst_core.batch.archive import read_pictures

    settings = Settings.read()
    for name, data in given:
        if not name.lower().endswith(".zip"):
            yield name, data, ""
            continue
        try:
            for each in read_pictures(data, settings.picture_mb << 20, settings.upload_mb << 20):
                yield f"{name}/{each.name}", each.data, each.problem
        except NSTError as error:
            yield name, b"", str(error)


def _tell(taken: Photographs) -> None:
    """One line with the number of photographs, and the files that were not taken."""
    if not taken.digest:
        most = Settings.read().upload_files
        theme.description(f"Up to {most} files; more of them as a ZIP. They stay on this server for this visit only.")
        return
    count = len(taken.pictures)
    theme.credit_line(f"{count} {'photograph' if count == 1 else 'photographs'}", "ready to paint" if count else "")
    told = [f"{note} ({each.name})" for each in taken.pictures for note in each.picture.notes]
    for note in told[:_SHOWN_PROBLEMS]:
        theme.notice("quiet", "Good to know", note)
    if len(told) > _SHOWN_PROBLEMS:
        theme.notice("quiet", "Good to know", f"{len(told) - _SHOWN_PROBLEMS} more, which the manifest lists")
    if taken.problems:
        lines = "".join(
            f"<li><b>{escape(name)}</b>: {escape(problem)}</li>"
            for name, problem in list(taken.problems.items())[:_SHOWN_PROBLEMS]
        )
        more = len(taken.problems) - _SHOWN_PROBLEMS
        rest = f"<li>and {more} more, which the manifest lists</li>" if more > 0 else ""
        title = f"{len(taken.problems)} {'file was' if len(taken.problems) == 1 else 'files were'} not taken"
        st.html(
            Html(
                f'<div class="nst-notice nst-warning" role="alert"><strong>{title}</strong>'
                f'<ul class="nst-left-out">{lines}{rest}</ul></div>'
            )
        )
