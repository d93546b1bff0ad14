"""Several styles on a page: weighted, cropped, rotated, removed, and submitted as shown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from nst_core.picture import samples
from nst_core.recipe import make
from tests.pages.conftest import Open, open_popover, words
from tests.pages.fake_service import FakeJobService


def start(app: AppTest, job_service: FakeJobService, page: str) -> Any:
    """The recipe and the pictures that the page submits."""
    app.button(key=f"{page}_start").click().run()
    assert not app.exception, app.exception
    job = list(job_service.jobs)[-1]
    return job_service.jobs[job].recipe, job_service.pictures[job]


def titles(pictures: Any) -> list[str]:
    """The titles of these styles' samples."""
    known = {s.load(512).sha256: s.title for s in samples.styles()}
    return [known[picture.sha256] for picture in pictures[1:]]


def sliders(app: AppTest, prefix: str) -> list[str]:
    return [slider.key for slider in app.slider if slider.key.startswith(prefix)]


def test_one_style_has_no_weight_and_leaves_the_recipe_alone(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    assert not sliders(app, "mix_weight")
    recipe, pictures = start(app, job_service, "slow")
    assert recipe == make()
    assert len(pictures) == 2


@pytest.mark.parametrize("page", ["slow", "fast", "compare"])
def test_styles_and_weights_reach_the_desk_in_order(open_page: Open, job_service: FakeJobService, page: str) -> None:
    app = open_page(page)
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style").set_value(0.25).run()
    recipe, pictures = start(app, job_service, page)
    first, second = samples.styles()[:2]
    assert titles(pictures) == [first.title, second.title]
    assert [s.weight for s in recipe.styles] == [0.25, 1.0]
    assert [s.sha256 for s in recipe.styles] == [picture.sha256 for picture in pictures[1:]]


def test_four_styles_are_the_most_and_each_is_another(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("fast")
    for _ in range(3):
        app.button(key="mix_add").click().run()
    assert "mix_add" not in [button.key for button in app.button]
    _, pictures = start(app, job_service, "fast")
    assert len(set(titles(pictures))) == 4


def test_a_style_without_weight_is_left_out_unless_none_has_any(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style").set_value(0.0).run()
    recipe, pictures = start(app, job_service, "slow")
    assert titles(pictures) == [samples.styles()[1].title]
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style").set_value(0.0)
    app.slider(key="mix_weight_style_1").set_value(0.0).run()
    assert "all styles have the same share" in words(app)
    recipe, pictures = start(app, job_service, "slow")
    assert [s.weight for s in recipe.styles] == [1.0, 1.0]
    assert len(pictures) == 3


def test_a_removed_style_is_gone_and_the_gallery_changes_what_is_left(
    open_page: Open, job_service: FakeJobService
) -> None:
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.button(key="mix_remove_style").click().run()
    assert not sliders(app, "mix_weight")
    _, pictures = start(app, job_service, "slow")
    assert titles(pictures) == [samples.styles()[1].title]


def test_a_style_added_after_one_was_removed_begins_as_new(open_page: Open) -> None:
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style_1").set_value(0.1).run()
    app.button(key="mix_remove_style_1").click().run()
    app.button(key="mix_add").click().run()
    assert app.slider(key="mix_weight_style_2").value == 1.0


def test_weights_stay_from_page_to_page(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    app.button(key="mix_add").click().run()
    app.slider(key="mix_weight_style_1").set_value(0.3).run()
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/fast.py").run()
    recipe, _ = start(app, job_service, "fast")
    assert [s.weight for s in recipe.styles] == [1.0, 0.3]


def test_a_style_is_cropped_and_turned(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("slow")
    open_popover(app, "mix_frame_style")
    app.slider(key="mix_across_style").set_value((25, 75))
    app.slider(key="mix_down_style").set_value((0, 50))
    app.slider(key="mix_turn_style").set_value(30).run()
    recipe, pictures = start(app, job_service, "slow")
    (style,) = recipe.styles
    assert (style.crop, style.rotation_deg) == ((0.25, 0.0, 0.75, 0.5), 30)
    assert style.sha256 == pictures[1].sha256


@pytest.mark.parametrize("ends", [(40, 40), (100, 100), (0, 0), (10, 15)])
def test_a_crop_always_leaves_what_a_recipe_wants(
    open_page: Open, job_service: FakeJobService, ends: tuple[int, int]
) -> None:
    app = open_page("slow")
    open_popover(app, "mix_frame_style")
    app.slider(key="mix_across_style").set_value(ends).run()
    recipe, _ = start(app, job_service, "slow")
    left, _, right, _ = recipe.styles[0].crop
    assert 0 <= left < right <= 1
    assert right - left < 0.07


def test_too_little_of_a_style_is_told_where_it_is_chosen(open_page: Open) -> None:
    app = open_page("slow")
    app.segmented_control(key="picker_source_style").set_value("Upload").run()
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (10, 20, 30)).save(file, "PNG")
    app.file_uploader(key="style_file").set_value([("small.png", file.getvalue(), "image/png")]).run()
    open_popover(app, "mix_frame_style")
    app.slider(key="mix_across_style").set_value((0, 40)).run()
    assert "Too little is left" not in words(app)
    app.slider(key="mix_turn_style").set_value(45).run()
    app.slider(key="mix_across_style").set_value((0, 20)).run()
    assert "Too little is left" in words(app)
    assert not app.exception
