"""The curves' panel: view options, the picture at a step, a branch from there, and exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.jobs.service import CurvePoint, JobView
from nst_core.picture.upload import open_picture
from nst_core.recipe import make
from pages.parts.curves import charts, comparable_runs, export, series
from pages.parts.curves.series import ChartOptions
from pages.parts.runs import snapshots
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, FakeJobService, picture, points

PICTURE = open_picture(picture("PNG"))


def layered(count: int = 6) -> list[CurvePoint]:
    """Points with two style layers, weighted by 20 x 0.5 and from the fourth on by 40 x 0.5."""
    found = []
    for point in points(count):
        style = 20.0 if point.step < 4 else 40.0
        weights = {"content": 2.0, "style": style, "style/a": style / 2, "style/b": style / 2}
        losses = {"total": 4.0 + style, "content": 4.0, "style": style, "style/a": style / 2, "style/b": 0.0}
        told = weights if point.step in (1, 4) else {}
        found.append(replace(point, losses=losses, weights=told, evaluations=3 * point.step))
    return found


def curves(*points: Any, **options: Any) -> go.Figure:
    return go.Figure(charts.loss_curves(*points, **options))


def drawn(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data if trace.mode == "lines" and trace.name}


def test_style_layers_are_curves_of_their_own() -> None:
    figure = curves(layered(), total_steps=6, options=ChartOptions(curves="layers", log_scale=False))
    assert set(drawn(figure)) == {"a", "b"}
    assert list(drawn(figure)["a"].y) == [10.0] * 3 + [20.0] * 3


def test_before_weights_steering_leaves_no_step_and_the_total_is_absent() -> None:
    figure = curves(layered(), total_steps=6, options=ChartOptions(unweighted=True))
    assert "Total" not in drawn(figure)
    assert list(drawn(figure)["Style"].y) == [1.0] * 6
    assert list(drawn(figure)["Content"].y) == [2.0] * 6
    assert series.unweighted(points(3), "style") == [None] * 3, "unknown weights are a gap"


@pytest.mark.parametrize(("along", "expected"), [("steps", [1, 2]), ("seconds", [0.5, 1.0]), ("evaluations", [3, 6])])
def test_the_x_axis_counts_what_is_asked(along: series.XAxis, expected: list[float]) -> None:
    figure = curves(layered(2), total_steps=2, options=ChartOptions(x_axis=along))
    assert list(drawn(figure)["Total"].x) == expected
    assert figure.layout.xaxis.range[1] >= expected[-1]


def test_the_end_of_a_living_run_is_foreseen_and_moves_seldom() -> None:
    ends = {series.x_axis_end(points(count), 100, "seconds") for count in range(10, 100)}
    assert ends == {50.0}
    assert series.x_axis_end(points(100), 100, "seconds") == 50.0


def test_smoothing_draws_both_and_forgets_at_a_change_of_weights() -> None:
    run = layered()
    values, bare = series.values_of(run, "style", ChartOptions(smoothing=0.9))
    assert bare == [20.0] * 3 + [40.0] * 3
    assert values == pytest.approx(bare)
    figure = curves(run, total_steps=6, options=ChartOptions(smoothing=0.9))
    assert sum(trace.opacity is not None for trace in figure.data) == 4


def test_every_point_carries_its_step_whatever_the_axis() -> None:
    figure = curves(points(5), total_steps=5, options=ChartOptions(x_axis="seconds"))
    for curve in drawn(figure).values():
        assert list(curve.customdata) == [1, 2, 3, 4, 5]
        assert list(curve.x) == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_a_curve_and_its_values_before_smoothing_are_hidden_together() -> None:
    groups = [trace.legendgroup for trace in curves(points(5), total_steps=5, options=ChartOptions(smoothing=0.5)).data]
    assert groups == ["Total", "Total", "Content", "Content", "Style", "Style", "Variation", "Variation"]


def test_another_run_is_a_curve_with_its_difference_as_text() -> None:
    other = charts.ComparedRun("steps <b>200</b>", points(9))
    figure = curves(points(3), total_steps=3, compared=[other])
    assert list(drawn(figure)["steps &lt;b&gt;200&lt;/b&gt;"].y) == [110.0 / n for n in range(1, 10)]
    assert figure.layout.xaxis.range[1] == 9
    assert "steps <b>200</b>" in charts.alt_text(points(3), 3, compared=[other])


def test_the_exported_page_needs_no_network() -> None:
    run = [replace(points(3)[0], events=("plateau", "scale 256 px")), *points(3)[1:]]
    view = JobView("a" * 8, "done", make(), points=tuple(run), step=3, total_steps=3)
    page = export.as_html(view, ChartOptions())
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page, "it needs no network"


@pytest.mark.parametrize(("scale_px", "pyramid", "smallest"), [(256, "auto", 256), (384, "off", 128)])
def test_a_branch_begins_at_the_size_of_its_step(scale_px: int, pyramid: str, smallest: int) -> None:
    recipe = make(settings={"pyramid": "auto", "first_steps": 7, "longest_edge_px": 384})
    run = tuple(replace(point, scale_px=scale_px) for point in points(5))
    branch = snapshots.branch_recipe(JobView("a", "done", recipe, points=run), 3, {"style_weight": 5.0})
    assert (branch.start, branch.objective.style_weight) == ("own", 5.0)
    assert branch.schedule.pyramid == pyramid
    assert branch.schedule.smallest_edge_px == smallest
    assert branch.schedule.first_steps is None
    assert branch.objective.content_weight == recipe.objective.content_weight


def finished(job_service: FakeJobService) -> str:
    job = job_service.submit(make(settings={"steps": 20}), PICTURE, [PICTURE], owner=OWNER)
    job_service.finish(job)
    job_service.jobs[job] = replace(job_service.jobs[job], snapshot_steps=(1, 5, 10, 20))
    return job


def look(app: AppTest, key: str, step: int) -> None:
    """The effect of a click on the curves: AppTest cannot click on a component."""
    app.session_state[snapshots.PICKED.key(key)] = step
    app.run()


def test_a_picture_is_looked_at_branched_from_and_let_go(open_page: Open, job_service: FakeJobService) -> None:
    job = finished(job_service)
    app = open_page("slow", job=job)
    key = f"slow_{job}"
    look(app, key, 5)
    assert "The picture after step 5 of 20" in words(app)
    app.button(key=f"newest_{key}").click().run()
    assert "The picture after step" not in words(app)
    look(app, key, 10)
    app.button(key=f"branch_{key}_go").click().run()
    assert not app.exception
    (branch,) = set(job_service.jobs) - {job}
    assert job_service.jobs[branch].recipe.start == "own"
    assert job_service.given[branch].content is PICTURE
    start = job_service.given[branch].start
    assert start is not None
    assert start.pixels[0, 0, 0] == pytest.approx(40, abs=3), "the shade of step 10"
    assert app.query_params["job"] in (branch, [branch])


@pytest.mark.parametrize(("clicked", "picked"), [(1, 1), (6, 5), (9, 10), (19, None), (99, None)])
def test_the_picture_nearest_to_a_click_is_looked_at_but_for_the_newest(
    clicked: int, picked: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots.st, "session_state", {})
    view = JobView("a", "running", make(), points=points(20), snapshot_steps=(1, 5, 10, 20))
    snapshots.pick(view, clicked, key="k")
    assert snapshots.picked("k") == picked


def test_what_can_be_looked_at_stands_still_while_a_picture_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots.st, "session_state", {})
    view = JobView("a", "running", make(), points=points(20), snapshot_steps=(1, 5, 10))
    later = replace(view, snapshot_steps=(1, 5, 10, 20))
    assert snapshots.steps(later, "k") == (1, 5, 10, 20)
    snapshots.pick(view, 5, key="k")
    assert snapshots.steps(later, "k") == (1, 5, 10)
    snapshots.pick(later, 10, key="k")
    assert snapshots.picked("k") is None
    assert snapshots.steps(later, "k") == (1, 5, 10, 20)


def test_own_other_runs_are_named_by_their_difference(
    open_page: Open, job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = finished(job_service)
    job = job_service.submit(make(settings={"steps": 30}), PICTURE, [PICTURE], owner=OWNER)
    job_service.finish(job)
    stranger = job_service.submit(make(), PICTURE, [PICTURE], owner="another")
    job_service.finish(stranger)
    app = open_page("slow", job=job)
    offered = app.multiselect(key=f"beside_slow_{job}")
    assert [option.split(" (")[0] for option in offered.options] == ["steps 20"]
    offered.select(other).run()
    assert not app.exception


@pytest.mark.parametrize(("is_over", "seen"), [(True, 20), (False, 9)])
def test_another_runs_curve_is_read_again_only_while_it_grows(
    is_over: bool, seen: int, job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.session_state", {})
    job = job_service.submit(make(settings={"steps": 20}), PICTURE, [PICTURE], owner=OWNER)
    job_service.finish(job) if is_over else job_service.advance(job, 5)
    assert len(comparable_runs.points(job)) == (20 if is_over else 5)
    job_service.jobs[job] = replace(job_service.jobs[job], points=points(9))
    assert len(comparable_runs.points(job)) == seen
    assert comparable_runs.points("unknown") == ()
