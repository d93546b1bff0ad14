"""The crop of the photograph: everything after it uses only that part, and painted regions move with it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nst_core.picture import samples
from nst_core.picture.crop import crop_picture
from nst_core.picture.encode import to_png
from nst_core.picture.frame import Frame
from nst_core.recipe.links import from_text
from pages.parts.inputs.pickers import CROP
from pages.parts.inputs.selection import SAMPLE_EDGE_PX
from tests.pages.conftest import Open, open_popover, unfold, words
from tests.pages.fake_service import FakeJobService

HALF = (0, 50)


def photograph() -> Any:
    return samples.contents()[0].load(longest_edge_px=SAMPLE_EDGE_PX["content"])


def slider(app: AppTest, what: str) -> Any:
    """A slider of the popover, which is opened first."""
    open_popover(app, CROP)
    return next(s for s in app.slider if s.key.startswith(f"crop_{what}_"))


def started(app: AppTest, job_service: FakeJobService, page: str) -> str:
    app.button(key=f"{page}_start").click().run()
    assert not app.exception, app.exception
    return list(job_service.jobs)[-1]


@pytest.mark.slow
def test_the_sliders_are_drawn_once_the_popover_was_opened(open_page: Open) -> None:
    app = open_page("fast")
    framing = ("crop_", "mix_across", "mix_down", "mix_turn")
    assert [s.key for s in app.slider if s.key.startswith(framing)] == []
    slider(app, "turn").set_value(90).run()
    assert app.session_state[CROP], "a change leaves the popover open"
    app.session_state[CROP] = False  # closed again; their values count all the same
    app.run()
    assert [s.value for s in app.slider if s.key.startswith(framing)] == [(0, 100), (0, 100), 90]


@pytest.mark.parametrize("page", ["slow", "fast", "compare"])
def test_the_part_is_what_every_method_paints(open_page: Open, job_service: FakeJobService, page: str) -> None:
    app = open_page(page)
    slider(app, "across").set_value(HALF).run()
    slider(app, "turn").set_value(90).run()
    job = started(app, job_service, page)
    part = crop_picture(photograph(), (0.0, 0.0, 0.5, 1.0), 90.0)
    assert job_service.given[job].content.sha256 == part.sha256
    assert job_service.given[job].content.width == photograph().height


def test_another_photograph_is_painted_whole(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    slider(app, "across").set_value(HALF).run()
    other = samples.contents()[1].load(longest_edge_px=SAMPLE_EDGE_PX["content"])
    app.segmented_control(key="picker_source_content").set_value("Upload").run()
    app.file_uploader(key="content_file").set_value([("other.png", to_png(other.tensor()), "image/png")]).run()
    assert slider(app, "across").value == (0, 100)
    assert job_service.given[started(app, job_service, "slow")].content.sha256 == other.sha256


def test_too_small_a_part_is_told_and_not_painted(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    slider(app, "across").set_value((0, 1)).run()
    assert "Too little is left" in words(app)
    assert job_service.given[started(app, job_service, "slow")].content.sha256 == photograph().sha256
    unfold(app)
    slider(app, "across").set_value((0, 60)).run()
    assert "Too little is left" not in words(app)


def test_a_settings_link_brings_the_part_along(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    slider(app, "down").set_value((25, 75)).run()
    job_service.finish(started(app, job_service, "slow"))
    app.run()
    (link,) = [code.value for code in app.code if "settings=" in code.value]
    text = link.split("settings=")[1]
    assert from_text(text)[1]["f"] == {"c": [0.0, 0.25, 1.0, 0.75], "r": 0.0}
    opened = open_page("slow", settings=text)
    assert slider(opened, "down").value == (25, 75)
    wanted = crop_picture(photograph(), (0.0, 0.25, 1.0, 0.75)).sha256
    assert job_service.given[started(opened, job_service, "slow")].content.sha256 == wanted


@pytest.mark.slow
def test_what_is_painted_follows_the_part_that_is_chosen(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.toggle(key="masks_on").set_value(True).run()
    app.slider(key="masks_soft").set_value(0.0).run()
    painting = next(iter(app.session_state["masks_painted"].values()))
    painting.labels[:, : painting.labels.shape[1] // 2] = 1
    app.session_state["masks_last"] = (photograph().sha256, Frame(), painting.labels, painting.slots)
    slider(app, "across").set_value((25, 75)).run()
    given = job_service.given[started(app, job_service, "slow")]
    (mask,) = given.masks
    half = mask.weights.shape[1] // 2
    assert mask.weights[:, : half - 1].all()
    assert not mask.weights[:, half + 1 :].any()
    assert abs(mask.weights.shape[1] / mask.weights.shape[0] - given.content.width / given.content.height) < 0.01
