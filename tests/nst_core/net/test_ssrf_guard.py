"""Addresses that visitors type lead to the public internet or nowhere."""

import socket
from typing import Any

import pytest

from nst_core.errors import FetchError
from nst_core.net import ssrf_guard
from nst_core.net.http import fetch
from nst_core.picture import remote

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: Any) -> None:
    assert ssrf_guard.is_public(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%lo", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1"],
)  # fmt: skip
def test_all_others_are_not(address: str) -> None:
    assert not ssrf_guard.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_private_host_is_refused_in_whatever_spelling(host: str) -> None:
    with pytest.raises(FetchError, match="must be on the public internet"):
        fetch(f"http://{host}/a.png", public_only=True)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(FetchError, match="private network"):
        fetch("http://pictures.example/a.png", public_only=True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org:22/a.png", "port 80 or 443, got 22"),
        ("http://me:secret@example.org/a.png", "no user name"),
        ("http://example.org:port/", "well formed"),
        ("file:///etc/passwd", "must begin with http"),
        ("", "must begin with http"),
    ],
)
def test_an_address_is_refused_by_its_words(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    monkeypatch.delenv("NST_OFFLINE", raising=False)
    with pytest.raises(FetchError, match=words) as told:
        remote.open_link(url)
    assert "secret" not in str(told.value)


def test_an_offline_server_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    with pytest.raises(FetchError, match="stay offline"):
        remote.open_link("example.org/a.png")


def test_links_have_names() -> None:
    assert remote.normalise(" example.org/a b.png ") == "https://example.org/a%20b.png"
    assert remote.name("https://example.org/x/my%20cat.png?width=3") == "my cat.png"
    assert remote.name("example.org") == remote.host_name("example.org") == "example.org"
