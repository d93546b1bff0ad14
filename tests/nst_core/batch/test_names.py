"""Names of results."""

import pytest

from nst_core.batch.names import distinct, part, stem


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
