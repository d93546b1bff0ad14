"""Runs over HTTP: submitted, viewed, changed only by their owner, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nst_core.api import forms
from nst_core.jobs.messages import Pause, Resume, Stop
from nst_core.jobs.service import owner_of
from nst_core.picture.upload import Picture
from nst_core.recipe.schema import MOST_STYLES
from tests.nst_core.api.servers import Api, png, problem, run_form, serving


def owned(run: dict[str, Any]) -> dict[str, str]:
    """The headers of a run's owner."""
    return {"X-Run-Secret": run["secret"]}


def started(api: Api, steps: int = 3) -> dict[str, Any]:
    """A run under way."""
    run = api.submit()
    api.worker.ready()
    api.worker.begin(run["id"])
    for number in range(1, steps + 1):
        api.worker.step(run["id"], number)
    return run


def test_a_run_is_submitted_with_the_pictures_that_were_sent(api: Api) -> None:
    run = api.submit()
    assert run["state"] == "queued"
    assert run["recipe"]["steps"] == 9
    view = api.jobs.view(run["id"])
    assert view.owner == owner_of(run["secret"])
    sent = api.jobs.inputs(run["id"])
    assert (sent.content.width, sent.content.height) == (48, 40)
    assert sent.content.sha256 == run["recipe"]["content"]


def test_the_answer_says_where_the_run_is(api: Api) -> None:
    answer = api.client.post("/runs", **run_form())
    run = answer.json()
    assert answer.headers["location"] == run["links"]["self"] == f"/api/v1/runs/{run['id']}"
    assert run["links"]["page"] == f"/result?result={run['id']}"
    assert api.client.get(f"http://testserver{run['links']['self']}").json()["id"] == run["id"]


def test_bundled_pictures_are_named_by_their_keys(api: Api) -> None:
    answer = api.client.post("/runs", data={"content_id": "chelsea", "style_id": ["night-swirls"]})
    assert answer.status_code == 201, answer.text


def test_the_secret_is_told_once(api: Api) -> None:
    run = api.submit()
    assert "secret" not in api.client.get(f"/runs/{run['id']}").json()
    again = api.client.post("/runs", headers=owned(run), **run_form()).json()
    assert again["secret"] is None
    assert api.jobs.view(again["id"]).owner == owner_of(run["secret"])


def test_a_run_is_seen_while_it_paints(api: Api) -> None:
    run = started(api)
    seen = api.client.get(f"/runs/{run['id']}").json()
    assert (seen["state"], seen["step"], seen["total_steps"]) == ("running", 3, 9)
    assert seen["losses"] == {"total": 1.0}
    assert seen["snapshot_steps"] == [1, 2, 3]
    assert seen["seconds_left"] == pytest.approx(0.75 / 3 * 6)


@pytest.mark.parametrize(("act", "command"), [("stop", Stop), ("pause", Pause)])
def test_its_owner_stops_and_pauses_it(api: Api, act: str, command: type) -> None:
    run = started(api)
    assert api.client.post(f"/runs/{run['id']}/{act}", headers=owned(run)).status_code == 200
    assert isinstance(api.worker.commands[-1], command)


def test_a_paused_run_is_resumed(api: Api) -> None:
    run = started(api)
    api.client.post(f"/runs/{run['id']}/pause", headers=owned(run))
    api.client.post(f"/runs/{run['id']}/resume", headers=owned(run))
    assert isinstance(api.worker.commands[-1], Resume)


def test_its_owner_steers_it(api: Api) -> None:
    run = started(api)
    answer = api.client.post(f"/runs/{run['id']}/steer", headers=owned(run), json={"style_weight": 77.0})
    assert answer.json()["recipe"]["objective"]["style_weight"] == 77.0
    found = api.client.post(f"/runs/{run['id']}/steer", headers=owned(run), json={"style_weight": "77"})
    problem(found, 422, "recipe")


@pytest.mark.parametrize("secret", ["", "0" * 32, "no secret"])
@pytest.mark.parametrize("act", ["stop", "pause", "resume", "steer", "delete"])
def test_nobody_else_changes_it(api: Api, act: str, secret: str) -> None:
    run, headers = started(api), {"X-Run-Secret": secret} if secret else {}
    if act == "delete":
        found = api.client.delete(f"/runs/{run['id']}", headers=headers)
    else:
        body = {"json": {"tv_weight": 1.0}} if act == "steer" else {}
        found = api.client.post(f"/runs/{run['id']}/{act}", headers=headers, **body)
    problem(found, 403, "not-yours")
    assert api.jobs.view(run["id"]).state == "running"


def test_its_owner_deletes_it(api: Api) -> None:
    run = started(api)
    assert api.client.delete(f"/runs/{run['id']}", headers=owned(run)).status_code == 204
    problem(api.client.get(f"/runs/{run['id']}"), 404, "run-lost")


def test_a_request_sent_again_with_its_key_starts_no_second_run(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = (api.client.post("/runs", headers=headers, **run_form()).json() for _ in range(2))
    assert (first["id"], first["secret"]) == (second["id"], second["secret"])
    other = api.client.post("/runs", headers=headers, **run_form({"steps": 8}))
    problem(other, 422, "idempotency")


def test_a_request_sent_again_after_its_run_was_deleted_is_told_so_and_starts_nothing(api: Api) -> None:
    run = api.submit(headers={"Idempotency-Key": "once"})
    assert api.client.delete(f"/runs/{run['id']}", headers=owned(run)).status_code == 204
    again = problem(api.client.post("/runs", headers={"Idempotency-Key": "once"}, **run_form()), 410, "run-gone")
    assert again["detail"].endswith("use a new key to start it again")
    assert api.client.post("/runs", headers={"Idempotency-Key": "new"}, **run_form()).status_code == 201


BAD = {
    "no JSON": ("{", "recipe"),
    "a list": ("[1]", "recipe"),
    "NaN": ('{"style_weight": NaN}', "recipe"),
    "an unknown setting": ('{"stile_weight": 1}', "recipe"),
    "a number as text": ('{"steps": "5"}', "recipe"),
    "out of range": ('{"steps": -1}', "recipe"),
    "an unknown preset": ('{"preset": "x"}', "recipe"),
    "a preset that is no name": ('{"preset": {}}', "recipe"),
    "nested deeply": ("[" * 30_000 + "]" * 30_000, "recipe"),
}


@pytest.mark.parametrize(("text", "code"), BAD.values(), ids=BAD)
def test_a_bad_recipe_is_one_problem(api: Api, text: str, code: str) -> None:
    form = run_form()
    problem(api.client.post("/runs", files=form["files"], data={"recipe": text}), 422, code)
    assert not api.jobs.runs(owner_of("0" * 32))


@pytest.mark.slow
def test_a_whole_recipe_is_taken_as_a_result_tells_it(api: Api) -> None:
    run = api.submit()
    again = api.submit(data={"recipe": json.dumps(run["recipe"])})
    assert again["recipe"] == run["recipe"]


def test_bad_pictures_are_one_problem(api: Api) -> None:
    picture = png()
    problem(api.client.post("/runs", files={"content": picture}), 422, "picture")
    problem(api.client.post("/runs", files={"style": picture}), 422, "picture")
    problem(api.client.post("/runs", files={"content": b"%PDF", "style": picture}), 422, "picture")
    problem(api.client.post("/runs", data={"content_id": "nothing", "style_id": "night-swirls"}), 422, "picture")
    both = api.client.post("/runs", files={"content": picture, "style": picture}, data={"content_id": "chelsea"})
    problem(both, 422, "picture")


def test_a_full_queue_says_when_to_try_again(api: Api) -> None:
    run = api.submit()
    for _ in range(2):
        answer = api.client.post("/runs", headers=owned(run), **run_form())
    found = problem(answer, 429, "queue-full")
    assert "waiting" in found["detail"]
    assert int(answer.headers["retry-after"]) >= 1


def test_pictures_of_a_request_that_is_refused_or_repeated_are_not_opened(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = api.submit(headers={"Idempotency-Key": "once"})

    def opened(data: bytes) -> Picture:
        raise AssertionError("a picture was opened")

    monkeypatch.setattr(forms, "open_picture", opened)
    assert api.submit(headers={"Idempotency-Key": "once"})["id"] == run["id"]
    picture = png()
    many = [("content", picture), *[("style", picture)] * (MOST_STYLES + 1)]
    found = problem(api.client.post("/runs", files=many), 422, "picture")
    assert "at most 8 styles, got 9" in found["detail"]
    monkeypatch.undo()
    api.client.post("/runs", headers=owned(run), **run_form())
    monkeypatch.setattr(forms, "open_picture", opened)
    problem(api.client.post("/runs", headers=owned(run), **run_form()), 429, "queue-full")


def test_an_unknown_run_is_a_problem(api: Api) -> None:
    problem(api.client.get("/runs/" + "0" * 32), 404, "run-lost")
    problem(api.client.get("/runs/..%2f..%2fetc"), 404, "http")
    problem(api.client.get("/runs/xyz"), 422, "request")


def test_tokens_are_asked_for_if_the_operator_wants_them() -> None:
    token = "a-token-of-the-operator"
    with serving(api_tokens=(token, "another-token-of-theirs")) as api:
        answer = api.client.post("/runs", **run_form())
        problem(answer, 401, "token")
        assert answer.headers["www-authenticate"] == "Bearer"
        for given in (f"Bearer {token}x", f"Basic {token}", token):
            problem(api.client.post("/runs", headers={"Authorization": given}, **run_form()), 401, "token")
        assert api.client.post("/runs", headers={"Authorization": f"bearer {token}"}, **run_form()).status_code == 201
        assert api.client.get("/healthz").status_code == 200


def test_an_address_that_asks_too_often_waits() -> None:
    with serving(api_per_minute=3) as api:
        headers = {"X-Nst-Address": "a hash"}
        for _ in range(3):
            api.client.get("/runs/" + "0" * 32, headers=headers)
        answer = api.client.get("/runs/" + "0" * 32, headers=headers)
        problem(answer, 429, "rate")
        assert 1 <= int(answer.headers["retry-after"]) <= 21
        problem(api.client.get("/runs/" + "0" * 32, headers={"X-Nst-Address": "another"}), 404, "run-lost")


def test_a_body_that_is_too_large_is_refused_before_it_has_come() -> None:
    with serving(picture_mb=1, film_mb=1) as api:
        problem(api.client.post("/runs", headers={"Content-Length": str(2**30)}, content=b""), 413, "too-large")
        chunks = (bytes(2**20) for _ in range(20))
        found = api.client.post("/runs", content=chunks, headers={"Content-Type": "multipart/form-data; boundary=x"})
        problem(found, 413, "too-large")
