"""Files, folders and globs as names of pictures."""

from pathlib import Path
from typing import Any

import pytest

from nst_core.batch.sources import expand
from nst_core.errors import PictureError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("10.png", "2.JPG", "1.webp", ".hidden.png", "notes.txt", "inner/3.png", "out/1--x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def names(tree: Path, *patterns: Any) -> list[str]:
    found = expand([str(tree / p) if isinstance(p, str) else p[0] for p in patterns], tree / "out")
    return [str(Path(name).relative_to(tree)) if name.startswith("/") else name for name in found]


def test_a_folder_gives_its_own_pictures_in_natural_order(tree: Path) -> None:
    assert names(tree, ".") == ["1.webp", "2.JPG", "10.png"]


def test_a_glob_enters_folders_but_not_the_results(tree: Path) -> None:
    assert names(tree, "**/*.png") == ["10.png", "inner/3.png"]


def test_each_picture_comes_once_in_the_order_of_the_arguments(tree: Path) -> None:
    assert names(tree, "10.png", ".", "inner/3.png", ("sample:brick",)) == [
        "10.png",
        "1.webp",
        "2.JPG",
        "inner/3.png",
        "sample:brick",
    ]


def test_a_result_may_be_named_itself(tree: Path) -> None:
    assert names(tree, "out/1--x.png") == ["out/1--x.png"]


@pytest.mark.parametrize("pattern", ["nothing.png", "*.gif", "empty", "[", "\0"])
def test_what_names_nothing_is_refused(tree: Path, pattern: str) -> None:
    (tree / "empty").mkdir()
    with pytest.raises(PictureError, match="must"):
        names(tree, pattern)


def test_an_unknown_sample_is_refused_before_anything_is_painted(tree: Path) -> None:
    with pytest.raises(PictureError, match="must be one of"):
        names(tree, ("sample:nothing",))
