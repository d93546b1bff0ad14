"""Compare: three methods with one click, and their quality against time as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.errors import QueueFullError
from nst_core.jobs.followups import FollowUpRegistry
from nst_core.jobs.service import CurvePoint, Inspection, JobView
from nst_core.recipe import change, make
from pages.parts.compare import judgement, methods, quality, quality_chart, stage, vote
from pages.parts.compare.quality import quality_over_time, sentence
from tests.pages.conftest import Open, words
from tests.pages.fake_service import MEASURES, FakeJobService, points

SLOW = make("bold", {"reference_loss": "fast", "style_scale": 2.0, "longest_edge_px": 192})
RECIPES = methods.recipes_of(SLOW)


def views_of(count: int = 40, fast_total: float = 25.0) -> dict[str, JobView | None]:
    """Fast after 0.4 s, balanced from its total downwards, slow through 110 / n at two steps a second."""
    fast = JobView("fast", "done", RECIPES["fast"], report={"seconds": {"run": 0.4}})
    down = tuple(CurvePoint(n, 0.1 + n, {"total": fast_total - 2.0 * n}) for n in range(10))
    slow = JobView("slow", "done", SLOW, points=points(count), reference_losses={"fast": {"total": fast_total}})
    return {"fast": fast, "balanced": JobView("balanced", "done", RECIPES["balanced"], points=down), "slow": slow}


def test_all_three_are_judged_alike() -> None:
    assert list(RECIPES) == ["fast", "balanced", "slow"]
    assert [recipe.method for recipe in RECIPES.values()] == ["fast", "balanced", "slow"]
    assert RECIPES["balanced"].objective == SLOW.objective
    assert RECIPES["balanced"].seconds == 10
    assert {(r.longest_edge_px, r.style_scale, r.colour) for r in RECIPES.values()} == {(192, 2.0, SLOW.colour)}


def test_the_crossovers_are_where_slow_passes_the_others() -> None:
    run = quality_over_time(views_of())
    assert (run.fast_seconds, run.fast_total) == (0.4, 25.0)
    assert run.balanced[0] == pytest.approx((0.5, 25.0)), "the fast pass is part of balanced's time"
    assert [(p.method, p.seconds, p.total) for p in run.crossovers] == [
        ("fast", 2.5, 22.0),
        ("balanced", 8.0, 110 / 16),
    ]
    assert sentence(run) == "Slow passes fast after 2.5 s and balanced after 8.0 s."
    text = quality_chart.alt_text(run)
    assert "fast reaches 25 in 0.4 s" in text
    assert "slow passes" in text.lower()


@pytest.mark.parametrize(("known", "seconds"), [(True, 10.4), (False, 10.0)])
def test_the_table_counts_the_fast_pass_into_balanceds_time_as_the_chart_does(known: bool, seconds: float) -> None:
    views = {name: view for name, view in views_of().items() if view and (known or name != "fast")}
    views["balanced"] = replace(views["balanced"], report={"seconds": {"run": 10.0}})
    told = judgement.figures(views)
    assert told["balanced"]["seconds"] == pytest.approx(seconds)
    assert told.get("fast", {"seconds": 0.4})["seconds"] == 0.4


def test_a_result_that_slow_has_not_reached_is_named() -> None:
    run = quality_over_time(views_of(count=4))
    assert (run.crossovers, run.not_passed) == ((), ("fast", "balanced"))
    assert sentence(run) == "Slow did not pass fast or balanced."


def test_another_objective_or_a_smaller_size_is_not_compared() -> None:
    views = views_of()
    assert views["balanced"]
    assert views["slow"]
    views["balanced"] = replace(views["balanced"], recipe=change(RECIPES["balanced"], {"style_weight": 1.0}))
    assert quality_over_time(views).balanced == ()
    half = tuple(replace(p, scale_px=96 if p.step < 9 else 192) for p in points(40))
    run = quality_over_time(views | {"slow": replace(views["slow"], points=half)})
    assert len(run.slow_smaller) == 8
    assert [p.seconds for p in run.crossovers] == [4.5]


def test_without_slow_balanced_knows_the_fast_total() -> None:
    views = views_of() | {"slow": None}
    assert quality_over_time(views).fast_total == 25.0
    assert quality_over_time({}).is_empty


def test_the_figure_has_a_point_two_curves_and_the_crossovers() -> None:
    figure = go.Figure(quality_chart.figure(quality_over_time(views_of())))
    named = {trace.name: trace for trace in figure.data if trace.name and trace.mode != "markers"}
    assert set(named) == {"Balanced", "Slow"}
    (fast,) = [trace for trace in figure.data if trace.name == "Fast"]
    assert (list(fast.x), list(fast.y)) == ([0.4], [25.0])
    (rings,) = [trace for trace in figure.data if trace.name == "Crossovers"]
    assert [note.text for note in figure.layout.annotations] == [
        "passes fast<br>after 2.5 s",
        "passes balanced<br>after 8.0 s",
    ]
    assert list(rings.text) == ["slow passes fast after 2.5 s", "slow passes balanced after 8.0 s"]
    assert go.Figure(quality_chart.figure(quality_over_time({}))).layout.height == quality_chart.HEIGHT_PX


def test_crossovers_close_together_do_not_hide_each_others_words() -> None:
    """A label has two lines of 12 px; the later crossover is lower, so the labels must be at least that far apart."""
    first, second = go.Figure(quality_chart.figure(quality_over_time(views_of()))).layout.annotations
    assert second.y < first.y
    assert second.ay - first.ay >= 2 * 12 * 1.3


def test_crossovers_at_the_end_of_the_curve_do_not_hide_each_others_words_either() -> None:
    at_once = (quality.Crossover("fast", 300.0, 4.0), quality.Crossover("balanced", 300.0, 4.0))
    first, second = quality_chart._crossover_labels(at_once, 0.1, 315.0)
    assert first["xanchor"] == second["xanchor"] == "right"
    assert second["ay"] - first["ay"] >= 2 * 12 * 1.3


def test_no_more_times_are_written_than_fit_side_by_side() -> None:
    axis = go.Figure(quality_chart.figure(quality_over_time(views_of(count=1200)))).layout.xaxis
    assert 3 <= len(axis.tickvals) <= 6


def test_each_run_has_a_pane_and_those_to_come_show_the_photograph() -> None:
    views = views_of() | {"slow": JobView("slow", "queued", SLOW)}
    views["fast"] = JobView("fast", "done", RECIPES["fast"], snapshot=b"painted", snapshot_step=1, total_steps=1)
    shown = stage.panes(views | {"balanced": None}, b"photograph").values()
    assert [pane.label for pane in shown] == ["Fast", "Balanced waits", "Slow waits"]
    assert [pane.picture for pane in shown] == [b"painted", b"photograph", b"photograph"]
    assert [pane.waiting for pane in shown] == [False, True, True]
    assert len({pane.alt for pane in shown}) == len(shown)


def test_a_run_that_failed_before_its_first_picture_has_no_pane() -> None:
    assert stage.panes({"slow": JobView("slow", "failed", SLOW)}, b"photograph") == {}


def start(open_page: Open) -> AppTest:
    app = open_page("compare")
    app.button(key="compare_start").click().run()
    assert not app.exception
    return app


def test_those_that_wait_for_a_place_are_handed_in_by_the_next_server(
    open_page: Open, job_service: FakeJobService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_service.disk, hand_in, full = tmp_path, job_service.submit, QueueFullError("no room", retry_after_seconds=1)

    def one_alone(*given: Any, **more: Any) -> str:
        job_service.refuse = full if job_service.jobs else None
        return hand_in(*given, **more)

    monkeypatch.setattr(job_service, "submit", one_alone)
    app = start(open_page)
    assert len(job_service.jobs) == 1
    job_service.refuse = None
    monkeypatch.setattr(job_service, "submit", hand_in)
    job_service.followups = FollowUpRegistry(job_service)  # type: ignore[arg-type]  # of a new server
    app.run()
    assert not app.exception
    assert [view.recipe.method for view in job_service.jobs.values()] == ["fast", "balanced", "slow"]


def finish_all(app: AppTest, job_service: FakeJobService) -> None:
    """End all runs, whose recipes then name their pictures, as the job service does."""
    for job, inputs in job_service.given.items():
        job_service.finish(job)
        view = job_service.jobs[job]
        job_service.jobs[job] = replace(view, recipe=inputs.named_in(view.recipe))
    app.run()
    assert not app.exception


def test_one_click_runs_all_three_and_judges_them(open_page: Open, job_service: FakeJobService) -> None:
    app = start(open_page)
    assert [view.recipe.method for view in job_service.jobs.values()] == ["fast", "balanced", "slow"]
    assert {"fast", "balanced", "slow"} <= set(app.query_params)
    finish_all(app, job_service)
    assert "Tutorial total" in words(app)
    app.button(key="vote_names").click().run()
    assert not app.exception
    assert [box.label for box in app.selectbox if box.label in ("Left", "Right")] == ["Left", "Right"]


def test_a_failed_and_an_expired_run_leave_the_others(open_page: Open, job_service: FakeJobService) -> None:
    app = start(open_page)
    fast, balanced, slow = job_service.jobs
    job_service.finish(fast)
    job_service.jobs[slow] = replace(job_service.jobs[slow], state="failed", error="out of memory")
    del job_service.jobs[balanced]
    app.run()
    assert not app.exception
    assert "Out of memory" in words(app)
    assert "This run cannot be shown" in words(app)


def test_results_are_voted_on_without_their_names_once_for_each_pair(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    app = start(open_page)
    finish_all(app, job_service)
    address = dict(zip(methods.METHODS, job_service.jobs, strict=True))
    for number in range(1, 5):
        assert f"pair {number} of 4, names hidden" in words(app)
        assert not [box for box in app.selectbox if box.label == "Left"], "it would show the pictures with their names"
        assert not [button for button in app.button if button.label == "PNG"]
        app.button(key=f"prefer_A_{number}").click().run()
        assert not app.exception
    html = words(app)
    assert "names hidden" not in html
    assert "You preferred " in html
    tally = job_service.votes.tally()
    assert (tally.votes, tally.unwatched) == (4, 0)
    assert "pair 1 of 4" not in words(open_page("compare", **address)), "the same browser after a reload"
    another_browser()
    assert "pair 1 of 4" in words(open_page("compare", **address))


def test_whoever_asks_for_the_names_votes_no_more(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    app = start(open_page)
    finish_all(app, job_service)
    app.button(key="vote_names").click().run()
    app.run()
    assert not [button for button in app.button if str(button.key).startswith("prefer_A")]
    assert "You preferred" not in words(app)
    address = dict(zip(methods.METHODS, job_service.jobs, strict=True))
    app = open_page("compare", **address)
    assert not [button for button in app.button if str(button.key).startswith("prefer_A")], (
        "the same browser after a reload"
    )
    assert job_service.votes.tally().votes == 0
    another_browser()
    assert "pair 1 of 4" in words(open_page("compare", **address))


def test_whoever_began_the_runs_is_told_that_they_may_know_them(
    open_page: Open, job_service: FakeJobService, another_browser: Callable[[], None]
) -> None:
    app = start(open_page)
    finish_all(app, job_service)
    assert vote._WATCHED in words(app)
    another_browser()
    app = open_page("compare", **dict(zip(methods.METHODS, job_service.jobs, strict=True)))
    assert "pair 1 of 4" in words(app)
    assert vote._WATCHED not in words(app)


def test_no_word_on_the_pictures_of_a_vote_tells_their_names() -> None:
    pictures = {"fast": b"f", "slow": b"s"}
    shown = vote.panes(vote.Question(("slow", "fast"), 1, 4), pictures, b"photograph")
    assert [(pane.label, pane.picture) for pane in shown] == [("A", b"s"), ("B", b"f"), ("Photograph", b"photograph")]
    assert not any(name in f"{pane.label} {pane.alt}".lower() for pane in shown for name in methods.METHODS)


def test_the_measures_of_the_copies_stand_beside_the_paintings(open_page: Open, job_service: FakeJobService) -> None:
    job_service.inspections["measures"] = Inspection("done", {**MEASURES, "ssim": 1.0})
    app = start(open_page)
    finish_all(app, job_service)
    html = words(app)
    assert html.count('class="nst-copy"') == 2, "both copies have the better likeness here"
    assert "Where a copy wins" in html
