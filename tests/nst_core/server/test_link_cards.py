"""Previews of results: of listed ones, made once; of nothing else, and without metadata."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from nst_core.jobs.service import JobView
from nst_core.picture.encode import to_jpeg
from nst_core.recipe import make
from nst_core.recipe.sentence import in_one_sentence
from nst_core.server import install_routes, link_cards
from nst_core.server.link_cards import EDGE_PX, LinkCards
from pages.parts.runs import curated
from tests.asgi import ask

JPEG = to_jpeg(np.random.default_rng(0).random((1, 30, 1500, 3), np.float32))
VIEW = JobView("a" * 32, "done", make("bold"), total_steps=270, snapshot=JPEG, snapshot_step=270, listed=True)


def _cards(view: JobView | None) -> Any:
    jobs = SimpleNamespace(listed=lambda job: view if view and job == view.id else None)
    return LinkCards(lambda: jobs, curated.found)  # type: ignore


def test_a_listed_result_has_a_title_a_sentence_and_a_small_picture() -> None:
    cards = _cards(VIEW)
    card, jpeg = asyncio.run(cards.card(VIEW.id)), asyncio.run(cards.picture(VIEW.id))
    assert card.title == "Bold - NST Studio"
    assert card.text.startswith("Bold, 384 px, 270 steps, seed 0.")
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.size == (card.width, card.height) == (EDGE_PX, 24)
        assert not picture.getexif()


def test_a_result_that_comes_with_the_app_has_a_preview_too() -> None:
    cards, each = _cards(None), curated.views()[0]
    card = asyncio.run(cards.card(each.id))
    assert card.text.startswith(in_one_sentence(each.recipe, each.total_steps))
    assert asyncio.run(cards.picture(each.id)).startswith(b"\xff\xd8")
    assert asyncio.run(cards.card(f"{curated.PREFIX}absent")) is None


def test_a_preview_is_made_once_and_gone_with_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    original = link_cards._prepare

    def prepare(view: JobView, snapshot: bytes) -> Any:
        made.append(view.id)
        return original(view, snapshot)

    monkeypatch.setattr(link_cards, "_prepare", prepare)
    shown: list[JobView | None] = [VIEW]
    cards = LinkCards(lambda: SimpleNamespace(listed=lambda _: shown[0]), curated.found)  # type: ignore
    for _ in range(3):
        assert asyncio.run(cards.picture(VIEW.id))
    shown[0] = None
    assert asyncio.run(cards.card(VIEW.id)) is None
    assert asyncio.run(cards.picture(VIEW.id)) is None
    shown[0] = replace(VIEW, snapshot_step=275)
    assert asyncio.run(cards.card(VIEW.id))
    assert len(made) == 2


def test_the_routes_serve_the_manifest_its_icons_and_listed_previews_only() -> None:
    app = Starlette(routes=install_routes.routes({"icon-192.png": b"png"}, _cards(VIEW).picture, "/base"))
    manifest = ask(app, path="/base/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert '"display":"standalone"' in manifest.text
    assert ask(app, path="/base/icons/icon-192.png").body == b"png"
    picture = ask(app, path=f"/base/preview/{VIEW.id}.jpg")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["x-robots-tag"] == "noindex"
    for absent in ("/base/icons/other.png", f"/base/preview/{'b' * 32}.jpg"):
        assert ask(app, path=absent).status == 404
