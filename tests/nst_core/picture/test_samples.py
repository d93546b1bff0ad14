"""Samples load, differ from each other, and survive any state of the cache."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import PictureError
from nst_core.picture import samples
from nst_core.picture.upload import open_picture


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    samples._load.cache_clear()
    yield tmp_path / "cache"
    samples._load.cache_clear()


ALL = (*samples.contents(), *samples.styles())


@pytest.mark.parametrize("sample", ALL, ids=lambda s: s.key)
def test_every_sample_loads(sample: Any) -> None:
    picture = sample.load(96)
    assert max(picture.width, picture.height) == 96
    assert picture.pixels.std() > 10
    assert samples.find(sample.key) is sample
    for words in (sample.title, sample.artist, sample.licence, sample.alt):
        assert words.strip() == words != ""
    assert len(sample.title) <= 24
    assert "\n" not in sample.alt


@pytest.mark.slow
def test_keys_and_pictures_are_unique() -> None:
    assert len({s.key for s in ALL}) == len(ALL)
    assert len({s.load(64).sha256 for s in ALL}) == len(ALL)
    assert {s.kind for s in samples.contents()} == {"content"}
    assert {s.kind for s in samples.styles()} == {"style"}


def test_drawn_styles_come_first_and_all_are_offered() -> None:
    from nst_core.picture.procedural import DRAWINGS

    drawn = [s.key for s in samples.styles() if s.source == samples.DRAWN]
    assert drawn == list(DRAWINGS) == [s.key for s in samples.styles()][: len(drawn)]


def test_a_photograph_is_not_enlarged() -> None:
    cat = samples.find("chelsea").load(2000)
    assert (cat.width, cat.height) == (451, 300)


def test_a_drawing_is_kept_on_disk_and_read_from_there(own_cache: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = samples.find("composition")
    drawn = sample.load(80)
    (file,) = (own_cache / "drawn").iterdir()
    samples._load.cache_clear()
    monkeypatch.setattr("nst_core.picture.procedural.draw", lambda *_: pytest.fail("drawn twice"))
    assert sample.load(80) == drawn
    assert file.suffix == ".png"


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_costs_only_the_drawing(own_cache: Any, damage: Any) -> None:
    sample = samples.find("composition")
    drawn = sample.load(80)
    (file,) = (own_cache / "drawn").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    samples._load.cache_clear()
    assert sample.load(80) == drawn
    assert file.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("NST_CACHE_DIR", os.fspath(blocked))
    assert np.asarray(samples.find("composition").load(80).pixels).std() > 10


def test_an_unknown_sample_lists_what_there_is() -> None:
    with pytest.raises(PictureError, match=r"astronaut.*night-swirls.*brick.*'mona-lisa'"):
        samples.find("mona-lisa")


def test_a_missing_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(PictureError, match="scikit-image"):
        samples.find("coffee").load(64)


@pytest.mark.parametrize("key", ["composition", "chelsea"])
def test_a_small_picture_is_made_once_a_machine(key: str, own_cache: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = samples.find(key)
    made = sample.webp(60, 70)
    assert open_picture(made).height in (40, 60)
    monkeypatch.setattr(samples.Sample, "load", lambda *_: pytest.fail("made twice"))
    assert sample.webp(60, 70) == made
    assert {file.suffix for file in (own_cache / "drawn").iterdir()} >= {".webp"}


@pytest.mark.parametrize("left", [0, 11, 0.5])
def test_a_small_picture_that_was_cut_off_is_made_anew(left: float, own_cache: Any) -> None:
    made = samples.find("chelsea").webp(60, 70)
    (file,) = (own_cache / "drawn").iterdir()
    file.write_bytes(made[: int(left * len(made)) if left < 1 else left])
    assert samples.find("chelsea").webp(60, 70) == made == file.read_bytes()


def test_a_changed_drawing_is_not_shown_as_it_was(own_cache: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = samples.find("composition")
    sample.webp(60, 70)
    monkeypatch.setattr(samples, "_drawing_code_hash", lambda: "another")
    sample.webp(60, 70)
    assert len(list((own_cache / "drawn").glob("*.webp"))) == 2
