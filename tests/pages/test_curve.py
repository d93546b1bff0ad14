"""The page of a curve: for everybody with its link, with the pictures of its steps, another run, and words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nst_core.jobs.service import CurvePoint
from pages.parts.curves import shared_curve
from pages.parts.runs import curated
from pages.parts.runs.run_grid import title
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService

POINTS = tuple(CurvePoint(n, float(n), {"total": 9.0 - n, "content": 0.5 * n, "style": 8.0 - n}) for n in range(7))


def finish(job_service: FakeJobService, job: str) -> None:
    job_service.finish(job)
    job_service.jobs[job] = replace(job_service.jobs[job], points=POINTS, snapshot_steps=(0, 3, 6), step=6)


@pytest.fixture
def run(open_page: Open, job_service: FakeJobService) -> str:
    """A finished run with a curve and three pictures."""
    app = open_page("slow")
    app.button(key="slow_start").click().run()
    job = list(job_service.jobs)[-1]
    finish(job_service, job)
    shared_curve._small.cache_clear()
    return job


def chart(app: AppTest) -> Any:
    """What the page's chart is given."""
    return next(data for data in map(_data, app.get("bidi_component")) if data and "figure" in data)


def _data(component: Any) -> Any:
    return json.loads(component.proto.json) if component.proto.json else None


@pytest.mark.parametrize(
    "text",
    [
        "http://host/result?result=0123456789abcdef",
        "https://host/tools/slow?x=1&job=0123456789abcdef#top",
        "curve?result=0123456789abcdef&embed=true",
        " 0123456789abcdef ",
        f"https://host/compare?fast={16 * 'f'}&balanced={16 * 'b'}&slow=0123456789abcdef",
    ],
)
def test_a_run_is_found_in_any_link_to_it(text: str) -> None:
    assert shared_curve.run_in(text) == "0123456789abcdef"


@pytest.mark.parametrize("text", ["", "http://host/gallery", "result=short", "two words", "<script>"])
def test_other_texts_name_no_run(text: str) -> None:
    assert shared_curve.run_in(text) is None


@pytest.mark.parametrize("count", [1, 5, 32, 33, 120])
def test_few_pictures_are_chosen_evenly_with_both_ends(count: int) -> None:
    steps = tuple(range(0, 3 * count, 3))
    chosen = shared_curve.thinned(steps)
    assert len(chosen) == len(set(chosen)) == min(count, shared_curve.MOST_FRAMES)
    assert (chosen[0], chosen[-1]) == (steps[0], steps[-1])
    assert set(chosen) <= set(steps)


def test_the_curve_comes_with_its_pictures_and_is_explained(open_page: Open, run: str) -> None:
    app = open_page("curve", result=run)
    said = words(app)
    assert "What the curve says" in said
    assert "In 6 steps the total fell from 9 to 3" in said
    given = chart(app)
    assert given["stops"] == [0, 3, 6]
    assert [frame[:22] for frame in given["frames"]] == ["data:image/webp;base64"] * 3
    assert not given["pick"]


def test_a_stranger_sees_it_and_can_change_nothing(open_page: Open, run: str, another_browser: Any) -> None:
    another_browser()
    app = open_page("curve", result=run)
    assert "What the curve says" in words(app)
    assert not app.button


def test_another_run_is_laid_beside_it_by_its_link(open_page: Open, job_service: FakeJobService, run: str) -> None:
    second = open_page("slow")
    second.button(key="slow_start").click().run()
    other = list(job_service.jobs)[-1]
    finish(job_service, other)
    app = open_page("curve", result=run)
    app.text_input(key="curve_other").set_value(f"http://host/result?result={other}").run()
    assert app.query_params["with"] in (other, [other])
    assert f"({other[-4:]})" in chart(app)["figure"]
    app.text_input(key="curve_other").set_value("http://host/gallery").run()
    assert "That link names no run" in words(app)
    assert f"({other[-4:]})" not in chart(app)["figure"]


def test_a_run_that_comes_with_the_app_is_named_by_its_pictures(open_page: Open) -> None:
    one, other = curated.views()[:2]
    app = open_page("curve", result=one.id, **{"with": other.id})
    assert title(other) in chart(app)["figure"]


@pytest.mark.parametrize("query", [{}, {"result": "0123456789abcdef"}, {"result": "../../etc"}])
def test_a_link_without_a_run_says_so(open_page: Open, query: dict[str, str]) -> None:
    assert "No curve can be shown here" in words(open_page("curve", **query))


def test_a_run_of_one_pass_has_no_curve(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    job = list(job_service.jobs)[-1]
    job_service.finish(job)
    assert "This run has no curve" in words(open_page("curve", result=job))


def test_the_html_for_another_page_names_the_run_and_listens_to_its_frame_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_curve, "app_address", lambda: "https://host/tools")
    code = shared_curve.frame_code("0123456789abcdef")
    assert 'src="https://host/tools/curve?result=0123456789abcdef&amp;embed=true"' in code
    assert "source === frame.contentWindow" in code
    assert code.count("nst-curve-012345") == 2
