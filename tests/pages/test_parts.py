"""The parts that are plain functions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nst_core.jobs.service import JobView
from nst_core.recipe import make
from pages.parts.app.formatting import duration, three_digits, with_unit
from pages.parts.app.theme import escape_markdown
from pages.parts.compare import measures
from pages.parts.runs import run_image
from pages.parts.runs.before_after import data_url
from pages.parts.studio import examples
from tests.pages.fake_service import MEASURES, picture, points

RUNNING = JobView("id", "running", make(), total_steps=100, step=20, points=points(20))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.84, "0.8 s"), (42.3, "42 s"), (59.9, "1 min 0 s"), (185, "3 min 5 s")]
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_status_line_tells_step_speed_and_time_left() -> None:
    assert run_image.status_line(RUNNING, waking=False) == "Step 20 of 100 · 2.0 steps a second · about 40 s left"
    assert "loaded" in run_image.status_line(RUNNING, waking=True)
    third = replace(RUNNING, state="queued", position=3)
    assert run_image.status_line(third, waking=False).startswith("Number 3 in line")


def test_the_status_line_of_a_film_counts_the_frames_of_other_workers() -> None:
    """Half of the frames were painted by another worker, and its second scene came at once."""
    times = [*range(1, 11), *[10.0] * 10]
    curve = tuple(replace(point, seconds=float(at)) for point, at in zip(points(20), times, strict=False))
    film = replace(RUNNING, recipe=make(settings={"medium": "film"}), points=curve, ahead=30)
    line = "Frame 20 of 100 · 30 of later scenes · 6.0 frames a second · about 8.3 s left"
    assert run_image.status_line(film, waking=False) == line


def test_figures_are_flat_and_in_the_order_of_the_table() -> None:
    flat = measures.figures({"seconds": {"run": 2.0}, "measures": MEASURES})
    assert list(flat)[:3] == ["seconds", "content", "content/block4_conv2"]
    assert flat["style_gram/block1_conv1"] == 10.0
    assert flat["content"] == 770.0
    assert not any(name.startswith("size") for name in flat)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *(
            (0.0849, "0.0849"),
            (12.34, "12.3"),
            (999.4, "999"),
            (999.9, "1 k"),
            (862_834, "863 k"),
            (3.153e11, "315 bn"),
        ),
        *((0.0, "0"), (0.0001, "0.0001"), (1.55e-6, "< 0.0001"), (-1.55e-6, "> -0.0001")),
    ],
)
def test_large_and_small_figures_are_short(value: float, words: str) -> None:
    assert with_unit(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(231_400, "2.31e5"), (99_949, "99900"), (0.0849, "0.0849"), (12.34, "12.3"), (3.2e-5, "3.20e-5"), (0, "0")],
)
def test_a_loss_has_three_digits(value: float, words: str) -> None:
    assert three_digits(value) == words


def test_data_addresses_name_the_kind_by_content() -> None:
    assert data_url(picture("PNG")).startswith("data:image/png;base64,")
    assert data_url(picture("JPEG")).startswith("data:image/jpeg;base64,")
    assert data_url(picture("WEBP")).startswith("data:image/webp;base64,")


def test_markdown_in_a_name_is_shown_and_not_obeyed() -> None:
    assert escape_markdown("[a](b) *c*") == "\\[a\\]\\(b\\) \\*c\\*"


def test_a_missing_example_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(examples, "FOLDER", tmp_path)
    assert examples.example.__wrapped__().pictures == {}


def test_examples_stay_small() -> None:
    sizes = [path.stat().st_size for path in examples.FOLDER.glob("*.webp")]
    assert all(size < 60_000 for size in sizes)
    assert sum(sizes) < 400_000
