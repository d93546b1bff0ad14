import asyncio
import ipaddress
import logging
from typing import Any

import pytest

from nst_core.server.addresses import HEADER, Addresses, keyed_hash, visitors_address
from tests.asgi import ask, asked, plain

OURS = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # a forged header
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # a forged header behind our proxy
        ("10.1.2.3", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("fd00::1", "198.51.100.1,127.0.0.1", "198.51.100.1"),
        ("::ffff:10.1.2.3", "2001:db8::5", "2001:db8::5"),
        ("10.1.2.3", "198.51.100.1:4711", "198.51.100.1"),  # a proxy that adds the port, another one each time
        ("10.1.2.3", "6.6.6.6, [2001:db8::5]:80, 10.9.9.9:81", "2001:db8::5"),
        ("10.1.2.3", "nonsense", "nonsense"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"),
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: str, visitor: str) -> None:
    assert visitors_address(peer, forwarded, OURS) == visitor


def test_a_hash_tells_customers_apart_and_not_their_addresses() -> None:
    assert keyed_hash("198.51.100.1") != keyed_hash("198.51.100.2")
    assert keyed_hash("198.51.100.1") == keyed_hash("::ffff:198.51.100.1")
    assert keyed_hash("2001:db8:1:2::1") == keyed_hash("2001:db8:1:2:ffff::9")
    assert keyed_hash("2001:db8:1:2::1") != keyed_hash("2001:db8:1:3::1")
    assert keyed_hash("fe80::1%eth0") == keyed_hash("fe80::2%eth0")
    assert "198" not in keyed_hash("198.51.100.1")
    assert keyed_hash("") == ""


class Seen:
    """An application that notes the headers with the address's hash."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.hashes += [value for name, value in scope["headers"] if name == HEADER.lower().encode()]
        await plain(scope, receive, send)


def test_the_pages_are_told_the_hash_and_never_a_clients_own_word() -> None:
    seen = Seen()
    app = Addresses(seen, OURS, 100)
    ask(app, peer=("203.0.113.7", 1), headers={HEADER: "0123456789abcdef"})
    ask(app, peer=("203.0.113.7", 2), kind="websocket")
    ask(app, peer=("10.0.0.1", 3), headers={"X-Forwarded-For": "203.0.113.7"})
    assert seen.hashes == [keyed_hash("203.0.113.7").encode()] * 3


def test_uvicorns_word_for_a_program_on_this_machine_counts_only_if_the_operator_says_so() -> None:
    seen = Seen()
    ask(Addresses(seen, (), 100), peer=("6.6.6.6", 0), headers={"X-Forwarded-For": "6.6.6.6"})
    ask(Addresses(seen, OURS, 100), peer=("6.6.6.6", 0), headers={"X-Forwarded-For": "6.6.6.6"})
    assert seen.hashes == [keyed_hash("127.0.0.1").encode(), keyed_hash("6.6.6.6").encode()]


def test_an_address_opens_so_many_pages_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    app = Addresses(plain, (), 6)
    opened = [status for _ in range(3) for status in (ask(app).status, ask(app, kind="websocket").status)]
    assert opened == [200, 101] * 3
    for kind in ("http", "websocket"):
        refused = ask(app, kind=kind)
        assert refused.status == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert ask(app, peer=("203.0.113.8", 1)).status == 200
    assert "203.0.113" not in caplog.text


def test_an_address_has_so_many_pages_open_and_a_closed_one_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    closed = asyncio.Event()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await closed.wait()

    async def visit() -> None:
        app = Addresses(page, (), 100, most_pages=2)
        pages = [asyncio.create_task(asked(app, kind="websocket")) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await asked(app, kind="websocket")
        assert (refused.status, refused.headers["retry-after"]) == (429, "60")
        other = asyncio.create_task(asked(app, kind="websocket", peer=("203.0.113.8", 1)))
        await asyncio.sleep(0)
        closed.set()
        assert [(await each).status for each in (*pages, other)] == [101] * 3
        assert (await asked(app, kind="websocket")).status == 101
        assert not app._pages

    asyncio.run(visit())
    assert "has 2 pages open" in caplog.text
    assert "203.0.113" not in caplog.text


@pytest.mark.parametrize("path", ["/static/js/x.js", "/_stcore/health", "/media/1.png", "/favicon.png", "/readyz"])
def test_what_belongs_to_a_page_is_not_counted(path: str) -> None:
    app = Addresses(plain, (), 1)
    assert [ask(app, path=path).status for _ in range(20)] == [200] * 20


def test_an_operator_who_has_not_named_the_proxy_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    app = Addresses(plain, (), 100)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            ask(app, headers={"X-Forwarded-For": "198.51.100.1"})
    assert caplog.text.count("NST_TRUSTED_PROXIES") == 1
