"""Every setting of the recipe has a widget, and the widget offers what the recipe allows."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from nst_core.picture.upload import Picture
from nst_core.recipe import PRESETS, STEERABLE, Recipe, allows, change, choices, is_optional, make, names
from nst_core.recipe.display import FILM, GROUPS, SettingDisplay
from nst_core.recipe.links import to_text
from nst_core.runs import cost
from pages.parts.settings import steering
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, SECRET, FakeJobService

FACE = {"longest_edge_px", "steps", "style_weight"}
"""Settings that the page shows first."""
ELSEWHERE = {
    "method": "the page",
    "preset": "the chooser",
    "content": "the picker",
    "styles": "the picker",
    "start_picture": "its own picker",
    "style_edge_px": "the fast page",
    "shifted_passes": "the fast page",
    "colour_preservation": "the slider on the result",
    "strength": "the fast page",
    "render_edge_px": "the fast page",
    "style_grid_size": "the style map",
    "regions": "the brush on the photograph",
    "medium": "the film page",
    "trim_start_seconds": "the film page's clip",
    "trim_end_seconds": "the film page's clip",
    "keyframes": "the film page's table",
}
SETTINGS = [setting for group in (*GROUPS.values(), FILM) for setting in group]


def submitted(app: object, job_service: FakeJobService, page: str = "slow") -> Recipe:
    app.button(key=f"{page}_start").click().run()  # type: ignore[attr-defined]
    assert not app.exception  # type: ignore[attr-defined]
    return list(job_service.jobs.values())[-1].recipe


def opened(open_page: Open, page: str) -> AppTest:
    """A page with its Advanced settings open."""
    app = open_page(page)
    app.session_state[f"{page}_advanced"] = True
    return app.run()


def test_every_setting_can_be_reached_once() -> None:
    reached = [setting.name for setting in SETTINGS]
    assert sorted([*reached, *FACE, *ELSEWHERE]) == sorted(names())


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_what_a_widget_offers_is_allowed(setting: SettingDisplay) -> None:
    assert all(allows(setting.name, value) for value in setting.values)
    assert set(setting.choice_labels or ()) - {""} <= set(choices(setting.name))
    assert ("" in (setting.choice_labels or ())) == is_optional(setting.name), "unset needs a word"


@pytest.mark.parametrize("look", [lambda open_page, page: open_page(page), opened], ids=["closed", "opened"])
@pytest.mark.parametrize("key", PRESETS)
def test_an_untouched_page_is_the_preset_itself(
    open_page: Open, job_service: FakeJobService, key: str, look: Callable[[Open, str], AppTest]
) -> None:
    app = look(open_page, "slow")
    app.selectbox(key="slow_preset").select(key).run()
    assert html.escape(PRESETS[key].text) in words(app)
    assert submitted(app, job_service) == make(key)


def test_every_preset_is_offered_by_its_title(open_page: Open) -> None:
    assert open_page("slow").selectbox(key="slow_preset").options == [preset.title for preset in PRESETS.values()]


@pytest.mark.slow
def test_widgets_of_every_kind_reach_the_recipe(open_page: Open, job_service: FakeJobService) -> None:
    app = opened(open_page, "slow")
    key = "slow_painterly"
    app.selectbox(key=f"{key}_algorithm").select("lbfgs")
    app.selectbox(key=f"{key}_pyramid").select("auto")
    app.selectbox(key=f"{key}_start").select("noise")
    app.select_slider(key=f"{key}_tv_weight").set_value(0.5)
    app.select_slider(key=f"{key}_seconds").set_value(60)
    app.select_slider(key=f"{key}_memory_mb").set_value(2000).run()
    app.select_slider(key=f"{key}_history_size").set_value(20)
    app.select_slider(key=f"{key}_first_steps").set_value(200)
    app.number_input(key=f"{key}_seed").set_value(7)
    app.multiselect(key=f"{key}_vgg19_style_layers").set_value(["block3_conv1", "block2_conv1"]).run()
    app.select_slider(key=f"{key}_vgg19_style_layers.block3_conv1").set_value(5).run()
    recipe = submitted(app, job_service)
    share = make().objective.style_layers["block2_conv1"]
    assert recipe == change(
        make(),
        {
            "algorithm": "lbfgs",
            "pyramid": "auto",
            "start": "noise",
            "tv_weight": make().objective.tv_weight / 2,
            "seconds": 60,
            "memory_mb": 2000,
            "history_size": 20,
            "first_steps": 200,
            "seed": 7,
            "style_layers": {"block2_conv1": share, "block3_conv1": 5},
        },
    )
    assert list(recipe.objective.style_layers) == ["block2_conv1", "block3_conv1"]


def test_widgets_are_drawn_when_they_are_asked_for_and_stay(open_page: Open, job_service: FakeJobService) -> None:
    app, key = open_page("slow"), "slow_painterly_algorithm"
    assert not any(box.key == key for box in app.selectbox)
    app.session_state["slow_advanced"] = True
    app.run().selectbox(key=key).select("lbfgs").run()
    app.session_state["slow_advanced"] = False
    assert submitted(app.run(), job_service).optimizer.algorithm == "lbfgs"


def test_another_network_offers_its_own_layers(open_page: Open, job_service: FakeJobService) -> None:
    app = opened(open_page, "slow")
    app.selectbox(key="slow_painterly_network").select("vgg16").run()
    assert "block3_conv4" not in app.multiselect(key="slow_painterly_vgg16_style_layers").options
    assert submitted(app, job_service).objective.network == "vgg16"


def test_a_widget_without_effect_is_not_shown(open_page: Open) -> None:
    app = opened(open_page, "slow")
    shown = {slider.key for slider in app.select_slider}
    assert "slow_painterly_learning_rate" in shown
    app.selectbox(key="slow_painterly_algorithm").select("lbfgs").run()
    shown = {slider.key for slider in app.select_slider}
    assert "slow_painterly_learning_rate" not in shown
    assert "slow_painterly_history_size" in shown


def test_settings_that_do_not_go_together_are_told_and_cannot_be_run(open_page: Open) -> None:
    app = opened(open_page, "slow")
    app.multiselect(key="slow_painterly_vgg19_content_layers").set_value([])
    app.multiselect(key="slow_painterly_vgg19_style_layers").set_value([]).run()
    assert "at least one content or style layer" in words(app)
    assert app.button(key="slow_start").disabled
    compare = opened(open_page, "compare")
    compare.multiselect(key="compare_painterly_vgg19_content_layers").set_value([])
    compare.multiselect(key="compare_painterly_vgg19_style_layers").set_value([]).run()
    assert compare.button(key="compare_start").disabled


def test_a_start_of_ones_own_goes_along_and_is_asked_for(open_page: Open, job_service: FakeJobService) -> None:
    app = opened(open_page, "slow")
    app.selectbox(key="slow_painterly_start").select("own").run()
    app.button(key="slow_start").click().run()
    assert "needs a picture to start from" in words(app)
    file = io.BytesIO()
    Image.new("RGB", (80, 60), (10, 20, 30)).save(file, "PNG")
    app.file_uploader(key="slow_start_file").set_value([("mine.png", file.getvalue(), "image/png")]).run()
    assert submitted(app, job_service).start == "own"
    (start,) = job_service.starts
    assert start == Picture.from_pixels(np.full((60, 80, 3), (10, 20, 30), np.uint8))


def test_a_bad_start_is_told(open_page: Open) -> None:
    app = opened(open_page, "slow")
    app.selectbox(key="slow_painterly_start").select("own").run()
    app.file_uploader(key="slow_start_file").set_value([("no.png", b"nothing", "image/png")]).run()
    assert "This file cannot be used" in words(app)


def test_the_fast_page_has_the_widgets_of_colour(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("fast")
    app.selectbox(key="fast_colour_match").select("covariance").run()
    app.select_slider(key="fast_colour_match_strength").set_value(0.5).run()
    colour = submitted(app, job_service, "fast").colour
    assert (colour.colour_match, colour.colour_match_strength) == ("covariance", 0.5)


def test_compare_gives_all_methods_the_same_colours(open_page: Open, job_service: FakeJobService) -> None:
    app = opened(open_page, "compare")
    app.selectbox(key="compare_painterly_colour_match").select("luminance").run()
    app.button(key="compare_start").click().run()
    recipes = [view.recipe for view in job_service.jobs.values()]
    assert {recipe.method for recipe in recipes} == {"fast", "balanced", "slow"}
    assert {recipe.colour.colour_match for recipe in recipes} == {"luminance"}


def test_what_is_offered_for_steering_may_be_steered() -> None:
    assert set(steering.OFFERED) <= set(STEERABLE)


@pytest.mark.parametrize("state", ["queued", "running", "paused"])
def test_a_run_under_way_is_steered_by_multiples_of_what_it_began_with(
    open_page: Open, job_service: FakeJobService, state: str
) -> None:
    job_id = job_service.submit(make(), None, [None], owner=OWNER)
    if state != "queued":
        job_service.advance(job_id, 5)
    if state == "paused":
        job_service.pause(job_id, SECRET)
    app = open_page("slow", job=job_id)
    app.select_slider(key=f"steer_{job_id}_style_weight").set_value(2.0).run()
    app.select_slider(key=f"steer_{job_id}_style_weight").set_value(4.0).run()
    app.select_slider(key=f"steer_{job_id}_learning_rate").set_value(0.5).run()
    weight, rate = make().objective.style_weight, make().optimizer.learning_rate
    assert job_service.steered == [
        {"style_weight": 2 * weight},
        {"style_weight": 4 * weight},
        {"learning_rate": rate / 2},
    ]
    job_service.finish(job_id)
    app.run()
    assert not [slider for slider in app.select_slider if slider.key.startswith("steer_")]


def test_lbfgs_has_no_learning_rate_to_steer(open_page: Open, job_service: FakeJobService) -> None:
    job_id = job_service.submit(make(settings={"algorithm": "lbfgs"}), None, [None], owner=OWNER)
    job_service.advance(job_id, 5)
    app = open_page("slow", job=job_id)
    shown = {slider.key for slider in app.select_slider if slider.key.startswith("steer_")}
    assert shown == {f"steer_{job_id}_{name}" for name in steering.OFFERED if name != "learning_rate"}


@pytest.mark.parametrize("page", ["slow", "fast"])
def test_a_result_has_a_slider_for_the_photographs_colours(
    open_page: Open, job_service: FakeJobService, page: str
) -> None:
    job_id = job_service.submit(make(settings={"method": page}), None, [None], owner=OWNER)
    job_service.finish(job_id)
    app = open_page(page, job=job_id)
    app.slider(key=f"colours_strength_{page}_{job_id}").set_value(0.6).run()
    assert not app.exception
    assert {"PNG", "JPEG", "Recipe"} <= {button.label for button in app.get("download_button")}
    assert len(job_service.jobs) == 1  # no new run


def machine(monkeypatch: pytest.MonkeyPatch, measured: bool) -> None:
    """A machine on which every run takes 65 s; measured or not."""

    def of(recipe: Recipe, content_size: tuple[int, int], styles: int = 1) -> cost.Estimate:
        assert min(content_size) > 100
        return cost.Estimate(65.0, 1210.0 if recipe.method == "slow" else 800.0, measured)

    monkeypatch.setattr(cost, "of", of)


def test_what_a_run_will_cost_stands_below_its_button(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, measured=True)
    assert "about 1 min, 1.2 GB" in words(open_page("slow"))
    assert "about 1 min, 0.8 GB" in words(open_page("fast"))
    assert "about 3 min, 1.2 GB" in words(open_page("compare"))  # one after the other


def test_a_machine_that_was_not_measured_promises_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, measured=False)
    assert not re.search(r"about [\d.]+ \w+, [\d.]+ GB", words(open_page("slow")))


@pytest.mark.parametrize("page", ["slow", "fast"])
def test_a_small_host_offers_the_sizes_that_fit_and_says_so(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "memory has room" not in words(open_page(page))
    monkeypatch.setenv("NST_MEMORY_MB", "1000")
    app = open_page(page)
    most = {"slow": 256, "fast": 512}[page]
    (size,) = (slider for slider in app.select_slider if slider.label == "Size")
    assert size.options[-1] == f"{most} px"
    assert f"This server's memory has room for {most} px at most." in words(app)


def test_a_link_with_a_size_that_does_not_fit_gets_one_message(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_MEMORY_MB", "1000")
    app = open_page("slow", settings=to_text(make(settings={"longest_edge_px": 1024}), {"c": "chelsea"}))
    assert not app.exception
    assert words(app).count("memory has room for 256 px at most: choose a smaller size.") == 1
