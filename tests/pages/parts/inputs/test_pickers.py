"""Sources of a picture: a link, and one of our results, which contains its settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from nst_core.picture.encode import to_jpeg, to_png
from nst_core.picture.limits import UploadLimits
from nst_core.recipe import make
from nst_core.settings import Settings
from pages.parts.film.chosen import max_film_mb
from pages.parts.inputs.selection import IMAGES, find_sample
from pages.parts.inputs.uploads import max_upload_mb
from tests.pages.conftest import Open, words

PIXELS = np.full((1, 48, 64, 3), 0.4, np.float32)


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_private_link_is_refused_in_words_and_changes_nothing(
    open_page: Open, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NST_OFFLINE", raising=False)
    app = open_page("slow")
    app.segmented_control(key=f"picker_source_{role}").set_value("Link").run()
    before = words(app)
    app.text_input(key=f"{role}_link").set_value("http://127.0.0.1/a.png")
    app.button(key=f"{role}_link_fetch").click().run()
    assert "must be on the public internet" in words(app)
    assert not app.exception
    assert before.count("nst-chosen") == words(app).count("nst-chosen")


def test_a_picture_that_carries_its_settings_offers_them_and_serves_as_a_picture(open_page: Open) -> None:
    png = to_png(PIXELS, make("painterly", {"steps": 123}).to_json())
    app = open_page("fast")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([("ours.png", png, "image/png")]).run()
    assert "carries the settings it was made with" in words(app)
    assert "ours.png" in words(app)
    app.button(key="content_use_settings").click().run()
    assert not app.exception


@pytest.mark.parametrize("text", [None, "no JSON", "[]", '{"steps": -1}', '{"steps": "<b>"}'])
def test_any_other_text_in_its_place_is_passed_over(open_page: Open, text: str | None) -> None:
    app = open_page("slow")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([("x.png", to_png(PIXELS, text), "image/png")]).run()
    assert "carries the settings" not in words(app)
    assert not app.exception


def test_the_server_takes_as_large_a_file_as_the_uploaders_do(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tomllib.loads((Path(__file__).parents[4] / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == Settings.film_mb == max_film_mb()
    assert max_upload_mb() == Settings.picture_mb
    monkeypatch.setenv("NST_PICTURE_MB", "7")
    assert max_upload_mb() == 7
    monkeypatch.setenv("NST_PICTURE_MB", "400")
    assert max_upload_mb() == Settings.film_mb  # Streamlit would cut the file off


def test_a_reduced_photograph_serves_as_a_picture_and_says_so(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UploadLimits, "read", classmethod(lambda _: UploadLimits(kept_pixels=1200)))
    app = open_page("slow")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([("large.png", to_png(PIXELS), "image/png")]).run()
    assert "educed from 64 x 48 px to 40 x 30 px" in words(app)
    assert "large.png" in words(app)
    assert not app.exception


def test_the_same_file_chosen_again_after_a_sample_is_chosen_again(open_page: Open) -> None:
    app = open_page("slow")
    for _ in range(2):
        app.segmented_control(key="picker_source_content").set_value("Upload").run()
        app.file_uploader(key="content_file").set_value([("mine.png", to_png(PIXELS), "image/png")]).run()
        assert "mine.png" in words(app)
        app.segmented_control(key="picker_source_content").set_value("Samples").run()
        app.session_state[IMAGES.key()]["content"] = find_sample("content", "chelsea")
        app.run()
        assert "mine.png" not in words(app)


@pytest.mark.parametrize(
    ("name", "data", "advice"),
    [
        ("scan.tiff", b"II*\0\x08\0\0\0", "raw file; open it in a photo program"),
        ("page.pdf", b"%PDF-1.7", "got a PDF; take a screenshot"),
        ("clip.avi", b"RIFF\0\0\0\0AVI LIST", "got an AVI video; save one of its frames"),
    ],
)
def test_a_file_of_another_kind_gets_advice_on_the_page(open_page: Open, name: str, data: bytes, advice: str) -> None:
    app = open_page("slow")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([(name, data, "")]).run()
    assert advice in words(app)


@pytest.mark.parametrize("name", ["shot.jfif", "shot.jpe", "shot", "shot.txt"])
def test_the_content_of_a_picture_counts_not_its_name(open_page: Open, name: str) -> None:
    app = open_page("slow")
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([(name, to_jpeg(PIXELS), "")]).run()
    assert "cannot be used" not in words(app)
    assert name in words(app)
