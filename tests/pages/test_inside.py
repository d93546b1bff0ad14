"""The page that looks inside the network: asks, waits, shows, and hands in its small runs one by one."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.jobs.looks import Look
from pages.parts import inside_runs
from tests.pages.conftest import Open, words
from tests.pages.fake_desk import FakeDesk, picture

MAP = {"channel": 37, "mean": 12.0, "most": 90.0, "active": 0.5, "place": (0.5, 0.5)}
FEATURES = {"columns": 1, "grid": (8, 8), "channels": 256, "silent": 3, "maps": [MAP]}


def test_maps_are_waited_for_and_then_named(open_page: Open, desk: FakeDesk) -> None:
    app = open_page("inside")
    assert any("Looking inside" in caption.value for caption in app.caption)
    desk.seen["features"] = Look("done", FEATURES, picture("PNG"))
    app.run()
    assert "Channel 37: mean 12" in words(app)
    assert "3 channels see nothing" in words(app)


def test_a_refused_look_tells_its_reason(open_page: Open, desk: FakeDesk) -> None:
    desk.seen["features"] = Look("failed", error="no source gave vgg19")
    assert "No source gave vgg19" in words(open_page("inside"))


def test_both_gram_matrices_are_shown_with_their_distance(open_page: Open, desk: FakeDesk) -> None:
    facts = {"channels": [4, 7], "of": 128, "relative": 0.5}
    desk.seen["grams"] = Look("done", facts, np.ones((2, 2, 2), np.float32).tobytes())
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value("Gram matrix").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    assert "0.5 times the style" in words(app)


@pytest.mark.parametrize(("view", "role"), [("Content rebuilt", "content"), ("Style alone", "style")])
def test_all_five_are_painted_one_after_another(open_page: Open, desk: FakeDesk, view: str, role: str) -> None:
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value(view).run()
    app.button(key=f"inside_{role}_all").click().run()
    for count in range(1, 6):
        assert len(desk.jobs) == count
        desk.finish(f"job-number-{count - 1}")
        app.run()
    assert not app.exception
    assert len(desk.jobs) == 5
    assert words(app).count("<img") >= 5


@pytest.mark.parametrize("number", range(5))
def test_a_card_has_one_content_layer_or_all_style_layers_up_to_it(number: int) -> None:
    assert list(inside_runs.recipe("content", number).objective.content_layers) == [inside_runs.LAYERS[number]]
    layers = inside_runs.recipe("style", number).objective.style_layers
    assert tuple(layers) == inside_runs.LAYERS[: number + 1]
    assert sum(layers.values()) == pytest.approx(1)
