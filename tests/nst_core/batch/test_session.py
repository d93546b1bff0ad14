"""Whole batches with a network that does nearly nothing: results, failures, resuming, lists."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.batch import loading
from nst_core.batch.session import BatchOptions
from nst_core.errors import DivergedError, PictureError, WeightsError
from nst_core.fast import engine
from nst_core.models import stylisation
from nst_core.picture.encode import read_recipe
from nst_core.picture.resize import fit
from nst_core.picture.upload import open_own
from nst_core.recipe import recipe_from_json
from nst_core.runs import runner
from nst_core.step import Step
from tests.nst_core.batch.conftest import run


def contents(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))


def styles(folder: Path) -> list[Path]:
    return sorted(folder.glob("styles/*.png"), reverse=True)  # red, blue


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder.parent / "out").iterdir()}


def test_every_content_is_painted_in_every_style_in_shared_passes(batch_of: Any, pictures: Path, network: Any) -> None:
    batch = batch_of(contents(pictures), styles(pictures))
    assert [result.item.name for result in run(batch)] == [f"{c}--{s}.png" for c in "abc" for s in ("red", "blue")]
    assert network.passes == [6]
    red, blue = (np.asarray(Image.open(batch.folder.path / f"b--{s}.png"), float) for s in ("red", "blue"))
    photograph = np.asarray(Image.open(pictures / "b.png"), float)
    np.testing.assert_allclose(red, 0.25 * photograph + 0.75 * np.array([255, 0, 0]), atol=0.6)
    np.testing.assert_allclose(blue, 0.25 * photograph + 0.75 * np.array([0, 0, 255]), atol=0.6)


def test_results_are_those_of_single_runs_with_the_recipe_inside(batch_of: Any, pictures: Path, network: Any) -> None:
    settings = {"strength": 0.6, "colour_match": "covariance", "colour_preservation": 0.3}
    batch = batch_of(contents(pictures)[:2], styles(pictures)[:1], **settings)
    run(batch)
    for content in contents(pictures)[:2]:
        data = files(pictures)[f"{content.stem}--red.png"]
        recipe = recipe_from_json(read_recipe(data) or "")
        assert recipe.content == open_own(content.read_bytes()).sha256
        assert recipe.strength == 0.6
        style = open_own(styles(pictures)[0].read_bytes()).tensor()
        (step,) = runner.run_recipe(open_own(content.read_bytes()).tensor(), [style], recipe)
        assert step.picture is not None
        np.testing.assert_allclose(open_own(data).tensor(), step.picture, atol=0.6 / 255)


def test_a_finished_batch_is_not_painted_again_and_not_even_decoded(
    batch_of: Any, pictures: Path, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(batch_of(contents(pictures), styles(pictures)))
    before = files(pictures)
    monkeypatch.setattr(loading, "load_picture", None)
    again = batch_of(contents(pictures), styles(pictures))
    assert run(again) == []
    assert again.count("done") == 6
    assert network.passes == [6]
    after = files(pictures)
    assert {name: data for name, data in after.items() if name != "batch.jsonl"} == {
        name: data for name, data in before.items() if name != "batch.jsonl"
    }


def test_only_what_changed_is_painted_anew(batch_of: Any, pictures: Path, network: Any) -> None:
    run(batch_of(contents(pictures), styles(pictures)))
    Image.new("RGB", (64, 48), (0, 255, 0)).save(pictures / "b.png")
    (pictures.parent / "out" / "a--red.png").unlink()
    names = [result.item.name for result in run(batch_of(contents(pictures), styles(pictures)))]
    assert names == ["a--red.png", "b--red.png", "b--blue.png"]
    assert len(run(batch_of(contents(pictures), styles(pictures), strength=0.5))) == 6
    assert len(run(batch_of([*contents(pictures)[:1], styles(pictures)[0]], styles(pictures), strength=0.5))) == 2


def test_a_stopped_batch_goes_on_where_it_was(
    batch_of: Any, pictures: Path, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.batch.painting.BATCH_PIXELS", 1)
    stopped = batch_of(contents(pictures), styles(pictures))
    first = [result.item.name for result in run(stopped, lambda _: len(network.passes) >= 2)]
    listed = json.loads((stopped.folder.path / "manifest.json").read_text())
    assert first == ["a--red.png", "a--blue.png"]
    assert listed["counts"] == {"done": 2, "failed": 0, "waiting": 4}
    rest = batch_of(contents(pictures), styles(pictures))
    assert [result.item.name for result in run(rest)] == [item.name for item in rest.items if item.name not in first]
    assert rest.count("done") == 6


def test_failures_are_listed_and_stop_nothing(batch_of: Any, pictures: Path, network: Any) -> None:
    (pictures / "b.png").write_bytes(b"no picture")
    out = pictures.parent / "out"
    out.mkdir()
    (out / "a--red.png").write_bytes(b"foreign")
    batch = batch_of([*contents(pictures), pictures / "gone.png"], styles(pictures)[:1])
    failed = {result.item.name: result.error for result in run(batch) if result.error}
    assert "was not written by this batch" in failed["a--red.png"]
    assert "must be a readable" in failed["b--red.png"]
    assert "must be a file that can be read" in failed["gone--red.png"]
    assert (out / "a--red.png").read_bytes() == b"foreign"
    assert (out / "c--red.png").exists()
    listed = json.loads((out / "manifest.json").read_text())
    assert listed["counts"] == {"done": 1, "failed": 3, "waiting": 0}
    rows = list(csv.DictReader(io.StringIO((out / "manifest.csv").read_bytes().decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["failed", "failed", "done", "failed"]
    assert rows[1]["error"] == failed["b--red.png"]
    (pictures / "b.png").write_bytes((pictures / "c.png").read_bytes())
    assert [r.item.name for r in run(batch_of(contents(pictures), styles(pictures)[:1])) if r.entry] == ["b--red.png"]


def test_one_picture_that_fails_in_a_pass_leaves_the_others(
    batch_of: Any, pictures: Path, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = network.transform

    def out_of_memory(seen: Any, vectors: Any) -> Any:
        if any(np.array_equal(each, poisoned) for each in np.asarray(seen)):
            raise MemoryError("no room")
        return real(seen, vectors)

    poisoned = open_own((pictures / "b.png").read_bytes()).tensor()[0]
    monkeypatch.setattr(network, "transform", out_of_memory)
    outcomes = {r.item.name: r for r in run(batch_of(contents(pictures), styles(pictures)[:1]))}
    assert outcomes["b--red.png"].error == "an unexpected MemoryError: no room"
    assert outcomes["b--red.png"].code == "unexpected"
    assert outcomes["a--red.png"].entry
    assert outcomes["c--red.png"].entry


def test_without_a_network_the_batch_ends_at_once(
    batch_of: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def missing() -> None:
        tries.append(1)
        raise WeightsError("no source gave the network")

    monkeypatch.setattr(stylisation, "load", missing)
    monkeypatch.setattr("nst_core.batch.painting.BATCH_PIXELS", 1)
    with pytest.raises(WeightsError):
        run(batch_of(contents(pictures), styles(pictures)))
    assert len(tries) == 1
    assert json.loads(files(pictures)["manifest.json"])["counts"]["failed"] == 1


def test_a_foreign_list_is_found_before_anything_is_painted(batch_of: Any, pictures: Path, network: Any) -> None:
    (pictures.parent / "out").mkdir()
    (pictures.parent / "out" / "manifest.csv").write_text("theirs")
    with pytest.raises(PictureError, match=r"manifest\.csv was not written by this batch"):
        run(batch_of(contents(pictures), styles(pictures)))
    assert network.passes == []


@pytest.mark.usefixtures("network")
def test_contact_sheets_show_results_and_failures_and_old_pages_go(batch_of: Any, pictures: Path) -> None:
    (pictures / "b.png").write_bytes(b"no picture")
    small = BatchOptions(wants_measures=False, sheet_kind="png", columns=1)
    batch = batch_of([*contents(pictures)] * 3, styles(pictures), options=small)
    run(batch)
    pages = [name for name in files(pictures) if name.startswith("contact-sheet")]
    assert sorted(pages) == ["contact-sheet-1.png", "contact-sheet-2.png", "contact-sheet-3.png"]
    page = Image.open(batch.folder.path / "contact-sheet-1.png")
    assert page.size == (248, 1644)
    red = np.asarray(page.convert("RGB"))[100, 124]
    assert red[0] > 180
    assert red[2] < 80
    run(batch_of(contents(pictures), styles(pictures)[:1], options=small))
    assert [name for name in files(pictures) if name.startswith("contact-sheet")] == ["contact-sheet-1.png"]


@pytest.mark.usefixtures("network")
def test_a_foreign_page_of_a_contact_sheet_stays_and_the_list_is_written(batch_of: Any, pictures: Path) -> None:
    (pictures.parent / "out").mkdir()
    (pictures.parent / "out" / "contact-sheet-2.jpg").write_bytes(b"theirs")
    run(
        batch_of([*contents(pictures)] * 3, styles(pictures)[:1], options=BatchOptions(wants_measures=False, columns=1))
    )
    listed = json.loads(files(pictures)["manifest.json"])
    assert listed["contact_sheets"] == ["contact-sheet-1.jpg"]
    assert "contact-sheet-2.jpg was not written by this batch" in listed["contact_sheets_problem"]
    assert files(pictures)["contact-sheet-2.jpg"] == b"theirs"


@pytest.mark.usefixtures("network")
def test_without_contact_sheets_there_are_none(batch_of: Any, pictures: Path) -> None:
    run(batch_of(contents(pictures), styles(pictures), options=BatchOptions(wants_measures=False, sheet_kind="none")))
    assert not [name for name in files(pictures) if name.startswith("contact-sheet")]


@pytest.mark.usefixtures("network")
def test_results_without_measures_are_painted_anew_when_these_are_wanted(
    batch_of: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(batch_of(contents(pictures), styles(pictures)[:1]))
    monkeypatch.setattr(runner, "measures", lambda *_, **__: {"ssim": 0.5})
    assert len(run(batch_of(contents(pictures), styles(pictures)[:1], options=BatchOptions()))) == 3
    assert not run(batch_of(contents(pictures), styles(pictures)[:1]))
    assert json.loads(files(pictures)["manifest.json"])["pictures"][0]["measures"] == {"ssim": 0.5}


@pytest.mark.usefixtures("network")
def test_without_vgg_the_results_say_that_they_are_not_measured(
    batch_of: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise WeightsError("no source gave VGG-19")

    monkeypatch.setattr(runner, "measures", missing)
    run(batch_of(contents(pictures)[:1], styles(pictures)[:1], options=BatchOptions()))
    (listed,) = json.loads(files(pictures)["manifest.json"])["pictures"]
    assert (listed["measures"], listed["notes"]) == (None, ["not measured: no source gave VGG-19"])
    assert not run(batch_of(contents(pictures)[:1], styles(pictures)[:1], options=BatchOptions()))


@pytest.mark.usefixtures("network")
def test_style_grids_and_masks_are_painted_one_by_one(
    batch_of: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[Any] = []
    real = engine.run

    def counted(*arguments: Any, **more: Any) -> Any:
        runs.append(1)
        return real(*arguments, **more)

    monkeypatch.setattr(engine, "run", counted)
    batch = batch_of(contents(pictures)[:2], styles(pictures), pair="mix", style_grid_size=2, longest_edge_px=128)
    run(batch)
    assert len(runs) == 2
    assert batch.count("done") == 2


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A stand-in for the slow engine, which takes three steps and notes each; a test may stop it with an error."""
    taken: list[int] = []

    def descend(content: Any, _: Any, recipe: Any, **__: Any) -> Any:
        for number in (1, 2, 3):
            taken.append(number)
            if recipe.seed == number:
                raise DivergedError(f"step {number}")
            yield Step(number, 3, 64, 0.1 * number, {"total": 1.0 / number}, fit(content, 64) * 0 + number / 4)

    monkeypatch.setattr(runner, "run_recipe", descend)
    monkeypatch.setattr(runner, "prepare", lambda recipe: recipe)
    return taken


def test_slow_pictures_take_all_their_steps_and_a_stopped_one_is_not_kept(
    batch_of: Any, pictures: Path, steps: list[int]
) -> None:
    stopped = batch_of(contents(pictures)[:2], styles(pictures)[:1], method="slow")
    assert [result.item.name for result in run(stopped, lambda _: len(steps) == 5)] == ["a--red.png"]
    assert steps == [1, 2, 3, 1, 2]
    assert np.asarray(Image.open(stopped.folder.path / "a--red.png")).mean() == 191
    rest = batch_of(contents(pictures)[:2], styles(pictures)[:1], method="slow")
    assert [result.item.name for result in run(rest)] == ["b--red.png"]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_diverges_is_a_failure(batch_of: Any, pictures: Path, steps: list[int], seed: int) -> None:
    batch = batch_of(contents(pictures)[:1], styles(pictures)[:1], method="slow", seed=seed)
    (result,) = run(batch)
    assert (result.code, result.error) == ("diverged", f"step {seed}")
    assert len(steps) == seed
