"""About: the model card agrees with the code, and the tables with the measurements."""

from __future__ import annotations

from html import escape

import pytest

from nst_core.bench.report import tables
from nst_core.models.weights import NETWORKS
from nst_core.picture.upload import DEFAULT
from nst_core.recipe import CONVOLUTIONS, bounds
from pages.parts.app import visitor
from tests.pages.conftest import Open, words


@pytest.mark.parametrize("what", tables.measured_kinds())
def test_each_kept_measurement_is_shown(open_page: Open, what: str) -> None:
    html = words(open_page("about"))
    made = tables.table(what)
    for first, *rest in made.rows:
        cells = "".join(f">{escape(cell)}</td>" for cell in rest)
        row = html.replace('<td class="num"', "<td").replace('<td class="short"', "<td").replace("<td", "")
        assert f">{escape(first)}</th>{cells}" in row
    assert all(note in html for note in made.notes)


def test_every_published_hash_is_there_in_full(open_page: Open) -> None:
    (code,) = open_page("about").code
    for network in NETWORKS.values():
        for source in network.sources:
            assert source.hash in code.value
            assert all(sha in code.value for sha in source.pins.values())


def test_every_layer_and_the_limits_that_are_checked(open_page: Open) -> None:
    html = words(open_page("about"))
    assert all(f">{layer}</th>" in html for layer in CONVOLUTIONS["vgg19"])
    assert f"{DEFAULT.max_bytes / 2**20:g} MB" in html
    assert f"{bounds('longest_edge_px')[1]:,.0f} px" in html


def test_the_cookie_is_told_by_its_name(open_page: Open) -> None:
    assert any(f"`{visitor.COOKIE}`" in text.value for text in open_page("about").markdown)


def test_each_table_scrolls_by_keyboard_and_has_a_name(open_page: Open) -> None:
    html = words(open_page("about"))
    assert html.count('<div class="nst-scroll"') == html.count('role="region" aria-label="') > 5


def test_the_limits_of_the_queue_are_those_that_the_operator_set(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_QUEUE_RUNS", "5")
    monkeypatch.setenv("NST_RUNS_PER_VISITOR", "3")
    assert "5 runs, 3 of one visitor" in words(open_page("about"))
