"""Pairs of contents and styles."""

from typing import Any

import pytest

from nst_core.batch.items import BatchItem, paired, with_distinct_names
from nst_core.errors import RecipeError
from nst_core.recipe import make


def pairs(how: Any, contents: str = "ab", names: str = "xy", **settings: Any) -> Any:
    base = BatchItem("", "", (), make(settings=settings), "start.png", (("mask.png", (1.0,)),))
    return paired(list(contents), list(names), base, how)


@pytest.mark.parametrize(
    ("how", "made"),
    [
        ("all", [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]),
        ("zip", [("a", "x"), ("b", "y")]),
        ("mix", [("a", "xy"), ("b", "xy")]),
    ],
)
def test_pairs(how: str, made: Any) -> None:
    items = pairs(how)
    assert [(item.content, "".join(item.styles)) for item in items] == made
    assert all(item.start == "start.png" and item.masks == (("mask.png", (1.0,)),) for item in items)


def test_settings_of_styles_stay_with_their_styles() -> None:
    styles = [{"sha256": "0" * 64, "weight": 1}, {"sha256": "0" * 64, "weight": 2}]
    for how, weights in (("all", [[1], [2], [1], [2]]), ("zip", [[1], [2]]), ("mix", [[1, 2], [1, 2]])):
        assert [[style.weight for style in item.recipe.styles] for item in pairs(how, styles=styles)] == weights
    one = pairs("all", styles=styles[1:])
    assert [item.recipe.styles[0].weight for item in one] == [2, 2, 2, 2]


def test_lists_of_two_lengths_are_refused() -> None:
    with pytest.raises(RecipeError, match="as many styles as contents, got 2 styles for 3 contents"):
        pairs("zip", contents="abc")
    with pytest.raises(RecipeError, match="one style or of each of the 3 styles, got 2"):
        pairs("all", names="xyz", styles=[{"sha256": "0" * 64}] * 2)


def test_names_are_distinct_and_a_given_name_stays() -> None:
    base = BatchItem("", "", (), make())
    items = [
        BatchItem("", "1/a.png", ("x.png",), base.recipe),
        BatchItem("", "2/a.png", ("x.png",), base.recipe),
        BatchItem("mine", "2/a.png", ("x.png",), base.recipe),
    ]
    first, second, third = (item.name for item in with_distinct_names(items, ".webp"))
    assert (first, third) == ("a--x.webp", "mine.webp")
    assert second.startswith("a--x-")
