"""The list of results."""

import csv
import io
import json

from nst_core.batch.items import BatchItem
from nst_core.batch.manifest import Row, as_csv, as_json
from nst_core.recipe import make

ITEM = BatchItem("a--x.png", '=cmd|"x"!A1', ("x;1.png", "ünïcode.png"), make(settings={"method": "fast"}))
ENTRY = {
    "file": "a--x.png",
    "sha256": "0" * 64,
    "key": "k",
    "content": ITEM.content,
    "styles": list(ITEM.styles),
    "recipe": json.loads(ITEM.recipe.to_json()),
    "width": 64,
    "measures": {"ssim": 0.25, "content": {"l": 2.0, "m": 4.0}, "style_wasserstein2": {"l": 1.0}},
}
ROWS = (Row(ITEM, ENTRY), Row(ITEM, None, "broken,\nreally", "picture"), Row(ITEM))


def test_json_has_every_fact_and_the_recipe_in_each_state() -> None:
    listed = json.loads(as_json(ROWS, {"contact_sheets": ["s.jpg"]}))
    assert listed["counts"] == {"done": 1, "failed": 1, "waiting": 1}
    assert listed["contact_sheets"] == ["s.jpg"]
    assert [picture["state"] for picture in listed["pictures"]] == ["done", "failed", "waiting"]
    assert {picture["recipe"]["method"] for picture in listed["pictures"]} == {"fast"}
    assert listed["pictures"][0]["measures"]["ssim"] == 0.25
    assert listed["pictures"][1]["code"] == "picture"


def test_csv_has_a_line_for_each_picture_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(ROWS).decode("utf-8-sig"), newline="")))
    assert [row["state"] for row in rows] == ["done", "failed", "waiting"]
    assert (rows[0]["ssim"], rows[0]["content_distance"], rows[0]["style_distance"]) == ("0.25", "3", "1")
    assert rows[0]["content"] == "'" + ITEM.content
    assert rows[0]["styles"] == "x;1.png; ünïcode.png"
    assert rows[1]["error"] == "broken,\nreally"


def test_names_that_are_no_unicode_are_listed() -> None:
    odd = BatchItem("a.png", "bad\udcff.png", (), make())
    assert b"bad" in as_csv([Row(odd)])
    assert json.loads(as_json([Row(odd)]))
