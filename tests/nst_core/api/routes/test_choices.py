"""Presets, known pictures and the schema: everything that they name can be used."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from nst_core.picture import catalogue, samples
from nst_core.recipe import PRESETS, Recipe, make
from tests.nst_core.api.servers import Api, problem


def test_every_preset_is_told_and_can_be_named(api: Api) -> None:
    told = api.client.get("/presets").json()["presets"]
    assert [each["name"] for each in told] == list(PRESETS)
    for each in told:
        assert make(each["name"]).model_dump().items() >= {"preset": each["name"]}.items()


def test_every_known_picture_is_told_with_its_licence(api: Api) -> None:
    told = api.client.get("/styles").json()
    assert [each["id"] for each in told["contents"]] == [each.key for each in samples.contents()]
    keys = [each.key for each in samples.styles()] + [each.key for each in catalogue.paintings()]
    assert [each["id"] for each in told["styles"]] == keys
    assert all(each["licence"] and each["title"] for each in told["contents"] + told["styles"])


def test_each_bundled_picture_has_a_thumbnail(api: Api) -> None:
    told = api.client.get("/styles").json()
    for each in (told["contents"][1], told["styles"][-14]):  # a photograph and a texture: neither is drawn here
        answer = api.client.get(f"http://testserver{each['thumbnail']}?longest_edge_px=128")
        assert answer.headers["content-type"] == "image/webp"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert max(image.size) <= 128


def test_a_painting_is_shown_when_it_is_here(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    painting = catalogue.paintings()[0]
    monkeypatch.setenv("NST_OFFLINE", "1")
    monkeypatch.setattr(catalogue.Painting, "cached", property(lambda self: False))
    told = api.client.get("/styles").json()["styles"][-len(catalogue.paintings())]
    assert (told["id"], told["available"], told["thumbnail"]) == (painting.key, "offline", None)
    problem(api.client.get(f"/styles/{painting.key}/picture"), 404, "no-picture")
    monkeypatch.setattr(catalogue.Painting, "cached", property(lambda self: True))
    opened = samples.find("chelsea").load(64)
    monkeypatch.setattr(catalogue.Painting, "fetch", lambda self: opened)
    told = api.client.get("/styles").json()["styles"][-len(catalogue.paintings())]
    assert told["available"] == "now"
    assert api.client.get(f"http://testserver{told['thumbnail']}").headers["content-type"] == "image/webp"


@pytest.mark.slow
def test_an_unknown_picture_is_a_problem(api: Api) -> None:
    problem(api.client.get("/styles/nothing/picture"), 404, "no-picture")
    problem(api.client.get("/styles/chelsea/picture?longest_edge_px=99"), 422, "request")


def test_the_schema_tells_meaning_and_range_of_each_setting(api: Api) -> None:
    answer = api.client.get("/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    told = answer.json()
    assert set(told["properties"]) == set(Recipe.model_fields)
    assert told["properties"]["steps"]["minimum"] == 1
    assert "description" in told["properties"]["steps"]


@pytest.mark.parametrize("path", ["/presets", "/styles", "/schema", "/styles/chelsea/picture"])
def test_a_client_that_has_an_answer_gets_no_second_one(api: Api, path: str) -> None:
    first = api.client.get(path)
    assert "max-age" in first.headers["cache-control"]
    again = api.client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert api.client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
