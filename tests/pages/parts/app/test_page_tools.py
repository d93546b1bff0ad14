"""The element that every page has: its shortcuts, and where it stands. Its script is tested in the browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pages.parts.app import page_tools
from tests.pages.conftest import Open

PARTS = Path(page_tools.__file__).parents[1]
CALM = (
    "@media (prefers-reduced-motion: reduce) "
    "{ *, ::before, ::after { animation: none !important; transition: none !important; } }"
)
MOVES = re.compile(r"\b(transition|animation)\s*:")


def test_each_shortcut_is_one_key_of_its_own_and_none_of_streamlits() -> None:
    keys = [each.key for each in page_tools.SHORTCUTS]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 and key.islower() for key in keys)
    assert not {"r", "c", "?"} & set(keys)  # rerun, clear the cache, our help


@pytest.mark.slow
@pytest.mark.parametrize("page", ["slow", "gallery"])
def test_a_page_has_the_element_once(open_page: Open, page: str) -> None:
    mounted = [each for each in open_page(page).get("bidi_component") if "page_tools" in each.proto.id]
    (element,) = mounted
    told = json.loads(element.proto.bytes)
    assert [each["key"] for each in told["shortcuts"]] == [each.key for each in page_tools.SHORTCUTS]


@pytest.mark.parametrize("path", sorted(PARTS.rglob("*.css")), ids=lambda path: path.stem)
def test_every_style_sheet_that_moves_something_rests_for_those_who_ask(path: Path) -> None:
    css = path.read_text("utf-8")
    assert not MOVES.search(css.replace(CALM, "")) or CALM in css


def test_every_script_that_moves_something_asks_first() -> None:
    moving = [
        path
        for path in PARTS.rglob("*.js")
        if "bundle" not in path.parts and re.search(r'"smooth"|\.animate\(', path.read_text("utf-8"))
    ]
    assert moving
    assert all("prefers-reduced-motion" in path.read_text("utf-8") for path in moving)
