"""The checks of a request before a byte of its body is read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from nst_core.api import gate
from nst_core.api.gate import Gate
from nst_core.settings import Settings
from nst_core.system.rates import RateLimit
from tests.asgi import Answer, asked
from tests.nst_core.api.servers import Api, png, problem

FORM = {"content-type": "multipart/form-data", "x-nst-address": "a hash"}
JSON = {"content-type": "application/json", "x-nst-address": "a hash"}


class Reader:
    """An application that reads bodies and answers 200; on request it holds a body until the test releases it."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
            await self.go_on.wait()
            status = 200
        except HTTPException as error:
            status = error.status_code
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def guarded(app: Any = None, **settings: Any) -> Gate:
    settings = {"api_per_minute": 1000, "picture_mb": 1, "film_mb": 1, "upload_total_mb": 1, **settings}
    return Gate(app or Reader(), Settings(**settings), RateLimit(settings["api_per_minute"]))


def ask(app: Any, headers: dict[str, str], *chunks: bytes, path: str = "/v1/runs") -> Answer:
    return asyncio.run(asked(app, "POST", path, headers=headers, chunks=chunks or (b"",)))


def code(answer: Answer) -> str:
    return str(json.loads(answer.body)["code"])


@pytest.mark.parametrize("length", [str(gate.PLAIN_BYTES + 1), "9" * 30])
def test_a_body_that_says_it_is_too_large_is_not_read(length: str) -> None:
    answer = ask(guarded(), {**JSON, "content-length": length}, b"{" * 1000)
    assert (answer.status, code(answer), answer.chunks_read) == (413, "too-large", 0)


def test_a_body_that_hides_its_size_is_read_up_to_the_limit() -> None:
    chunks = [b" " * 50_000] * 10
    answer = ask(guarded(), JSON, *chunks)
    assert answer.status == 413
    assert answer.chunks_read == 3
    assert ask(guarded(), FORM, *chunks).status == 200


def test_without_a_token_nothing_is_read() -> None:
    app = guarded(api_tokens=("a-token-of-the-operator",))
    answer = ask(app, FORM, b"x" * 1000)
    assert (answer.status, code(answer), answer.chunks_read) == (401, "token", 0)
    assert ask(app, {**FORM, "authorization": "Bearer a-token-of-the-operator"}, b"x").status == 200


def test_beyond_its_rate_nothing_of_an_address_is_read() -> None:
    app = guarded(api_per_minute=1)
    assert ask(app, FORM, b"x").status == 200
    answer = ask(app, FORM, b"x" * 1000)
    assert (answer.status, code(answer), answer.chunks_read) == (429, "rate", 0)
    assert int(answer.headers["retry-after"]) >= 1


def test_open_routes_take_no_token_and_no_pictures() -> None:
    app = guarded(api_tokens=("a-token-of-the-operator",), api_per_minute=1)
    for _ in range(3):
        assert ask(app, {}, path="/v1/readyz").status == 200
    assert ask(app, FORM, b"x" * (gate.PLAIN_BYTES + 1), path="/v1/readyz").status == 413
    assert ask(app, {}, path="/v1/readyzz").status == 401


def test_bodies_of_all_together_have_a_limit_which_ends_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PICTURES", 1)
    reader = Reader()
    app = guarded(reader)
    large = b"x" * 900_000

    async def both() -> tuple[int, int, int]:
        reader.go_on.clear()
        first = asyncio.create_task(asked(app, "POST", "/v1/runs", headers=FORM, chunks=[large]))
        await asyncio.sleep(0)
        second = (await asked(app, "POST", "/v1/runs", headers=FORM, chunks=[large])).status
        reader.go_on.set()
        return (await first).status, second, (await asked(app, "POST", "/v1/runs", headers=FORM, chunks=[large])).status

    assert asyncio.run(both()) == (200, 503, 200)


def test_an_address_sends_few_bodies_at_once() -> None:
    app, waiting = guarded(), asyncio.Event()

    async def slow(address: str) -> int:
        async def receive() -> Any:
            await waiting.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        told: list[Any] = []

        async def send(message: Any) -> None:
            told.append(message)

        headers = [(name.encode(), value.encode()) for name, value in {**FORM, "x-nst-address": address}.items()]
        scope = {"type": "http", "method": "POST", "path": "/v1/runs", "headers": headers}
        await app(scope, receive, send)
        return int(told[0]["status"])

    async def all_at_once() -> list[int]:
        same = [asyncio.create_task(slow("one")) for _ in range(gate.BODIES_PER_ADDRESS + 2)]
        other = asyncio.create_task(slow("another"))
        await asyncio.sleep(0)
        waiting.set()
        return [*sorted(await asyncio.gather(*same)), await other]

    assert asyncio.run(all_at_once()) == [200] * gate.BODIES_PER_ADDRESS + [429] * 2 + [200]
    assert asyncio.run(slow("one")) == 200


def test_a_body_that_never_arrives_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.05)
    told: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/runs", "headers": []}
    asyncio.run(asyncio.wait_for(guarded()(scope, receive, send), 10))
    assert told[0]["status"] == 408


def test_too_many_fields_or_files_and_too_long_ones_are_problems(api: Api) -> None:
    picture = png()
    many = [("style", (f"{n}.png", picture)) for n in range(gate.PICTURES)]
    for request in (
        {"files": [("content", ("c.png", picture)), *many]},
        {"data": {f"field{n}": "x" for n in range(30)}, "files": {"content": picture}},
        {"data": {"recipe": " " * (gate.PLAIN_BYTES + 1)}, "files": {"content": picture}},
    ):
        problem(api.client.post("/runs", **request), 400, "http")


def test_a_form_that_was_cut_short_is_refused_wherever_it_was_cut(api: Api) -> None:
    pictures = [("content", png(1)), ("style", png(2))]
    sent = api.client.build_request("POST", "/runs", files=pictures, data={"recipe": '{"steps": 5}'})
    whole, headers = sent.read(), {"content-type": sent.headers["content-type"]}
    assert api.client.post("/runs", content=whole, headers=headers).status_code == 201
    recipe = whole.index(b'"recipe"')
    for end in (20, recipe // 2, recipe, recipe + 20, len(whole) - 10):
        cut = problem(api.client.post("/runs", content=whole[:end], headers=headers), 400, "http")
        assert "cut short" in cut["detail"]
