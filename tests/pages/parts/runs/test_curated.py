"""The runs that come with the app: whole, small, and each opens as a finished result."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from nst_core.picture import samples
from nst_core.picture.encode import read_recipe
from nst_core.recipe import recipe_from_json
from pages.parts.app import session
from pages.parts.inputs.selection import SOURCE
from pages.parts.runs import curated
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService

NAMES = [file.stem for file in sorted(curated.FOLDER.glob("*.json"))]


def test_all_are_there_and_small_together() -> None:
    files = list(curated.FOLDER.iterdir())
    assert [view.id for view in curated.views()] == [curated.PREFIX + name for name in NAMES]
    assert len({curated.titles(view.id) for view in curated.views()}) == len(NAMES)
    assert sum(file.stat().st_size for file in files) <= 400_000


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_falling_curve_and_its_recipe_inside(name: str) -> None:
    view = curated.view(curated.PREFIX + name)
    assert view is not None
    assert view.result is not None
    assert view.snapshot is not None
    assert recipe_from_json(read_recipe(view.result) or "") == view.recipe
    assert recipe_from_json(read_recipe((curated.FOLDER / f"{name}.webp").read_bytes()) or "") == view.recipe
    assert [b.step - a.step for a, b in pairwise(view.points)] == [1] * (len(view.points) - 1)
    assert all(a.seconds <= b.seconds for a, b in pairwise(view.points))
    last = [point for point in view.points if point.scale_px == view.points[-1].scale_px]
    assert last[-1].losses["total"] < last[0].losses["total"]
    assert {curated.style_key(view.id)} <= {sample.key for sample in samples.styles()}


def test_a_damaged_or_missing_one_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "damaged.json").write_text("{")
    (tmp_path / "empty.json").write_text("{}")
    caches = (curated._stored, curated.views, curated.view)
    monkeypatch.setattr(curated, "FOLDER", tmp_path)
    for cached in caches:
        cached.cache_clear()
    assert curated.views() == ()
    for cached in caches:
        cached.cache_clear()


def test_one_opens_as_a_finished_result_and_offers_its_style(open_page: Open, job_service: FakeJobService) -> None:
    job = curated.PREFIX + NAMES[0]
    app = open_page("result", result=job)
    shown = words(app)
    assert " in ".join(curated.titles(job)) in shown
    assert "somebody's run" not in shown
    assert any("Loss curves after step" in chart.proto.json for chart in app.get("bidi_component"))
    assert [button.proto.label for button in app.get("download_button")][:4] == ["PNG", "JPEG", "WebP", "Recipe"]
    app.button(key=f"style_{job}").click().run()
    assert app.session_state["inputs_images"]["style"].key == curated.style_key(job)
    assert app.session_state[SOURCE.key("content")] == "Upload"
    assert not job_service.jobs, "there is no photograph of the visitor's own yet"


def test_settings_and_pictures_of_one_can_be_opened(open_page: Open) -> None:
    job = curated.PREFIX + NAMES[0]
    app = open_page("result", result=job)
    app.button(key=f"open_{job}").click().run()
    assert not app.exception
    assert app.session_state["inputs_images"]["content"].load().width > 0


def test_an_unknown_one_cannot_be_opened(open_page: Open) -> None:
    unknown = curated.PREFIX + "nothing"
    assert session.view(unknown) is None
    assert "This result cannot be shown" in words(open_page("result", result=unknown))


def test_the_gallery_is_never_empty(open_page: Open) -> None:
    app = open_page("gallery")
    assert "Painted by this app" in words(app)
    (grid,) = [element for element in app.get("bidi_component") if "nst_wall" in element.proto.component_name]
    assert all(view.id in grid.proto.json for view in curated.views())
