"""No file is replaced by accident, and a format has the quality that was asked for."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.recipe import make
from nst_core.runs.result_file import check_absent, check_distinct, check_quality, encoder

PIXELS = np.random.default_rng(1).random((1, 64, 64, 3), dtype=np.float32)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is read, in the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    path = tmp_path / "photo.png"
    path.write_bytes(b"photograph")
    (tmp_path / "soft.png").symlink_to(path)
    os.link(path, tmp_path / "hard.png")
    return path


@pytest.mark.parametrize("name", ["photo.png", "./photo.png", "in/../photo.png", "soft.png", "hard.png"])
def test_an_output_that_is_read_is_refused_by_any_name(photo: Path, name: str) -> None:
    with pytest.raises(PictureError, match="the output must not replace a file that is read"):
        check_distinct({"the output": Path(name)}, [str(photo)])
    with pytest.raises(PictureError, match="the report must not replace"):
        check_distinct({"the output": Path("other.png"), "the report": Path(name)}, ["photo.png"])


@pytest.mark.parametrize(("one", "other"), [("a.png", "a.png"), ("a.png", "in/../a.png"), ("a.png", "A.PNG")])
def test_two_outputs_in_one_file_are_refused(photo: Path, one: str, other: str) -> None:
    with pytest.raises(PictureError, match="the report and the output must be two files"):
        check_distinct({"the output": Path(one), "the report": Path(other)}, [str(photo)])


def test_other_files_pass_even_if_their_names_are_alike(photo: Path) -> None:
    check_distinct({"the output": Path("photo2.png"), "the report": Path("photo.json")}, [str(photo), "no such file"])
    if not Path("PHOTO.PNG").exists():  # where the system tells the two names apart, they are two files
        check_distinct({"the output": Path("PHOTO.PNG")}, [str(photo)])


def test_a_file_that_is_there_is_kept_also_a_broken_link(photo: Path) -> None:
    Path("broken.png").symlink_to("nowhere")
    check_absent({"the output": Path("new.png")})
    for name in ("photo.png", "broken.png"):
        with pytest.raises(PictureError, match=f"--no-clobber keeps {name}, which is there already"):
            check_absent({"the output": Path(name)})


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a_lower_quality_is_a_smaller_file(name: str) -> None:
    recipe = make("painterly")
    sizes = [len(encoder(Path(name), quality)(PIXELS, recipe, None)) for quality in (20, 90, None)]
    assert sizes[0] < sizes[1] == sizes[2]


def test_a_png_has_no_quality_and_stays_exact() -> None:
    data = encoder(Path("a.png"))(PIXELS, make("painterly"), None)
    assert np.abs(np.asarray(Image.open(io.BytesIO(data))) / 255 - PIXELS[0]).max() <= 0.51 / 255
    with pytest.raises(PictureError, match="a PNG loses nothing and has no quality, got quality 80"):
        encoder(Path("a.png"), 80)


@pytest.mark.parametrize(("kind", "quality"), [(".jpg", 96), (".webp", 101), (".jpeg", 0)])
def test_a_quality_out_of_range_is_refused(kind: str, quality: int) -> None:
    with pytest.raises(PictureError, match=f"from 1 to .*, got {quality}"):
        check_quality(kind, quality)
