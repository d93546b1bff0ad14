"""The gallery tells its component all that it shows, as bytes that are made once for all visitors."""

import json

from pages.parts.inputs.gallery import Thumb, _data

THUMBS = (Thumb("a", "A „title“", "alt", b"\x89PNG a"), Thumb("b", "B", "alt of b", b"\x89PNG b"))


def test_the_component_gets_the_label_the_thumbnails_and_the_picked_one() -> None:
    told = json.loads(_data("Styles", THUMBS, "b"))
    assert (told["label"], told["picked"]) == ("Styles", "b")
    items = json.loads(told["items"])
    assert [(item["key"], item["title"], item["alt"]) for item in items] == [(t.key, t.title, t.alt) for t in THUMBS]
    assert all(item["src"].startswith("data:image/png;base64,") for item in items)


def test_another_choice_is_told_and_the_same_is_not_made_again() -> None:
    assert _data("Styles", THUMBS, "a") != _data("Styles", THUMBS, "b")
    assert _data("Styles", THUMBS, "a") is _data("Styles", tuple(THUMBS), "a")
