"""Which engine plays what, what it will run with, and where the time goes; no network is needed."""

import json
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from nst_core import __version__, player
from nst_core.fast import engine as fast
from nst_core.models import device, stylisation, vgg
from nst_core.recipe import change, make
from nst_core.slow import engine as slow
from nst_core.step import Step

CONTENT = np.zeros((1, 4, 4, 3), np.float32)
STYLES = [np.ones((1, 4, 4, 3), np.float32)]
PAINTED = np.full((1, 4, 4, 3), 0.5, np.float32)


def step(number=1, seconds=0.0, picture=None, state=None):
    return Step(number, 9, 4, seconds, {}, picture, state)


@pytest.fixture
def calls(monkeypatch):
    """Engines that only note how they were called."""
    noted = []

    def fast_run(content, styles, recipe, *, start=None, resume=None):
        noted.append(("fast", start, resume))
        assert content is CONTENT
        assert styles is STYLES
        yield step(1, picture=PAINTED)

    def slow_run(content, styles, recipe, *, start=None, resume=None):
        noted.append(("slow", start, resume))
        assert content is CONTENT
        assert styles is STYLES
        yield from (step(n) for n in range(3))

    monkeypatch.setattr(fast, "run", fast_run)
    monkeypatch.setattr(slow, "run", slow_run)
    return noted


def play(recipe, **more):
    return [s.number for s in player.play(CONTENT, STYLES, recipe, **more)]


def test_fast_is_the_fast_engines_one_step(calls):
    assert play(make(settings={"method": "fast"})) == [1]
    assert calls == [("fast", None, None)]


@pytest.mark.parametrize("start", ["content", "noise"])
def test_slow_is_the_slow_engines_steps(calls, start):
    assert play(make(settings={"start": start})) == [0, 1, 2]
    assert calls == [("slow", None, None)]


@pytest.mark.parametrize("settings", [{"method": "balanced"}, {"method": "slow", "start": "fast"}])
def test_the_fast_picture_is_the_slow_engines_start(calls, settings):
    assert play(make(settings=settings)) == [0, 1, 2]
    assert [name for name, *_ in calls] == ["fast", "slow"]
    assert calls[1][1] is PAINTED


def test_a_resumed_run_paints_nothing_first(calls):
    state = {"number": 1}
    assert play(make(settings={"method": "balanced"}), resume=state) == [0, 1, 2]
    assert calls == [("slow", None, state)]


def test_nothing_is_done_before_the_first_step_is_asked_for(calls):
    player.play(CONTENT, STYLES, make(settings={"method": "balanced"}))
    assert calls == []


@pytest.mark.parametrize("recipe", [lambda: change(make(), {"method": "balanced"})])
def test_balanced_is_balanced_whatever_door_it_came_through(calls, recipe):
    play(recipe())
    assert [name for name, *_ in calls] == ["fast", "slow"]


@pytest.fixture
def machine(monkeypatch):
    """Networks that note that they were loaded, and a device."""
    loaded = []

    def load_vgg(network, dtype="float32"):
        loaded.append((network, dtype))
        return SimpleNamespace(found=SimpleNamespace(sha256="a" * 64))

    def load_magenta():
        loaded.append(("magenta",))
        return SimpleNamespace(found=SimpleNamespace(sha256="b" * 64))

    monkeypatch.setattr(vgg, "load", load_vgg)
    monkeypatch.setattr(stylisation, "load", load_magenta)
    monkeypatch.setattr(device, "device", lambda: device.Device("/CPU:0", "Abacus", "it was there"))
    monkeypatch.setattr(device, "precision", lambda wanted: "bfloat16" if wanted == "auto" else wanted)
    return loaded


@pytest.mark.parametrize(
    ("settings", "loaded", "hashes"),
    [
        ({}, [("vgg19", "bfloat16")], {"vgg19": "a" * 64}),
        ({"network": "vgg16", "precision": "float32"}, [("vgg16", "float32")], {"vgg16": "a" * 64}),
        ({"method": "fast"}, [("magenta",)], {"magenta": "b" * 64}),
        ({"method": "balanced"}, [("magenta",), ("vgg19", "bfloat16")], {"magenta": "b" * 64, "vgg19": "a" * 64}),
        ({"start": "fast"}, [("magenta",), ("vgg19", "bfloat16")], {"magenta": "b" * 64, "vgg19": "a" * 64}),
    ],
)
def test_prepare_loads_what_is_needed_and_writes_it_down(machine, settings, loaded, hashes):
    recipe = make(settings=settings)
    ready = player.prepare(recipe)
    assert machine == loaded
    assert ready.origin.weights == hashes
    assert (ready.origin.version, ready.origin.device) == (__version__, "Abacus")
    assert change(ready, {"origin": {}, "precision": recipe.precision}) == recipe


def test_prepare_settles_an_automatic_precision(machine):
    ready = player.prepare(make())
    assert ready.precision == "bfloat16"
    assert player.prepare(ready) == ready
    assert player.prepare(make(settings={"precision": "float32"})).precision == "float32"


def clocked(*stamps):
    clock = player.Clock()
    for number, seconds in enumerate(stamps):
        clock.tick(step(number, seconds))
    return clock.seconds()


def test_compiling_is_what_the_first_step_took_longer():
    assert clocked(3.0, 3.5, 4.0, 4.5) == {"load": 0.0, "compile": 2.5, "run": 4.5}


def test_one_slow_step_is_not_the_usual_one():
    assert clocked(3.0, 3.5, 4.0, 9.0)["compile"] == 2.5


def test_one_step_tells_nothing_of_compiling():
    assert clocked(3.0) == {"load": 0.0, "compile": 0.0, "run": 3.0}


def test_no_step_is_no_time():
    assert clocked() == {"load": 0.0, "compile": 0.0, "run": 0.0}


def test_a_quick_first_step_is_no_negative_time():
    assert clocked(0.1, 1.1, 2.1)["compile"] == 0.0


def test_loading_is_timed(monkeypatch):
    now = iter([100.0, 102.25])
    monkeypatch.setattr(player.time, "perf_counter", lambda: next(now))
    clock = player.Clock()
    clock.loaded()
    assert clock.seconds()["load"] == 2.25


def test_picture_of_a_step():
    kept = {"picture": PAINTED}
    assert player.picture_of(step(picture=CONTENT, state=lambda: kept)) is CONTENT
    assert player.picture_of(step(state=lambda: kept)) is PAINTED


@pytest.mark.parametrize("nothing", [None, step()])
def test_no_picture_is_an_error(nothing):
    with pytest.raises(ValueError, match="no picture"):
        player.picture_of(nothing)


def test_peak_memory_is_in_megabytes():
    now = psutil.Process().memory_info().rss / 1e6
    assert 0.8 * now < player.peak_rss_mb() < 20 * now


@pytest.mark.usefixtures("unlearned")
def test_a_report_is_plain_json_and_complete(noise, monkeypatch):
    from nst_core import yardstick

    monkeypatch.setattr(yardstick, "wasserstein2", lambda a, b: 0.0)  # seconds of eigenvalues, tested elsewhere
    recipe = make(
        settings={"styles": [{"sha256": "0" * 64, "weight": 2.0}], "origin": {"weights": {"vgg19": "a" * 64}}}
    )
    clock = player.Clock()
    clock.tick(step(0, 1.5))
    report = player.report(noise(40, 60), [noise(30, 30, 1)], recipe, noise(32, 48, 2), clock)
    assert json.loads(json.dumps(report)) == report
    assert set(report) >= {"method", "size", "seconds", "peak_rss_mb", "weights", "recipe", "measures"}
    assert (report["method"], report["size"], report["seconds"]["run"]) == ("slow", [48, 32], 1.5)
    assert report["recipe"] == json.loads(recipe.to_json())
    assert report["weights"] == {"vgg19": "a" * 64}
