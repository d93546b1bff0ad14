"""The page Inside the network: it asks, waits, shows the answer, and submits its small runs one by one."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.jobs.service import Inspection
from nst_core.recipe import CONVOLUTIONS
from pages.parts.inside import grams, runs
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService, picture

MAP = {"channel": 37, "mean": 12.0, "maximum": 90.0, "active": 0.5, "maximum_at": (0.5, 0.5)}
FEATURES = {"columns": 1, "grid": (8, 8), "channels": 256, "silent": 3, "maps": [MAP, MAP]}


def test_maps_are_waited_for_and_then_named(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("inside")
    assert any("Looking inside" in caption.value for caption in app.caption)
    job_service.inspections["features"] = Inspection("done", FEATURES, picture("PNG"))
    app.run()
    assert "Channel 37: mean 12" in words(app)
    assert words(app).count("url(data:") == 1, "once: it is large, and there may be a hundred maps"
    assert "3 channels are inactive" in words(app)


def test_pictures_are_picked_once_their_expander_is_open(open_page: Open) -> None:
    app = open_page("inside")
    assert "Bundled styles" not in components(app)
    app.session_state["inside_pictures"] = True
    app.run()
    assert "Bundled styles" in components(app)


def components(app: AppTest) -> str:
    """The data of all mounted components, as text."""
    protos = [component.proto for component in app.get("bidi_component")]
    return " ".join(proto.json + proto.bytes.decode() for proto in protos)


def test_a_refused_look_tells_its_reason(open_page: Open, job_service: FakeJobService) -> None:
    job_service.inspections["features"] = Inspection("failed", error="no source gave vgg19")
    assert "No source gave vgg19" in words(open_page("inside"))


@pytest.mark.parametrize("scale", grams.SCALES)
def test_both_gram_matrices_are_shown_with_their_distance(
    open_page: Open, job_service: FakeJobService, scale: str
) -> None:
    facts = {"channels": [4, 7], "layer_channels": 128, "relative": 0.5}
    job_service.inspections["grams"] = Inspection("done", facts, np.ones((2, 2, 2), np.float32).tobytes())
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value("Gram matrix").run()
    app.segmented_control(key="inside_scale").set_value(scale).run()
    assert not app.exception
    assert len([chart for chart in app.get("bidi_component") if "heatmap" in chart.proto.json]) == 2
    assert "0.5 times the style" in words(app)


def test_the_loudest_channels_do_not_outshine_the_others_cosines() -> None:
    loudness = np.array([1.0, 30.0, 1000.0])
    alike = np.array([[1, 0.5, 0.1], [0.5, 1, 0.9], [0.1, 0.9, 1]])
    both = np.stack([alike * np.outer(loudness, loudness), alike])
    seen, ends = grams.heat_maps(both, [4, 7, 9], "Cosine")
    assert ends == (0, 1)
    for figure in seen:
        (trace,) = figure["data"]
        assert np.allclose(trace["z"], alike)
        assert (trace["zmin"], trace["zmax"]) == (0, 1)


def test_the_matrices_themselves_share_one_scale_and_hovering_tells_their_values() -> None:
    both = np.array([[[1e4, 3.0], [3.0, 10.0]], [[1.0, 0.0], [0.0, 1e-9]]])
    seen, (low, high) = grams.heat_maps(both, [4, 7], "Gram")
    assert (low, high) == pytest.approx((10, 1e4))
    for figure, values in zip(seen, both, strict=True):
        (trace,) = figure["data"]
        assert np.allclose(np.array(trace["text"], float), values)
        assert np.allclose(10 ** np.array(trace["z"]), np.clip(values, low, high), rtol=1e-3)
        assert (trace["zmin"], trace["zmax"]) == pytest.approx((1, 4))


@pytest.mark.parametrize("view", ["Layers", "Gram matrix"])
def test_the_other_network_is_asked_about_its_own_layers(
    open_page: Open, job_service: FakeJobService, view: str
) -> None:
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value(view).run()
    app.segmented_control(key="inside_network").set_value("VGG-16").run()
    question, _ = job_service.requests[-1]
    assert question.network == "vgg16"
    assert tuple(app.select_slider[0].options) == CONVOLUTIONS["vgg16"]
    job_service.inspections[question.subject] = Inspection("failed", error="no source gave vgg16")
    app.run()
    assert "No source gave vgg16" in words(app)


def test_a_card_shows_no_run_of_the_other_network(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value("Content rebuilt").run()
    app.button(key="inside_content_1").click().run()
    job_service.finish("jobnumber0")
    assert "<img" in words(app.run())
    app.segmented_control(key="inside_network").set_value("VGG-16").run()
    assert 'alt="The content out of' not in words(app)
    app.button(key="inside_content_1").click().run()
    assert job_service.jobs["jobnumber1"].recipe.objective.network == "vgg16"


@pytest.mark.parametrize(("view", "role"), [("Content rebuilt", "content"), ("Style alone", "style")])
def test_all_five_are_painted_one_after_another(
    open_page: Open, job_service: FakeJobService, view: str, role: str
) -> None:
    app = open_page("inside")
    app.segmented_control(key="inside_view").set_value(view).run()
    app.button(key=f"inside_{role}_all").click().run()
    for count in range(1, 6):
        assert len(job_service.jobs) == count
        job_service.finish(f"jobnumber{count - 1}")
        app.run()
    assert not app.exception
    assert len(job_service.jobs) == 5
    assert words(app).count("<img") >= 5


@pytest.mark.parametrize("number", range(5))
def test_a_card_has_one_content_layer_or_all_style_layers_up_to_it(number: int) -> None:
    assert list(runs.recipe("content", number).objective.content_layers) == [runs.LAYERS[number]]
    layers = runs.recipe("style", number).objective.style_layers
    assert tuple(layers) == runs.LAYERS[: number + 1]
    assert sum(layers.values()) == pytest.approx(1)
