"""Names of results."""

from pathlib import Path

import pytest

from nst_core.batch.names import distinct, part, stem
from nst_core.system.atomic_files import write_atomic


@pytest.mark.parametrize(
    ("content", "styles", "name"),
    [
        ("in/harbour.jpg", ["sample:night-swirls"], "harbour--night-swirls"),
        ("Tübingen am Neckar.png", ["a.png", "b.png"], "Tübingen-am-Neckar--a+b"),
        ("x.png", list("abcde"), "x--a+b+c+2-more"),
        ("x.tar.png", [], "x.tar"),
        ("..", ["/"], "picture--picture"),
    ],
)
def test_names_say_what_was_painted(content: str, styles: list[str], name: str) -> None:
    assert stem(content, styles) == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\..", "a/b", "...", "-rf", "a\nb", "𝟘 $(x)", "x" * 300])
def test_a_part_is_a_plain_name(name: str) -> None:
    assert 0 < len(part(name)) <= 48
    assert not set(part(name)) & set('/\\:*?"<>|\n$ ()')
    assert part(name)[0] not in ".-"


@pytest.mark.parametrize("letter", ["x", "ü", "画", "𠀋"])
@pytest.mark.parametrize("styles", [1, 2, 5])
def test_long_names_in_any_script_fit_into_a_file_system(letter: str, styles: int, tmp_path: Path) -> None:
    longest = stem(letter * 90, [letter * 90] * styles)
    names = distinct([(longest, "1"), (longest, "2"), (longest, "2")], ".webp")
    for name in names:
        write_atomic(tmp_path / name, b"a picture")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert longest.count(letter) > 40


def test_equal_names_get_a_hash_which_does_not_depend_on_the_others() -> None:
    few = distinct([("a", "1"), ("A", "2")], ".png")
    more = distinct([("a", "1"), ("b", "0"), ("a", "3"), ("A", "2")], ".png")
    assert few[0] == more[0] == "a.png"
    assert few[1] == more[3]
    assert len({name.casefold() for name in more}) == 4


def test_even_equal_identities_do_not_collide() -> None:
    assert len(set(distinct([("a", "1")] * 5, ".png"))) == 5


def test_no_result_is_called_as_the_list_or_a_contact_sheet() -> None:
    assert distinct([("Contact-Sheet-1", ""), ("manifest", "")], ".jpg") == [
        "picture-Contact-Sheet-1.jpg",
        "picture-manifest.jpg",
    ]
