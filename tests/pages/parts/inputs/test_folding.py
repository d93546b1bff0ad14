"""The inputs fold to a strip while a run is shown, and open again with what they were set to."""

from __future__ import annotations

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from nst_core.picture.upload import Picture
from nst_core.recipe import make
from nst_core.recipe.links import to_text
from nst_core.runs.inputs import RunInputs
from pages.parts.inputs.selection import icon_of
from pages.parts.runs.before_after import data_url
from tests.pages.conftest import Open, unfold, words
from tests.pages.fake_service import OWNER, FakeJobService

STEPS = "slow_painterly_steps"


def is_folded(app: AppTest) -> bool:
    """Whether the page draws the strip, and no inputs."""
    folded = 'class="nst-folded"' in words(app)
    assert folded == (not [slider for slider in app.select_slider if slider.key == STEPS])
    return folded


def test_a_run_folds_the_inputs_and_one_click_opens_them_as_they_were(
    open_page: Open, job_service: FakeJobService
) -> None:
    app = open_page("slow")
    assert not is_folded(app)
    app.select_slider(key=STEPS).set_value(200).run()
    app.button(key="slow_start").click().run()
    assert is_folded(app)
    assert "<b>Astronaut</b> in Night swirls" in words(app)
    unfold(app)
    assert not is_folded(app)
    assert app.select_slider(key=STEPS).value == 200
    app.button(key="strip_button_slow").click().run()
    assert is_folded(app)
    job_service.finish(next(iter(job_service.jobs)))
    unfold(app)
    app.button(key="slow_start").click().run()
    assert is_folded(app), "a new run folds them again"
    assert [view.recipe.steps for view in job_service.jobs.values()] == [200, 200]


def test_the_strip_shows_the_pictures_of_the_run_and_not_those_chosen_now(
    open_page: Open, job_service: FakeJobService
) -> None:
    black = Picture(np.zeros((48, 64, 3), np.uint8), None, 64 * "b")
    named = RunInputs(black, (black,)).named_in(make())
    job = job_service.submit(named, black, [black], owner=OWNER)
    shown = words(open_page("slow", job=job))
    assert "<b>Photo</b> and style of this run" in shown
    assert "Astronaut" not in shown
    assert shown.count(data_url(icon_of(black))) == 2


def elements(app: AppTest) -> int:
    """The number of elements on the page, without the containers around them."""
    return sum(not isinstance(node, Block) for node in app.main)


def test_folded_inputs_are_not_drawn(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow", job=job_service.submit(make(), None, [None], owner=OWNER))
    folded = elements(app)
    unfold(app)
    assert elements(app) >= folded + 10


def test_a_run_that_cannot_be_opened_leaves_the_inputs_open(open_page: Open) -> None:
    assert not is_folded(open_page("slow", job="A" * 22))


def test_settings_that_are_opened_unfold_the_inputs(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow", job=job_service.submit(make(), None, [None], owner=OWNER))
    assert 'class="nst-folded"' in words(app)
    del app.query_params["job"]
    app.query_params["settings"] = to_text(make("bold"), {})
    app.run()
    assert 'class="nst-folded"' not in words(app)
    assert "The settings that you opened" in words(app)


def test_an_address_of_a_run_and_of_the_settings_it_was_begun_with_shows_the_run(
    open_page: Open, job_service: FakeJobService
) -> None:
    """The page that painted what a link had opened has both in its address; this is its reload."""
    job = job_service.submit(make("bold"), None, [None], owner=OWNER)
    app = open_page("slow", job=job, settings=to_text(make("bold"), {}))
    assert is_folded(app)
    unfold(app)
    assert "The settings that you opened" in words(app)
