import logging
from typing import Any

import pytest

from nst_core.server.headers import (
    ISOLATION,
    SecurityHeaders,
    content_security_policy,
    inline_script_hashes,
    security_headers,
)
from tests.asgi import ask, plain

HEADERS = security_headers()


def with_headers(app: Any) -> SecurityHeaders:
    return SecurityHeaders(app, HEADERS)


async def buggy(scope: Any, receive: Any, send: Any) -> None:
    raise KeyError("a secret path")


async def closing(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})


@pytest.mark.parametrize(
    ("app", "kind", "status"),
    [
        (plain, "http", 200),
        (buggy, "http", 500),
        (plain, "websocket", 101),
        (closing, "websocket", 403),
        (buggy, "websocket", 500),
    ],
)
def test_every_answer_has_every_header(app: Any, kind: str, status: int) -> None:
    answer = ask(with_headers(app), kind=kind)
    assert answer.status == status
    assert dict(answer.headers) | HEADERS == dict(answer.headers)


def test_a_bug_is_told_to_the_log_and_not_to_the_visitor(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(with_headers(buggy))
    assert "secret" not in answer.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "a secret path" in caplog.text


def test_our_header_replaces_the_applications() -> None:
    async def framed(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOWALL")]})
        await send({"type": "http.response.body"})

    assert ask(with_headers(framed)).headers["x-frame-options"] == "DENY"


def test_scripts_come_from_the_server_alone() -> None:
    html = "<script>one</script><script src='x.js'></script><script>two</script>"
    hashes = inline_script_hashes(html)
    assert len(hashes) == 2
    assert all(text.startswith("'sha256-") for text in hashes)
    policy = dict(part.strip().split(" ", 1) for part in content_security_policy(hashes).split(";"))
    assert policy["default-src"] == "'none'"
    assert set(policy["script-src"].split()) == {"'self'", "blob:", "'wasm-unsafe-eval'", *hashes}
    assert policy["worker-src"] == "'self' blob:"
    assert "'unsafe-eval'" not in str(policy)


@pytest.mark.parametrize(
    ("ancestors", "directive", "older"),
    [
        ((), "frame-ancestors 'none'", "DENY"),
        (("'self'",), "frame-ancestors 'self'", "SAMEORIGIN"),
        (("https://a.example", "https://b.example"), "frame-ancestors https://a.example https://b.example", None),
    ],
)
def test_only_named_origins_may_frame_the_app(ancestors: tuple[str, ...], directive: str, older: str | None) -> None:
    headers = security_headers(frame_ancestors=ancestors)
    assert directive in headers["content-security-policy"]
    assert headers.get("x-frame-options") == older


def test_pages_are_isolated_only_if_that_is_asked_for() -> None:
    assert not HEADERS.keys() & ISOLATION.keys()
    assert security_headers(isolated=True) == HEADERS | ISOLATION
