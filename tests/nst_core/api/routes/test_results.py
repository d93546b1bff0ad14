"""The results of a run: unchanged in the stored format, converted to others, and cached by clients."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.api import films
from nst_core.api.films import MOST_WAITING
from nst_core.api.picture_files import MOST_AT_ONCE
from nst_core.jobs.messages import Began, Finished, ResultReady, Stepped
from nst_core.picture.encode import read_recipe, to_jpeg, to_png
from nst_core.recipe import make, recipe_from_json
from nst_core.step import Pixels
from tests.nst_core.api.servers import Api, problem
from tests.nst_core.jobs.servers import point


def pixels(step: int) -> Pixels:
    """A picture of one grey, from which the step can be read."""
    return np.full((1, 32, 48, 3), step / 10, np.float32)


RESULT = to_png(pixels(9), make().to_json(), np.full((32, 48), 128, np.uint8))


def painted(api: Api, steps: int = 3, *, finished: bool = True) -> str:
    """A run with this number of pictures, and its result."""
    run: str = api.submit()["id"]
    api.worker.ready()
    api.worker.report(Began(job=run, content=to_jpeg(pixels(0)), curve=()))
    for step in range(1, steps + 1):
        jpeg = to_jpeg(pixels(step))
        api.worker.report(Stepped(job=run, point=point(step), total_steps=9, snapshot=jpeg))
    if finished:
        api.worker.report(ResultReady(job=run, png=RESULT))
        api.worker.report(Finished(job=run, report={"recipe": make().model_dump(mode="json")}, stopped=False))
    return run


def grey(answer: Any) -> float:
    """The step of a picture, read from its grey."""
    with Image.open(io.BytesIO(answer.content)) as image:
        return float(np.asarray(image.convert("RGB"), np.float32).mean()) / 25.5


def test_the_curve_is_json_or_a_table(api: Api) -> None:
    run = painted(api)
    told = api.client.get(f"/runs/{run}/curve")
    assert told.headers["content-type"] == "application/json"
    assert [each["step"] for each in told.json()["points"]] == [1, 2, 3]
    assert told.json()["recipe"] == api.client.get(f"/runs/{run}").json()["recipe"]
    table = api.client.get(f"/runs/{run}/curve?format=csv")
    assert table.headers["content-disposition"] == f'attachment; filename="nst-slow-{run[:6]}-curve.csv"'
    assert [row["step"] for row in csv.DictReader(io.StringIO(table.text))] == ["1", "2", "3"]
    problem(api.client.get(f"/runs/{run}/curve?format=xml"), 422, "request")


def test_a_result_is_passed_on_as_it_was_painted(api: Api) -> None:
    run = painted(api)
    answer = api.client.get(f"/runs/{run}/picture")
    assert answer.content == RESULT
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].endswith(f'{run[:6]}.png"')


def test_a_result_in_another_format_keeps_its_recipe_where_that_can(api: Api) -> None:
    run = painted(api)
    webp = api.client.get(f"/runs/{run}/picture?format=webp")
    assert webp.headers["content-type"] == "image/webp"
    recipe = read_recipe(webp.content)
    assert recipe is not None
    assert recipe_from_json(recipe) == api.jobs.view(run).recipe
    with Image.open(io.BytesIO(webp.content)) as image:
        assert (image.format, image.mode) == ("WEBP", "RGBA")
    jpeg = api.client.get(f"/runs/{run}/picture?format=jpeg")
    with Image.open(io.BytesIO(jpeg.content)) as image:
        assert (image.format, image.size) == ("JPEG", (48, 32))
        assert np.asarray(image).min() > 230  # half of it is white
    assert jpeg.headers["content-disposition"].endswith('.jpg"')
    assert jpeg.headers["x-picture-note"].startswith("JPEG has no transparency")
    assert "x-picture-note" not in webp.headers


def test_a_run_under_way_shows_its_newest_picture(api: Api) -> None:
    run = painted(api, 3, finished=False)
    answer = api.client.get(f"/runs/{run}/picture")
    assert answer.headers["content-type"] == "image/jpeg"
    assert grey(answer) == pytest.approx(3, abs=0.1)
    assert answer.headers["cache-control"] == "private, no-cache"
    png = api.client.get(f"/runs/{run}/picture?format=png")
    assert png.headers["content-type"] == "image/png"
    assert read_recipe(png.content) is None  # the entity tag of the run differs from that of its third step
    assert grey(png) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("step", "shown"), [(1, 1), (2, 2), (400, 3), (0, 1)])
def test_a_step_shows_the_nearest_picture(api: Api, step: int, shown: int) -> None:
    run = painted(api)
    answer = api.client.get(f"/runs/{run}/picture?step={step}")
    assert grey(answer) == pytest.approx(shown, abs=0.1)
    assert answer.headers["x-picture-step"] == str(shown)
    assert answer.headers["content-disposition"].endswith(f'-step{shown}.jpg"')
    assert "x-picture-step" not in api.client.get(f"/runs/{run}/picture").headers


@pytest.mark.slow
@pytest.mark.parametrize(("query", "kind"), [("", "PNG"), ("&format=webp", "WEBP"), ("&step=2", "JPEG")])
def test_a_larger_picture_is_reduced(api: Api, query: str, kind: str) -> None:
    run = painted(api)
    whole = api.client.get(f"/runs/{run}/picture?{query}")
    small = api.client.get(f"/runs/{run}/picture?max_edge=24{query}")
    with Image.open(io.BytesIO(small.content)) as image:
        assert (image.format, image.size) == (kind, (24, 16))
        assert ("A" in image.getbands()) == (kind != "JPEG")
    assert read_recipe(small.content) == read_recipe(whole.content)
    assert small.headers["etag"] != whole.headers["etag"]
    enough = api.client.get(f"/runs/{run}/picture?max_edge=48{query}")
    assert (enough.content, enough.headers["etag"]) == (whole.content, whole.headers["etag"])
    problem(api.client.get(f"/runs/{run}/picture?max_edge=15{query}"), 422, "request")


@pytest.mark.parametrize(
    "path", ["", "/curve", "/curve?format=csv", "/picture", "/picture?step=2", "/timelapse?format=gif"]
)
def test_the_head_of_an_answer_can_be_had_alone(api: Api, path: str) -> None:
    run = painted(api)
    whole, head = api.client.get(f"/runs/{run}{path}"), api.client.head(f"/runs/{run}{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


def test_so_many_pictures_are_encoded_at_once(api: Api) -> None:
    run = painted(api)
    places = api.client.app.routes[0].app.state.context.encodings  # type: ignore[attr-defined]
    with contextlib.ExitStack() as held:
        for _ in range(MOST_AT_ONCE):
            held.enter_context(places.taken("this test", 1))
        for query in ("format=webp", "max_edge=24"):
            answer = api.client.get(f"/runs/{run}/picture?{query}")
            problem(answer, 503, "busy")
            assert int(answer.headers["retry-after"]) > 0
        assert api.client.get(f"/runs/{run}/picture").content == RESULT  # the stored format needs no place for encoding
    assert api.client.get(f"/runs/{run}/picture?format=webp").status_code == 200


def test_who_has_a_picture_is_told_so(api: Api) -> None:
    run = painted(api)
    tags = set()
    for query in ("", "?format=webp", "?step=1", "?step=2"):
        first = api.client.get(f"/runs/{run}/picture{query}")
        assert "immutable" in first.headers["cache-control"]
        again = api.client.get(f"/runs/{run}/picture{query}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        tags.add(first.headers["etag"])
    assert len(tags) == 4


def test_a_picture_that_is_not_there_yet_is_a_problem(api: Api) -> None:
    run = api.submit()["id"]
    for part in ("picture", "timelapse"):
        answer = api.client.get(f"/runs/{run}/{part}")
        problem(answer, 404, "not-there-yet")
        assert int(answer.headers["retry-after"]) > 0
    problem(api.client.get(f"/runs/{run}/picture?step=x"), 422, "request")
    problem(api.client.get(f"/runs/{run}/picture?format=gif"), 422, "request")
    problem(api.client.get("/runs/" + "0" * 32 + "/picture"), 404, "run-lost")


@pytest.mark.parametrize(("kind", "mime"), [("gif", "image/gif"), ("webp", "image/webp"), ("mp4", "video/mp4")])
def test_a_film_has_the_pictures_of_the_run(api: Api, kind: str, mime: str) -> None:
    run = painted(api, 4)
    film = api.client.get(f"/runs/{run}/timelapse?format={kind}")
    assert film.headers["content-type"] == mime, film.text
    assert film.headers["content-disposition"].endswith(f'{run[:6]}.{kind}"')
    if kind == "mp4":
        assert film.content[4:8] == b"ftyp"
    else:
        with Image.open(io.BytesIO(film.content)) as image:
            assert getattr(image, "n_frames", 1) == 5
    again = api.client.get(f"/runs/{run}/timelapse?format={kind}", headers={"If-None-Match": film.headers["etag"]})
    assert again.status_code == 304


def test_a_film_is_made_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def time_lapse(pictures: list[bytes], kind: str) -> bytes:
        made.append(len(pictures))
        return b"film"

    monkeypatch.setattr(films, "time_lapse", time_lapse)
    run = painted(api, 3, finished=False)
    for _ in range(2):
        assert api.client.get(f"/runs/{run}/timelapse").content == b"film"
    assert len(made) == 1
    api.worker.report(Stepped(job=run, point=point(4), total_steps=9, snapshot=to_jpeg(pixels(4))))
    api.client.get(f"/runs/{run}/timelapse")
    assert made[1] == made[0] + 1


def test_too_few_pictures_are_no_film(api: Api) -> None:
    answer = api.client.get(f"/runs/{painted(api, 2)}/timelapse")
    assert "2" in problem(answer, 404, "not-there-yet")["detail"]
    assert "retry-after" not in answer.headers, "the run is over"


def test_so_many_wait_for_films(api: Api) -> None:
    run = painted(api)
    places = api.client.app.routes[0].app.state.context.films._places  # type: ignore[attr-defined]
    for _ in range(MOST_WAITING):
        assert places._free.acquire(blocking=False)
    answer = api.client.get(f"/runs/{run}/timelapse")
    problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0
