"""The page for films: from the upload over the run to the finished film, and the same run under its link."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nst_core.errors import StorageError
from nst_core.jobs.service import CurvePoint, FilmResult
from nst_core.recipe import change
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService
from tests.pages.films import FRAMES, FRAMES_PER_SECOND, gif

SECONDS = FRAMES / FRAMES_PER_SECOND


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pages.parts.film import result

    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    result._film_before.clear()  # kept by the run's id, which each test's job service gives again


@pytest.fixture
def with_film(open_page: Open) -> AppTest:
    """The page with a film on it."""
    return send(open_page("film"))


def send(app: AppTest, data: bytes | None = None, name: str = "walk.gif") -> AppTest:
    """Choose a file in the page's uploader."""
    app.file_uploader[0].set_value([(name, gif() if data is None else data, "image/gif")]).run()
    assert not app.exception, app.exception
    return app


def finish(service: FakeJobService, folder: Path) -> str:
    """End the only run with a film."""
    (job,) = service.jobs
    service.finish(job)
    view = service.jobs[job]
    film = folder / "result.gif"
    film.write_bytes(gif())
    service.films[job] = FilmResult(film, "image/gif")
    figures = {"frames": FRAMES, "frames_per_second": FRAMES_PER_SECOND, "bytes": film.stat().st_size}
    service.jobs[job] = replace(view, report=dict(view.report or {}) | {"film": figures})
    return job


@pytest.mark.slow
def test_a_film_is_shown_with_three_frames_and_its_facts_before_it_is_painted(with_film: AppTest) -> None:
    shown = words(with_film)
    assert "walk.gif" in shown
    assert "64 × 48 px · 1.2 s · 10 frames a second" in shown
    assert shown.count("Three frames of it at") == 3
    assert not with_film.button(key="film_start").disabled
    for figure in ("<span>Frames</span><b>12</b>", "<span>Time</span><b>about", "kB</b>", "of 255</b>"):
        assert figure in shown
    uploader = with_film.file_uploader[0]
    assert (uploader.value, uploader.key) == (None, "film_file_1"), "the upload is not in the server's memory any more"


@pytest.mark.slow
def test_the_page_says_which_films_several_workers_paint_together(
    with_film: AppTest, job_service: FakeJobService
) -> None:
    assert "workers paint" not in words(with_film)
    job_service.worker = replace(job_service.worker, workers=2)
    assert "2 workers paint the film together, each its own scenes" in words(with_film.run())


def test_without_a_film_the_page_asks_for_one(open_page: Open) -> None:
    app = open_page("film")
    assert "Choose a film of yours" in words(app)
    assert app.button(key="film_start").disabled


@pytest.mark.slow
def test_a_file_that_is_no_film_is_refused_in_words_and_the_film_before_stays(with_film: AppTest) -> None:
    app = send(with_film, b"GIF89a nothing", "broken.gif")
    assert "This film cannot be used" in words(app)
    assert "walk.gif" in words(app)
    assert not app.button(key="film_start").disabled
    assert "This film cannot be used" not in words(send(app)), "the next film is fine"


@pytest.mark.slow
def test_the_clip_and_the_settings_of_films_reach_the_recipe(with_film: AppTest, job_service: FakeJobService) -> None:
    (clip,) = (slider for slider in with_film.slider if slider.label == "Part of it")
    clip.set_value((0.3, 0.9)).run()
    with_film.select_slider(key="film_fast_over_time_flow_blend").set_value(0.5)
    with_film.selectbox(key="film_fast_over_time_film_format").set_value("gif").run()
    assert not [toggle for toggle in with_film.toggle if toggle.label == "Keep the sound"], "a GIF has none"
    with_film.button(key="film_start").click().run()
    ((job, view),) = job_service.jobs.items()
    film = view.recipe.film
    assert (view.recipe.medium, view.recipe.method) == ("film", "fast")
    assert (film.trim_start_seconds, film.trim_end_seconds, film.flow_blend, film.film_format) == (0.3, 0.9, 0.5, "gif")
    given = job_service.given[job]
    assert given.film is not None
    assert given.film.info.frames == FRAMES
    assert (given.content.width, given.content.height) == (64, 48)


def test_a_film_with_clear_parts_tells_what_a_format_loses(open_page: Open) -> None:
    app = send(open_page("film"), gif(is_clear=True))
    assert "clear parts are white" in words(app)
    app.selectbox(key="film_fast_over_time_film_format").set_value("webp").run()
    assert "clear parts are white" not in words(app)
    assert not app.exception


@pytest.mark.slow
def test_the_slow_method_has_steps_and_not_the_settings_of_the_fast_one(
    with_film: AppTest, job_service: FakeJobService
) -> None:
    with_film.segmented_control(key="film_method").set_value("slow").run()
    with_film.select_slider(key="film_slow_over_time_frame_steps").set_value(5).run()
    assert not [slider for slider in with_film.select_slider if slider.label == "Calm the contrast"]
    with_film.button(key="film_start").click().run()
    (view,) = job_service.jobs.values()
    assert (view.recipe.method, view.recipe.film.frame_steps) == ("slow", 5)


@pytest.mark.slow
def test_a_film_that_is_painted_shows_its_frames_and_its_curve(with_film: AppTest, job_service: FakeJobService) -> None:
    with_film.button(key="film_start").click().run()
    (job,) = job_service.jobs
    job_service.advance(job, 5)
    curve = tuple(CurvePoint(n, n * 0.5, {"temporal": 1 / n}) for n in range(1, 6))
    job_service.jobs[job] = replace(job_service.jobs[job], points=curve)
    with_film.run()
    assert "Frame 5 of 12 · 2.0 frames a second · about 3.5 s left" in with_film.get("progress")[0].proto.text
    charts = [each.proto.json for each in with_film.get("bidi_component")]
    assert any("temporal from 1 to 0.2" in chart and "Picture at frame" in chart for chart in charts)
    assert not any('"Content"' in chart for chart in charts), "a fast film has no other curve"
    with_film.button(key=f"pause_{job}").click().run()
    with_film.button(key=f"stop_{job}").click().run()
    assert [name for name, _ in job_service.calls if name != "warm"] == ["pause", "stop"]


@pytest.mark.slow
def test_a_finished_film_is_played_compared_and_downloaded_also_by_a_stranger(
    with_film: AppTest,
    job_service: FakeJobService,
    open_page: Open,
    another_browser: Callable[[], None],
    tmp_path: Path,
) -> None:
    with_film.button(key="film_start").click().run()
    job = finish(job_service, tmp_path)
    another_browser()
    for app in (with_film.run(), open_page("result", result=job)):
        assert not app.exception
        shown = words(app)
        assert shown.count("Before at") == shown.count("After at") == 4
        assert re.search(r"1\.2 s, \d+ kB", shown)
        assert any("The painted film" in str(getattr(each, "proto", "")) for each in app.main)
        labels = [getattr(button, "label", "") for button in app.get("download_button")]
        assert labels[:3] == ["MP4", "First frame", "Recipe"]
        assert "Time-lapse" not in [expander.label for expander in app.expander]


@pytest.mark.slow
def test_a_refused_film_tells_the_reason(with_film: AppTest, job_service: FakeJobService) -> None:
    job_service.refuse = StorageError("the disk is full")
    with_film.button(key="film_start").click().run()
    assert "The disk is full." in words(with_film)


@pytest.mark.slow
def test_the_settings_of_a_films_run_open_with_its_film(
    with_film: AppTest, job_service: FakeJobService, open_page: Open, tmp_path: Path
) -> None:
    with_film.button(key="film_start").click().run()
    job = finish(job_service, tmp_path)
    view = job_service.jobs[job]
    trimmed = change(view.recipe, {"trim_start_seconds": 0.5, "strength": 0.4})
    job_service.jobs[job] = replace(view, recipe=trimmed)
    app = open_page("result", result=job)
    app.button(key=f"open_{job}").click().run()
    assert not app.exception
    assert "The film of this run.gif" in words(app)
    (clip,) = (slider for slider in app.slider if slider.label == "Part of it")
    assert clip.value == (0.5, SECONDS)
    assert any(slider.value == 0.4 for slider in app.slider if slider.label == "Strength")
