"""The page Batch: files and archives in, a grid, a ZIP out."""

from __future__ import annotations

import io
import zipfile
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from tests.pages.conftest import Open, shortcut_of, words
from tests.pages.fake_service import FakeJobService


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "."), data)
    return file.getvalue()


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`upload(name=bytes, ...)`: what the uploader of the page holds; "__" stands for a dot."""

    def put(**given: bytes) -> None:
        held = [SimpleNamespace(name=n.replace("__", "."), getvalue=lambda data=d: data) for n, d in given.items()]
        monkeypatch.setattr(st, "file_uploader", lambda *_, **__: held)

    return put


def test_the_page_opens_with_a_button_that_waits_for_pictures(open_page: Open) -> None:
    app = open_page("batch")
    assert words(app).count("<h1") == 1
    assert app.button(key="batch_start").disabled
    assert "The pictures appear here" in words(app)


def test_files_and_archives_become_a_grid_and_what_is_no_picture_is_told(
    open_page: Open, upload: Any, job_service: FakeJobService
) -> None:
    zipped = archive(inner__png=png(9), notes__txt=b"x", bad__png=b"no", deeper__zip=b"y")
    upload(a__png=png(1), b__png=b"broken", many__zip=zipped, cut__zip=zipped[:-30])
    app = open_page("batch")
    shown = words(app)
    assert "2 photographs" in shown
    for problem in ("b.png</b>: a picture must be", "notes.txt</b>: it is no PNG", "an archive inside the archive"):
        assert problem in shown
    assert "cut.zip</b>: a ZIP file must be complete" in shown
    assert app.button(key="batch_start").label == "Paint 2 pictures"
    app.button(key="batch_start").click().run()
    assert not app.exception
    assert "0 of 2 painted" in app.get("progress")[0].proto.text
    shown = words(app)
    assert 'data-state="waiting"' in shown
    assert "inner in " in shown
    app.button(key="batch_stop").click().run()
    assert any("stopped" in text.value for text in app.markdown)
    assert not app.get("progress"), "the tab's title tells the progress as long as there is a bar"
    assert [button.proto.label for button in app.get("download_button")] == ["ZIP"]
    assert app.button(key="batch_play_arrow").label == "Go on"
    assert [shortcut_of(key) for key in ("batch_start", "batch_stop", "batch_play_arrow")] == ["p", "x", "h"]


def test_an_unknown_batch_has_expired(open_page: Open) -> None:
    assert "This batch has expired" in words(open_page("batch", batch="A" * 32))


def test_names_of_files_are_text_and_no_markup(open_page: Open, upload: Any) -> None:
    upload(**{"<img src=x onerror=alert(1)>__png": b"broken"})
    assert "<img src=x" not in words(open_page("batch"))
