"""The generated tables: complete, true to the recipe, and fit to be copied from."""

import re
from pathlib import Path
from typing import Any

import pytest

from nst_core.bench.report import measured, tables
from nst_core.cli import docs
from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe, bounds, change, describe, excluded, from_text, make, names


def rows(table: Any) -> Any:
    """The cells of each row below the head of a Markdown table."""
    texts = [line for line in table.splitlines() if line.startswith("|")]
    lines = [re.split(r" \| ", line.removeprefix("| ").removesuffix(" |")) for line in texts]
    assert len({len(cells) for cells in lines}) == 1
    return [[cell.strip() for cell in cells] for cells in lines[2:]]


SETTINGS = {cells[0].strip("`"): cells[1:] for cells in rows(docs.settings_table())}


@pytest.mark.parametrize("name", names())
def test_each_setting_is_there_with_its_meaning(name: Any) -> None:
    values, _, meaning = SETTINGS[name]
    assert values
    assert meaning == describe(name).replace("|", "/")


@pytest.mark.parametrize("name", [n for n in names() if bounds(n) != (None, None)])
def test_a_range_is_the_one_that_is_checked(name: Any) -> None:
    """The table reads the JSON Schema, the validation pydantic's own fields: both must give one range."""
    above, low, below, high = re.search(r"(above )?([\d.,]+) to (below )?([\d.,]*\d)", SETTINGS[name][0]).groups()
    assert tuple(float(end.replace(",", "")) for end in (low, high)) == bounds(name)
    assert bool(above) == (bounds(name)[0] in excluded(name))
    assert bool(below) == (bounds(name)[1] in excluded(name))


def test_what_lists_hold_is_there_too() -> None:
    assert {"styles[].weight", "regions[].shares", "regions[].mask"} <= SETTINGS.keys()
    assert not {"provenance", "schema_version", "objective"} & SETTINGS.keys()


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_is_made_of_what_its_row_sets(key: Any) -> None:
    """Given one by one to `--set`, the settings of a row make the preset out of the plain defaults."""
    (row,) = [cells for cells in rows(docs.presets_table()) if cells[0] == f"`{key}`"]
    _, title, text, sets, source = row
    assert (title, text, source) == (PRESETS[key].title, PRESETS[key].text, PRESETS[key].source)
    pairs = [pair.partition("=")[::2] for pair in re.findall(r"`([^`]+)`", sets)]
    made = change(Recipe(), {"preset": key, **{name: from_text(name, value) for name, value in pairs}})
    assert made == make(key)


@pytest.mark.slow
def test_rewriting_changes_generated_tables_only_and_once(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Before.\n<!-- generated: presets -->\nstale rows\n<!-- end -->\nAfter, by hand.\n")
    docs.rewrite(readme)
    once = readme.read_text()
    assert once.startswith("Before.\n<!-- generated: presets -->\n")
    assert once.endswith("<!-- end -->\nAfter, by hand.\n")
    assert docs.presets_table() in once
    assert "stale" not in once
    docs.rewrite(readme)
    assert readme.read_text() == once


def test_a_table_that_does_not_exist_is_named(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- generated: prices -->\n<!-- end -->\n")
    with pytest.raises(RecipeError, match=r"one of .*presets, .*, got prices"):
        docs.rewrite(readme)
    assert "prices" in readme.read_text()


@pytest.mark.parametrize("name", docs.TABLES)
def test_no_cell_breaks_its_table(name: Any) -> None:
    text = docs.TABLES[name]()
    assert rows(text) or "Not measured yet" in text


@pytest.mark.parametrize("kind", measured.ROWS)
def test_the_bench_readme_has_the_stored_measurements(kind: Any) -> None:
    readme = (docs.ROOT / "nst_core" / "bench" / "README.md").read_text()
    (block,) = re.findall(rf"<!-- generated: {kind} -->\n(.*?)<!-- end -->", readme, re.DOTALL)
    made = tables.table(kind)
    assert [tuple(cells) for cells in rows(block)] == list(made.rows)
    assert all(note in block for note in made.notes)


@pytest.mark.slow
def test_each_table_stands_in_one_document_and_no_other_file_has_one() -> None:
    documents = [path for path in docs.ROOT.rglob("*.md") if ".venv" not in path.parts]
    found = {path: [mark["name"] for mark in docs.MARK.finditer(path.read_text())] for path in documents}
    assert sorted(name for names in found.values() for name in names) == sorted(docs.TABLES)
    assert {path for path, names in found.items() if names} == set(docs.DOCUMENTS)


@pytest.mark.parametrize("document", docs.DOCUMENTS, ids=lambda path: path.parent.name)
def test_the_committed_tables_are_up_to_date(document: Any, tmp_path: Path) -> None:
    fresh = tmp_path / "README.md"
    fresh.write_text(document.read_text())
    docs.rewrite(fresh)
    assert fresh.read_text() == document.read_text(), "run `make docs`"
