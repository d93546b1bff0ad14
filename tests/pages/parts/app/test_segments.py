"""A choice that a browser has lost is told to it again."""

from __future__ import annotations

from pages.parts.inputs.selection import SOURCE
from tests.pages.conftest import Open


def test_a_browser_that_sends_no_choice_gets_the_last_one(open_page: Open) -> None:
    key = SOURCE.key("style")
    app = open_page("slow")
    app.segmented_control(key=key).set_value("Paintings").run()
    app.segmented_control(key=key).set_value(None).run()
    assert not app.exception
    assert app.segmented_control(key=key).value == "Paintings"
    app.switch_page("pages/film.py").run()
    app.segmented_control(key="film_method").set_value(None).run()
    assert app.segmented_control(key="film_method").value == "fast"
    assert app.segmented_control(key=key).value == "Paintings"
