"""Only the visitor who started a run may change it, and no stored data would allow another one to do so."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import NotYoursError
from nst_core.jobs.blobs import DiskBlobStore, read_or_none
from nst_core.jobs.owners import is_owner, owner_of, remove_secrets, stored_owner
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import ANN, BEN, Servers, under_way, until

CHANGES: dict[str, Callable[[JobService, str, str], object]] = {
    "stop": lambda service, job, secret: service.stop(job, secret),
    "pause": lambda service, job, secret: service.pause(job, secret),
    "resume": lambda service, job, secret: service.resume(job, secret),
    "steer": lambda service, job, secret: service.steer(job, secret, {"style_weight": 2.0}),
    "publish": lambda service, job, secret: service.publish(job, secret, listed=True),
    "delete": lambda service, job, secret: service.delete(job, secret),
}
"""Name -> a call that changes a run; its arguments are service, run and secret."""


def test_an_owners_id_is_a_hash_of_its_own_kind() -> None:
    ids = {owner_of(secret) for secret in (ANN, BEN)}
    assert len(ids) == 2
    assert all(owner.startswith("sha256:") and len(owner) == 71 for owner in ids)
    assert not any(secret in owner for secret in (ANN, BEN) for owner in ids)
    assert owner_of("") == ""


def test_a_secret_owns_what_was_submitted_under_its_id_and_nothing_else() -> None:
    assert is_owner(ANN, owner_of(ANN))
    for secret, owner in (
        (BEN, owner_of(ANN)),
        (owner_of(ANN), owner_of(ANN)),
        ("", ""),
        (ANN, ""),
        ("", owner_of(ANN)),
    ):
        assert not is_owner(secret, owner), (secret, owner)


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert is_owner(ANN, owner_of(BEN)), "nothing else decides"
    assert compared == [(owner_of(ANN), owner_of(BEN))]


@pytest.mark.parametrize("secret", [BEN, "", owner_of(ANN)], ids=["another", "none", "the id itself"])
def test_nobody_else_changes_a_run(servers: Servers, secret: str) -> None:
    service = servers.start()
    job = under_way(servers, service)
    before, commands = service.view(job), list(servers.worker.commands)
    for name, change in CHANGES.items():
        with pytest.raises(NotYoursError, match="run it again with these settings") as refused:
            change(service, job, secret)
        assert refused.value.code == "not-yours", name
    assert service.view(job) == before
    assert servers.worker.commands == commands


@pytest.mark.parametrize("name", CHANGES)
def test_its_visitor_changes_a_run_after_a_restart_too(servers: Servers, name: str) -> None:
    service = servers.start()
    job = under_way(servers, service)
    service = servers.start()
    CHANGES[name](service, job, ANN)


def test_no_file_of_a_server_holds_a_secret(servers: Servers, tmp_path: Path) -> None:
    service = servers.start()
    job = under_way(servers, service)
    until(lambda: ANN not in repr(service.view(job)) and bool(service.runs(owner_of(ANN))))
    servers.stop()
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(owner_of(ANN).encode() in file.read_bytes() for file in written)
    assert not [file for file in written if ANN.encode() in file.read_bytes()]


@pytest.mark.parametrize("stored", [ANN, owner_of(ANN)], ids=["earlier versions'", "today's"])
def test_a_stored_secret_counts_as_its_owners_id(stored: str) -> None:
    assert stored_owner(stored) == owner_of(ANN)
    assert stored_owner("") == ""


@pytest.mark.parametrize("kept", [b"{", b"[]", b'{"visitor": 3}', b'{"other": 1}', b"\xff"])
def test_files_with_a_secret_are_rewritten_and_others_left(tmp_path: Path, kept: Any) -> None:
    blobs = DiskBlobStore(tmp_path)
    blobs.put("old", "plan.json", json.dumps({"visitor": ANN, "created": 1.5}).encode())
    blobs.put("kept", "plan.json", kept)
    remove_secrets(blobs, "plan.json")
    assert json.loads(read_or_none(blobs, "old", "plan.json") or b"") == {"visitor": owner_of(ANN), "created": 1.5}
    assert read_or_none(blobs, "kept", "plan.json") == kept
