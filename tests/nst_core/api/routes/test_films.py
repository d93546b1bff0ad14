"""A film over HTTP: sent like a photograph, painted as any run, and fetched whole or in parts."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from PIL import Image

from nst_core.client import Client
from nst_core.jobs.film_files import MEDIA_TYPES
from tests.nst_core.api.servers import Api, png, problem, serving
from tests.nst_core.jobs.films import recipe, write_result

DATA = bytes(range(250)) * 4
"""A finished film; the API does not look into it."""


def gif(frames: int = 3) -> bytes:
    """A small film whose frames are greys."""
    pictures = [Image.fromarray(np.full((48, 64, 3), 40 * n, np.uint8)) for n in range(frames)]
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=200)
    return file.getvalue()


def form(film: bytes = b"", **settings: Any) -> dict[str, Any]:
    """The body of a request for a film's run."""
    files = {"film": ("Holiday.GIF", film or gif()), "style": png(2)}
    return {"files": files, "data": {"recipe": json.dumps({"steps": 9, "longest_edge_px": 64, **settings})}}


def finished(api: Api) -> str:
    """A film's run that is over."""
    job: str = api.client.post("/runs", **form()).json()["id"]
    api.worker.ready()
    api.worker.begin(job)
    write_result(api.worker, DATA)
    api.worker.report_film_end(job, recipe())
    return job


@pytest.fixture(scope="module")
def run() -> Any:
    """An API with a film's run that is over, and the run's id."""
    with serving() as api:
        yield api, finished(api)


@pytest.mark.slow
def test_a_film_is_submitted(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer = api.client.post("/runs", **form(frames_per_second=10.0))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["recipe"]["medium"], told["total_steps"]) == ("film", 6)
    assert told["recipe"]["content"] == hashlib.sha256(gif()).hexdigest()
    assert told["links"]["film"] == f"/api/v1/runs/{told['id']}/film"
    sent = api.jobs.inputs(told["id"])
    assert (sent.content.width, sent.content.height) == (64, 48)
    assert sent.film is not None
    assert sent.film.path.read_bytes() == gif()
    assert not list(tmp_path.glob("nst-film-*"))
    problem(api.client.get(f"/runs/{told['id']}/film"), 404, "not-there-yet")


@pytest.mark.slow
def test_a_film_that_cannot_be_used_is_refused(api: Api) -> None:
    assert "film" in problem(api.client.post("/runs", **form(b"GIF89a of lies")), 422, "film")["detail"]
    problem(api.client.post("/runs", **form(trim_start_seconds=9.0)), 422, "film")


def test_a_film_and_a_photograph_exclude_each_other(api: Api) -> None:
    both = form()
    both["files"]["content"] = png(1)
    assert "got both" in problem(api.client.post("/runs", **both), 422, "picture")["detail"]
    neither = {"files": {"content": png(1), "style": png(2)}, "data": {"recipe": '{"medium": "film"}'}}
    assert "needs a film" in problem(api.client.post("/runs", **neither), 422, "recipe")["detail"]


@pytest.mark.slow
def test_a_repeated_request_starts_no_second_run(api: Api) -> None:
    key = {"Idempotency-Key": "a-film"}
    first, again = (api.client.post("/runs", headers=key, **form()).json() for _ in range(2))
    assert first["id"] == again["id"]
    problem(api.client.post("/runs", headers=key, **form(gif(4))), 422, "idempotency")


@pytest.mark.slow
def test_the_film_is_fetched_whole_or_in_parts(run: tuple[Api, str]) -> None:
    api, job = run
    whole = api.client.get(f"/runs/{job}/film")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, DATA, MEDIA_TYPES["mp4"])
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-disposition"] == f'inline; filename="nst-slow-{job[:6]}.mp4"'
    part = api.client.get(f"/runs/{job}/film", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, DATA[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(DATA)}"
    end = api.client.get(f"/runs/{job}/film", headers={"Range": "bytes=-10"})
    assert (end.status_code, end.content) == (206, DATA[-10:])
    beyond = api.client.get(f"/runs/{job}/film", headers={"Range": "bytes=5000-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=100-199"}])
def test_the_size_of_a_film_is_told_without_reading_it(
    run: tuple[Api, str], headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, job = run
    open_file, opened = anyio.open_file, list[Any]()

    async def counted(path: Any, **more: Any) -> Any:
        opened.append(path)
        return await open_file(path, **more)

    monkeypatch.setattr(anyio, "open_file", counted)
    whole = api.client.get(f"/runs/{job}/film")
    assert len(opened) == 1
    head = api.client.head(f"/runs/{job}/film", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))
    assert head.headers == whole.headers
    assert len(opened) == 1


def test_a_client_that_has_the_film_gets_it_no_second_time(run: tuple[Api, str]) -> None:
    api, job = run
    tag = api.client.get(f"/runs/{job}/film").headers["etag"]
    known = api.client.get(f"/runs/{job}/film", headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    other = api.client.get(f"/runs/{job}/film", headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, DATA)


def test_a_picture_has_no_film(api: Api) -> None:
    told = api.submit()
    assert told["links"]["film"] is None
    problem(api.client.get(f"/runs/{told['id']}/film"), 409, "job")


def test_the_client_sends_and_fetches_films(tmp_path: Path, run: tuple[Api, str]) -> None:
    api, job = run
    (tmp_path / "film.gif").write_bytes(gif())
    with Client("http://testserver", transport=api.client._transport) as client:
        sent = client.submit_film(tmp_path / "film.gif", [png(2)], longest_edge_px=64, flow_blend=0.5)
        assert sent.recipe["film"]["flow_blend"] == 0.5
        assert client.film(job) == DATA
        client.delete(sent.id)
