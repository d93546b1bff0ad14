"""The sweep sheet: two settings varied together, painted one small run at a time, kept as pictures alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from nst_core.errors import QueueFullError, RecipeError, WorkerError
from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.service import JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import change, make, value_of
from nst_core.recipe.display import SettingDisplay
from nst_core.runs.inputs import RunInputs
from pages.parts.runs.followups import BoundedCache
from pages.parts.sweep import image, plan, runner, store
from pages.parts.sweep import panel as sweep_part
from pages.parts.sweep.plan import Axis
from pages.parts.sweep.runner import Sweep
from pages.parts.sweep.store import Saved, SweepStore
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService

FAST, SLOW = make(settings={"method": "fast"}), make("bold", {"reference_loss": "fast"})
STRENGTH = Axis("strength", "Strength", (0.5, 1.0, 1.5), ("50 %", "100 %", "150 %"))
STROKES = Axis("style_scale", "Stroke size", (0.5, 2.0), ("0.5", "2"))
SHEET = plan.plan(FAST, STRENGTH, STROKES)


def photograph(width: int = 640, height: int = 480) -> Picture:
    return Picture.from_pixels(np.full((height, width, 3), 90, np.uint8))


SAVED = Saved(SHEET, RunInputs(photograph(), (photograph(64, 64),)), "v")


def knob(name: str, base: object = None) -> SettingDisplay:
    method = "fast" if base is FAST else "slow"
    return next(k for k in plan.OFFERED[method] if k.name == name)


class QuickDesk(FakeJobService):
    """Every run is over at once, and each that was handed in is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.is_quick = True
        self.asked: list[object] = []

    def submit(self, recipe: object, content: Picture, styles: tuple[Picture, ...], **more: object) -> str:  # type: ignore[override]
        self.asked.append((recipe, content, styles, more))
        return super().submit(recipe, content, styles, **more)  # type: ignore[arg-type]


@pytest.fixture
def office() -> QuickDesk:
    return QuickDesk()


@pytest.fixture
def sweep() -> Iterator[Sweep]:
    made = Sweep(SAVED)
    yield made
    made.stop()
    assert made.wait(5)


def painted(sweep: Sweep, office: FakeJobService) -> list[str]:
    sweep.look(office)  # type: ignore[arg-type]
    assert sweep.wait(5)
    return [cell.state for cell in sweep.cells]


def test_cells_are_numbered_row_by_row_and_differ_in_the_two_settings_alone() -> None:
    assert SHEET.count == 6
    told = [(SHEET.small(n).strength, SHEET.small(n).style_scale) for n in range(6)]
    assert told == [(0.5, 0.5), (1.0, 0.5), (1.5, 0.5), (0.5, 2.0), (1.0, 2.0), (1.5, 2.0)]
    assert SHEET.words(4) == "Strength 100 %, Stroke size 2"
    large = SHEET.large(4, 768)
    assert large == change(FAST, {"longest_edge_px": 768, "strength": 1.0, "style_scale": 2.0})
    assert {SHEET.small(n).longest_edge_px for n in range(6)} == {plan.EDGE_PX["fast"]}


@pytest.mark.parametrize("base", [FAST, SLOW], ids=["fast", "slow"])
def test_every_setting_offered_makes_a_sheet_of_its_usual_values(base: object) -> None:
    knobs = plan.offered(base)  # type: ignore[arg-type]
    for one in knobs:
        labels = plan.usual(one, base)  # type: ignore[arg-type]
        side = plan.axis(one, base, labels)  # type: ignore[arg-type]
        other = next(k for k in knobs if k.name not in (one.name, "network"))
        across = plan.axis(other, base, plan.usual(other, base))  # type: ignore[arg-type]
        made = plan.plan(base, across, side)  # type: ignore[arg-type]
        assert [value_of(made.small(n * len(across.values)), one.name) for n in range(len(side.values))] == list(
            side.values
        )


@pytest.mark.parametrize(
    ("across", "down", "message"),
    [
        (STRENGTH, STRENGTH, "two different settings, got Strength twice"),
        (STRENGTH, replace(STROKES, values=(1.0,)), "Stroke size must have 2 to 5 values, got 1; pick more"),
        (replace(STRENGTH, values=(0.0,) * 6), STROKES, "got 6; take some away"),
        (replace(STRENGTH, values=(1.0, 9.0)), STROKES, "strength must be"),
    ],
)
def test_what_makes_no_sheet_is_told_in_one_sentence(across: Axis, down: Axis, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        plan.plan(FAST, across, down)


def test_settings_without_meaning_beside_the_others_are_not_offered() -> None:
    names = {one.name for one in plan.offered(change(SLOW, {"algorithm": "lbfgs"}))}
    assert "history_size" in names
    assert "learning_rate" not in names
    assert "learning_rate" in {one.name for one in plan.offered(SLOW)}


def test_weights_are_multiples_of_what_they_are() -> None:
    values = plan.values(knob("style_weight"), SLOW)
    now = SLOW.objective.style_weight
    assert (values["× 1"], values["× 4"], values["off"]) == (now, 4 * now, 0.0)
    assert plan.usual(knob("style_weight"), SLOW) == ("× 0.25", "× 1", "× 4")


def test_a_start_of_ones_own_is_no_value_of_a_sheet() -> None:
    assert "own" not in plan.values(knob("start"), SLOW).values()


def test_all_cells_are_painted_small_unmeasured_and_leave_no_run_behind(sweep: Sweep, office: QuickDesk) -> None:
    assert painted(sweep, office) == ["painted"] * 6
    assert sweep.is_over
    assert not sweep.is_active
    assert all(cell.picture for cell in sweep.cells)
    assert office.jobs == {}
    assert len(office.asked) == 6
    assert {more["measure"] for *_, more in office.asked} == {False}  # type: ignore[misc]
    assert {content.width for _, content, *_ in office.asked} == {512}  # type: ignore[misc]
    assert sweep.pictures.content.width == 640, "the large picture is made of the photograph itself"


def test_without_room_it_waits_and_then_goes_on(
    sweep: Sweep, office: QuickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RETRY_SECONDS", 0.01)
    office.refuse = QueueFullError("no room", retry_after_seconds=1)
    sweep.look(office)  # type: ignore[arg-type]
    assert not sweep.wait(0.1)
    assert sweep.is_held
    assert sweep.done == 0
    office.refuse = None
    assert sweep.wait(5)
    assert sweep.done == 6


def test_without_networks_it_says_so_and_can_be_asked_again(sweep: Sweep, office: QuickDesk) -> None:
    office.refuse = WorkerError("no source gave them")
    assert set(painted(sweep, office)) == {"waits"}
    assert "no source" in sweep.trouble
    assert not sweep.is_active
    office.refuse = None
    sweep.go_on(office)  # type: ignore[arg-type]
    assert sweep.wait(5)
    assert sweep.is_over


def test_a_cell_that_fails_leaves_the_others(sweep: Sweep, office: QuickDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(job: str, seconds: float) -> JobView:
        view = office.view(job)
        return replace(view, state="failed", error="it diverged") if view.recipe.strength == 1.0 else view

    monkeypatch.setattr(office, "wait", wait)
    assert painted(sweep, office) == ["painted", "failed", "painted"] * 2
    assert sweep.cells[1].error == "it diverged"
    assert sweep.is_over


def test_stop_keeps_what_is_painted_and_go_on_paints_the_rest(
    sweep: Sweep, office: QuickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(job: str, seconds: float) -> JobView:
        if sweep.done == 2:
            sweep.stop()
            return replace(office.view(job), state="running")
        return office.view(job)

    with monkeypatch.context() as patched:
        patched.setattr(office, "wait", wait)
        assert painted(sweep, office) == ["painted"] * 2 + ["waits"] * 4
    assert office.jobs == {}
    sweep.go_on(office)  # type: ignore[arg-type]
    assert sweep.wait(5)
    assert sweep.done == 6


def test_it_rests_while_nobody_looks(sweep: Sweep, office: QuickDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "UNSEEN_SECONDS", -1.0)
    assert set(painted(sweep, office)) == {"waits"}
    assert sweep.is_active
    monkeypatch.undo()
    assert set(painted(sweep, office)) == {"painted"}


def test_the_file_holds_every_cell_in_its_place(sweep: Sweep, office: QuickDesk) -> None:
    painted(sweep, office)
    for number in range(6):
        file = io.BytesIO()
        Image.new("RGB", (64, 48), (40 * number, 0, 0)).save(file, "PNG")
        sweep._cells[number] = replace(sweep.cells[number], picture=file.getvalue())
    sweep._cells[3] = runner.SweepCell("failed", error="it diverged")
    whole = Image.open(io.BytesIO(image.to_png(sweep)))
    step, margin = 10, image.MARGIN_PX
    assert whole.size == (margin + 3 * (64 + step), margin + 2 * (48 + step))
    middles = [(margin + x * (64 + step) + 32, margin + y * (48 + step) + 24) for y in range(2) for x in range(3)]
    reds = [whole.getpixel(middle) for middle in middles]
    assert [red for n, red in enumerate(reds) if n != 3] == [(40 * n, 0, 0) for n in range(6) if n != 3]
    assert min(reds[3]) > 200, "a cell without a picture is left empty"  # type: ignore[type-var]
    top, side = whole.crop((margin, 0, whole.width, margin)), whole.crop((0, margin, margin, whole.height))
    assert all(min(band.convert("L").getdata()) < 100 for band in (top, side)), "both sides have their words"


def begin(open_page: Open, job_service: FakeJobService) -> AppTest:
    job_service.is_quick = True
    app = open_page("compare")
    app.segmented_control(key="view").set_value("Sweep").run()
    app.button(key="compare_sweep_start").click().run()
    assert not app.exception, app.exception
    return app


def test_one_click_fills_a_sheet_that_a_refresh_finds_again(
    open_page: Open, job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf: BoundedCache[Sweep] = BoundedCache()
    monkeypatch.setattr(sweep_part, "_shelf", lambda: shelf)  # AppTest has a new cache for each session
    app = begin(open_page, job_service)
    assert not job_service.jobs
    assert [button.label for button in app.get("download_button")] == ["Sheet"]
    again = open_page("compare", view="Sweep", sweep=str(app.query_params["sweep"]))
    assert [button.label for button in again.get("download_button")] == ["Sheet"]


def test_an_unknown_sheet_has_expired_and_another_can_be_painted(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("compare", view="Sweep", sweep="0" * 32)
    assert "This sheet has expired" in words(app)
    assert not app.button(key="compare_sweep_start").disabled


def test_sides_that_make_no_sheet_are_told_and_cannot_be_started(open_page: Open, job_service: FakeJobService) -> None:
    app = open_page("compare", view="Sweep")
    app.selectbox(key="compare_sweep_down_fast").set_value("strength").run()
    assert "Strength twice" in words(app)
    assert app.button(key="compare_sweep_start").disabled


@pytest.fixture
def drawer(tmp_path: Path) -> SweepStore:
    return SweepStore(DiskBlobStore(tmp_path), "a" * 32)


def test_a_sheet_outlives_the_server(drawer: SweepStore, office: QuickDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer.begin(SAVED, 2)
    first = Sweep(SAVED, name="a" * 32, drawer=drawer)

    def wait(job: str, seconds: float) -> JobView:
        if first.done == 2:
            first.stop()  # as the end of its thread with the server
            return replace(office.view(job), state="running")
        return office.view(job)

    with monkeypatch.context() as patched:
        patched.setattr(office, "wait", wait)
        painted(first, office)
    first.has_large("run", 1)
    saved = drawer.read()
    assert saved is not None
    assert (saved.plan, saved.visitor, saved.large, saved.is_stopped) == (SHEET, "v", {"run": 1}, True)
    assert saved.pictures == SAVED.pictures
    drawer.stopped(is_stopped=False)
    saved = drawer.read()
    assert saved is not None
    second = Sweep(saved, name=first.id, drawer=drawer)
    assert [cell.picture for cell in second.cells[:2]] == [cell.picture for cell in first.cells[:2]]
    assert second.done == 2
    before = len(office.asked)
    assert painted(second, office) == ["painted"] * 6
    assert len(office.asked) - before == 4, "what was painted is not painted again"


@pytest.mark.parametrize("damaged", ["plan.json", "inputs/content.png", "large.json"])
def test_a_damaged_sheet_has_expired(damaged: str, drawer: SweepStore, tmp_path: Path) -> None:
    drawer.begin(SAVED, 2)
    assert drawer.read() is not None
    (tmp_path / ("a" * 32) / damaged).write_bytes(b"{")
    assert drawer.read() is None


def test_a_disk_that_cannot_be_written_costs_the_sheet_nothing_but_its_afterlife(
    drawer: SweepStore, office: QuickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(DiskBlobStore, "put", full)
    drawer.begin(SAVED, 2)
    assert drawer.read() is None
    assert painted(Sweep(SAVED, drawer=drawer), office) == ["painted"] * 6


def test_a_new_sheet_makes_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawers = DiskBlobStore(tmp_path)
    for at, name in enumerate("dab"):
        monkeypatch.setattr(store.time, "time", lambda at=at: 100.0 + at)
        SweepStore(drawers, name).begin(SAVED, 2)
    assert sorted(drawers.jobs()) == ["a", "b"]


def test_a_restarted_server_shows_the_sheet_again(
    open_page: Open, job_service: FakeJobService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_service.disk = tmp_path
    monkeypatch.setattr(sweep_part, "_shelf", BoundedCache)  # one that remembers nothing: a new server each time
    app = begin(open_page, job_service)
    again = open_page("compare", view="Sweep", sweep=str(app.query_params["sweep"]))
    assert [button.label for button in again.get("download_button")] == ["Sheet"]
    (shown,) = (e for e in again.get("bidi_component") if "sheet" in str(e.proto.id))
    assert shown is not None


def test_a_refused_large_picture_is_told_where_it_would_be(
    open_page: Open, job_service: FakeJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf: BoundedCache[Sweep] = BoundedCache()
    monkeypatch.setattr(sweep_part, "_shelf", lambda: shelf)
    app = begin(open_page, job_service)
    job_service.refuse = QueueFullError("you have 3 runs; wait for one of them", retry_after_seconds=60, own=True)
    app.session_state["sweep_wanted"] = 1
    app.run()
    assert "Your places in line are taken" in words(app)
    job_service.refuse = None
    app.session_state["sweep_wanted"] = 1
    app.run()
    assert len(job_service.jobs) == 1
    assert "places in line are taken" not in words(app)
