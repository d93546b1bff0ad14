"""Tables of recipes: CSV and JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.batch import table
from nst_core.errors import NSTError, RecipeError
from nst_core.recipe import make


def base(preset: Any, method: Any) -> Any:
    return make(preset or "painterly", {"method": method} if method else {})


def read(folder: Path, text: str, name: str = "t.csv") -> Any:
    (folder / name).write_text(text)
    return table.read(folder / name, base)


def test_a_row_of_csv_is_a_picture_with_its_settings(tmp_path: Path) -> None:
    text = "content,styles,method,longest_edge_px,tv_weight,start,masks,name\n"
    text += '"in/a,1.jpg",x.png; sample:brick,slow,128,5,s.png,"m.png=1,0; n.png=0,1",mine\n'
    text += "b.jpg,x.png,balanced,,,,,\n"
    first, second = read(tmp_path, f"\ufeff{text}")
    assert first.content == str(tmp_path / "in/a,1.jpg")
    assert first.styles == (str(tmp_path / "x.png"), "sample:brick")
    assert (first.recipe.longest_edge_px, first.recipe.objective.tv_weight, first.recipe.start) == (128, 5.0, "own")
    assert first.start == str(tmp_path / "s.png")
    assert [shares for _, shares in first.masks] == [(1, 0), (0, 1)]
    assert first.name == "mine"
    assert second.recipe == make(settings={"method": "balanced"})
    assert not second.masks
    assert second.name == ""


def test_json_says_the_same_as_csv(tmp_path: Path) -> None:
    rows = [
        {"content": "a.jpg", "style": "x.png", "preset": "tutorial", "steps": 7, "name": "../n"},
        {"content": "b.jpg", "styles": ["x.png", "y.png"], "recipe": json.loads(make().to_json())},
    ]
    first, second = read(tmp_path, json.dumps(rows), "t.json")
    same = read(tmp_path, "content,style,preset,steps,name\na.jpg,x.png,tutorial,7,../n\n")[0]
    assert first == same
    assert first.name == "n"
    assert second.recipe == make()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("content,styles\n", "1 to 100,000 rows, got 0"),
        ("content,styles\n,x.png\n", "row 1 of t.csv: content must name a picture"),
        ("content,styles,steps\na,x,1\na,x,0\n", "row 2 of t.csv: steps must"),
        ("content,styles,colours\na,x,1\n", "row 1 of t.csv: .*colours"),
        ("content,styles\na,x,1\n", "as many cells"),
        ('content,styles\n"a,x\n', "must be a CSV or JSON table"),
        ("content,styles,masks\na,x,m.png\n", "row 1 of t.csv: a mask must be"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1]",
        "[",
        "[" * 100_000,
        '[{"content": 1}]',
        '[{"content": "a", "styles": [1]}]',
        '[{"content": "a", "steps": "7"}]',
        '[{"content": "a", "recipe": "no"}]',
    ],
)
def test_json_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NSTError, match="must"):
        read(tmp_path, text, "t.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="in UTF-8"):
        table.read(tmp_path / "t.csv", base)
