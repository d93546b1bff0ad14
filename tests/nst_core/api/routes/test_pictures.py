"""Pictures over HTTP: sent once, named in runs, dropped."""

from __future__ import annotations

import time
from typing import Any

from tests.nst_core.api.servers import Api, png, problem, serving


def sent(api: Api, *files: bytes, address: str = "") -> Any:
    headers = {"X-Nst-Address": address} if address else {}
    return api.client.post("/pictures", files=[("picture", file) for file in files], headers=headers)


def test_pictures_are_described_in_their_order(api: Api) -> None:
    answer = sent(api, png(1, width=64), png(2, height=50))
    assert answer.status_code == 201, answer.text
    first, second = answer.json()["pictures"]
    assert (first["width"], first["height"], first["notes"]) == (64, 40, [])
    assert (second["width"], second["height"]) == (48, 50)
    assert first["id"] != second["id"]
    assert time.time() < first["expires"] < time.time() + 3600


def test_a_run_takes_them_by_their_ids(api: Api) -> None:
    content, style = sent(api, png(1), png(2)).json()["pictures"]
    form = {"content_id": content["id"], "style_id": [style["id"], "night-swirls"]}
    run = api.client.post("/runs", data=form).json()
    assert run["recipe"]["content"] == content["sha256"]
    assert run["recipe"]["styles"][0]["sha256"] == style["sha256"]
    assert len(run["recipe"]["styles"]) == 2


def test_a_picture_is_dropped_by_its_id(api: Api) -> None:
    (one,) = sent(api, png()).json()["pictures"]
    assert api.client.delete(f"/pictures/{one['id']}").status_code == 204
    problem(api.client.delete(f"/pictures/{one['id']}"), 404, "no-picture")
    gone = api.client.post("/runs", data={"content_id": one["id"], "style_id": "night-swirls"})
    assert "half an hour" in problem(gone, 422, "picture")["detail"]


def test_of_pictures_with_a_bad_one_none_is_kept() -> None:
    with serving(upload_files=2) as api:
        problem(sent(api, png(), b"%PDF"), 422, "picture")
        problem(sent(api), 422, "request")
        assert sent(api, png(), png()).status_code == 201


def test_an_address_that_has_its_share_waits_or_deletes() -> None:
    with serving(upload_files=2) as api:
        one, _ = sent(api, png(), png(), address="ann").json()["pictures"]
        answer = sent(api, png(), address="ann")
        problem(answer, 429, "no-room")
        assert int(answer.headers["retry-after"]) > 60
        assert sent(api, png(), address="ben").status_code == 201
        api.client.delete(f"/pictures/{one['id']}")
        assert sent(api, png(), address="ann").status_code == 201
