"""Quotas of uploads, before an application that stores what it reads as Streamlit does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from nst_core.server import uploads
from nst_core.server.upload_ledger import (
    ENVELOPE_BYTES,
    MOST_OPEN_ADDRESSES,
    UploadLedger,
    UploadQuota,
    UploadRefusedError,
)
from nst_core.server.uploads import Uploads
from tests.asgi import Answer, ask, asked

KB = 1024
LIMITS = UploadQuota(file_bytes=300 * KB, session_files=3, session_bytes=600 * KB, total_bytes=900 * KB, per_minute=8)
WITH_FILMS = replace(LIMITS, film_bytes=1000 * KB, films_bytes=1800 * KB)


class Door:
    """The middleware, its ledger, and the data that the application behind it has read."""

    def __init__(self, limits: UploadQuota = LIMITS, status: int = 204) -> None:
        self.ledger, self.read, self.status = UploadLedger(limits), 0, status
        self.app = Uploads(self._store, self.ledger, ["mp4"] if limits.film_bytes else [])
        for session in ("a", "b"):
            for file in range(10):
                self.ledger.issue(session, str(file))

    async def _store(self, scope: Any, receive: Any, send: Any) -> None:
        more = scope["method"] == "PUT"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body"})

    def put(self, at: str, size: int, *, name: str = "x.png", chunks: int = 1, announced: bool = True) -> Answer:
        body = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        body += b"x" * (size - len(body))
        step = -(-len(body) // chunks)
        parts = [body[start : start + step] for start in range(0, len(body), step)]
        length = {"content-length": str(len(body))} if announced else {}
        return ask(self.app, "PUT", f"/_stcore/upload_file/{at}", headers=length, chunks=parts)

    def delete(self, at: str) -> Answer:
        return ask(self.app, "DELETE", f"/_stcore/upload_file/{at}")


def test_a_picture_passes_and_is_counted() -> None:
    door = Door()
    assert door.put("a/0", 200 * KB, chunks=7).status == 204
    assert door.read == door.ledger.total_bytes == 200 * KB


@pytest.mark.parametrize("at", ["a/invented", "nobody/0", "nobody/invented"])
def test_invented_addresses_are_refused_before_the_body_is_read(at: str) -> None:
    door = Door()
    answer = door.put(at, 100 * KB)
    assert (answer.status, answer.chunks_read, door.read) == (404, 0, 0)
    assert door.delete(at).status == 404


def test_a_length_over_the_cap_is_refused_before_the_body_is_read() -> None:
    door = Door()
    answer = door.put("a/0", 300 * KB + ENVELOPE_BYTES + 1)
    assert (answer.status, answer.chunks_read) == (413, 0)
    assert answer.text == "A file may have 0 MB at most; take a smaller one.\n"
    assert ask(door.app, "PUT", "/_stcore/upload_file/a/0", headers={"content-length": "-1"}).status == 400


def test_a_body_without_a_length_is_cut_at_the_cap() -> None:
    door = Door()
    answer = door.put("a/0", 2000 * KB, chunks=100, announced=False)
    assert answer.status == 413
    assert answer.chunks_read <= 20
    assert door.ledger.total_bytes == 0


@pytest.mark.parametrize("name", ["x.PNG", "a b.jpg", "häuschen.png", 'quo\\"te.jpg', "x.jfif", "x", "x.tiff"])
def test_every_name_passes_because_the_content_decides(name: str) -> None:
    assert Door().put("a/0", KB, name=name).status == 204


@pytest.mark.parametrize("name", ["x", "x.exe", "x.mp4.png"])
def test_what_is_named_like_no_film_may_be_as_large_as_a_picture(name: str) -> None:
    door = Door(WITH_FILMS)
    assert door.put("a/0", 300 * KB + ENVELOPE_BYTES + 1, name=name).status == 413
    assert door.ledger.total_bytes == 0


def test_a_body_that_is_no_file_is_refused() -> None:
    door = Door()
    at = "/_stcore/upload_file/a/0"
    assert ask(door.app, "PUT", at, chunks=[b"x" * KB] * 20).status == 400
    assert ask(door.app, "PUT", at, chunks=[b""]).status == 400


def test_a_page_holds_so_many_files_and_bytes_and_a_deletion_makes_room() -> None:
    door = Door()
    assert [door.put(f"a/{n}", 10 * KB).status for n in range(4)] == [204, 204, 204, 413]
    assert door.delete("a/1").status == 204
    assert door.put("a/3", 10 * KB).status == 204
    assert door.put("b/0", 300 * KB).status == 204
    assert door.put("b/1", 290 * KB).status == 204
    assert door.put("b/2", 20 * KB).status == 413
    assert door.put("b/1", 100 * KB).status == 204  # in place of the larger one
    assert door.put("b/2", 20 * KB).status == 204


def test_all_pages_together_hold_so_much_and_a_closed_one_makes_room() -> None:
    door = Door()
    assert [door.put(at, 300 * KB).status for at in ("a/0", "a/1", "b/0")] == [204] * 3
    answer = door.put("b/1", 10 * KB)
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    door.ledger.forget("a")
    assert door.put("b/1", 10 * KB).status == 204
    assert door.put("a/0", 10 * KB).status == 404


def test_a_page_sends_so_many_files_a_minute() -> None:
    door = Door()
    answers = [door.put("a/0", KB) for _ in range(9)]
    assert [answer.status for answer in answers] == [204] * 8 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert door.put("b/0", KB).status == 204


def test_a_file_that_the_app_refuses_is_not_counted() -> None:
    door = Door()
    door.put("a/0", 100 * KB)
    door.status = 403
    assert door.put("a/0", 200 * KB).status == 403
    assert door.put("a/1", 50 * KB).status == 403
    assert door.ledger.total_bytes == 100 * KB
    assert door.delete("a/0").status == 403
    assert door.ledger.total_bytes == 100 * KB


def test_files_on_their_way_count_already() -> None:
    door = Door()

    async def two_at_once() -> list[int]:
        at_gate, gate = asyncio.Event(), asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            at_gate.set()
            await gate.wait()
            await door._store(scope, receive, send)

        door.app._app = slow
        length = {"content-length": str(300 * KB)}
        puts = []
        for file in range(2):
            puts.append(asyncio.create_task(asked(door.app, "PUT", f"/_stcore/upload_file/a/{file}", headers=length)))
            await at_gate.wait()
            at_gate.clear()
        third = await asked(door.app, "PUT", "/_stcore/upload_file/a/2", headers={"content-length": str(KB)})
        gate.set()
        return [third.status, *(answer.status for answer in await asyncio.gather(*puts))]

    assert asyncio.run(two_at_once()) == [413, 400, 400]  # the bodies were no files
    assert door.ledger.total_bytes == 0


def test_a_film_may_be_larger_than_a_picture_and_takes_no_room_of_pictures() -> None:
    door = Door(WITH_FILMS)
    assert door.put("a/0", 1000 * KB, name="x.mp4").status == 204
    assert [door.put(f"a/{n}", 300 * KB).status for n in (1, 2)] == [204, 204]
    assert door.put("b/0", 300 * KB).status == 204
    assert door.put("b/1", 1000 * KB + ENVELOPE_BYTES + 1, name="x.mp4").status == 413


@pytest.mark.parametrize("announced", [True, False])
def test_a_picture_as_large_as_a_film_is_refused_when_its_name_is_known(announced: bool) -> None:
    door = Door(WITH_FILMS)
    answer = door.put("a/0", 900 * KB, chunks=90, announced=announced)
    assert answer.status == 413
    assert answer.chunks_read <= (1 if announced else 40)
    assert door.ledger.total_bytes == 0


@pytest.mark.parametrize("announced", [True, False])
def test_a_page_sends_one_film_at_a_time_and_all_pages_only_so_many(announced: bool) -> None:
    door = Door(WITH_FILMS)
    sent = [door.put(at, 900 * KB, name="x.mp4", chunks=9, announced=announced).status for at in ("a/0", "a/1", "b/0")]
    assert sent == [204, 413, 204]
    door.ledger.issue("c", "0")
    assert door.put("c/0", 900 * KB, name="x.mp4", announced=announced).status == 429
    door.ledger.restore("a", "0", None)  # the page has written it to a file
    assert door.put("c/0", 900 * KB, name="x.mp4", announced=announced).status == 204


@pytest.mark.slow
def test_a_file_that_never_arrives_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "BODY_SECONDS", 0.05)
    door = Door()

    async def stall() -> list[int]:
        told: list[Any] = []

        async def never() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            told.append(message)

        headers = [(b"content-length", b"100000")]
        scope = {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/a/0", "headers": headers}
        await door.app(scope, never, send)
        return [message["status"] for message in told if "status" in message]

    assert asyncio.run(stall()) == [408]
    assert door.ledger.total_bytes == 0


def test_other_requests_pass_untouched() -> None:
    door = Door()
    assert ask(door.app, "GET", "/").status == 204
    assert ask(door.app, "OPTIONS", "/_stcore/upload_file/nobody/0").status == 204


def test_open_addresses_do_not_pile_up() -> None:
    ledger = UploadLedger(LIMITS)
    for number in range(10_000):
        ledger.issue("a", str(number))
    ledger.require("a", "9999")
    with pytest.raises(UploadRefusedError):
        ledger.require("a", str(9999 - MOST_OPEN_ADDRESSES))
