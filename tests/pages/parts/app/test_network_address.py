from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from nst_core.server.addresses import HEADER, keyed_hash
from pages.parts.app import network_address


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({HEADER: keyed_hash("198.51.100.1")}, keyed_hash("198.51.100.1")),
        ({}, ""),
        ({HEADER: "198.51.100.1"}, ""),
        ({HEADER: "A" * 16}, ""),
    ],
    ids=["hash", "none", "address", "no hash"],  # a hash's key is new in each process, but names of tests must not be
)
def test_only_a_hash_is_taken_from_the_request(headers: Any, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=headers))
    assert network_address.hashed() == expected
