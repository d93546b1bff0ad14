"""The cache returns complete entries, detects damaged ones, and never shows a part of an entry."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import cache, store_folder


@pytest.fixture
def weights(tmp_path: Path) -> Any:
    return tmp_path / "cache" / "weights"


def fill(folder: Any) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a").write_bytes(b"alpha" * 100)
    (folder / "b").write_bytes(b"beta")


def leftovers(root: Any) -> Any:
    return [p for p in root.rglob("*") if p.name.startswith(cache.PART)]


def test_place_then_look(weights: Any) -> None:
    assert cache.get("net/src") is None
    made = cache.create("net/src", fill, {"origin": "here"})
    seen = cache.get("net/src")
    assert seen == made
    assert seen.about["origin"] == "here"
    assert set(seen.hashes) == {"b", "sub/a"}
    assert seen.data == weights / "net" / "src" / "data"
    assert not leftovers(weights)


def _flip(folder: Any) -> None:
    path = folder / "data" / "sub" / "a"
    data = bytearray(path.read_bytes())
    data[137] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        lambda f: (f / "data" / "b").write_bytes(b""),
        lambda f: (f / "data" / "b").unlink(),
        lambda f: (f / "data" / "extra").write_bytes(b"x"),
        lambda f: (f / "manifest.json").unlink(),
        lambda f: (f / "manifest.json").write_text("{"),
        lambda f: (f / "manifest.json").write_text("[]"),
        lambda f: (f / "manifest.json").write_text('{"files": 3, "about": {}}'),
        lambda f: (f / "manifest.json").write_bytes(b"\xff\xfe\x00"),
        lambda f: (f / "manifest.json").write_text(json.dumps({"files": {}, "about": {}})),
    ],
    ids=[
        "bit flip",
        "emptied",
        "missing",
        "extra",
        "no manifest",
        "cut",
        "list",
        "types",
        "binary",
        "emptied manifest",
    ],
)
def test_damage_is_seen_at_the_next_load(weights: Any, damage: Any) -> None:
    cache.create("net/src", fill, {})
    damage(weights / "net" / "src")
    with pytest.raises(WeightsError, match="is damaged"):
        cache.get("net/src")
    cache.discard("net/src")
    assert cache.get("net/src") is None
    assert not leftovers(weights)


def test_a_pin_is_stronger_than_the_manifest() -> None:
    cache.create("net/src", fill, {})
    with pytest.raises(WeightsError, match="is damaged: b"):
        cache.get("net/src", {"b": "0" * 64})


def test_a_failing_fill_leaves_nothing(weights: Any) -> None:
    def fails(folder: Any) -> None:
        (folder / "half").write_bytes(b"x")
        raise WeightsError("no")

    for attempt, pins in ((fails, None), (fill, {"b": "0" * 64}), (lambda folder: None, None)):
        with pytest.raises(WeightsError):
            cache.create("net/src", attempt, {}, pins)
        assert cache.get("net/src") is None
        assert not leftovers(weights)


def test_a_full_disk_is_one_clear_error(weights: Any) -> None:
    def full(folder: Any) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(WeightsError, match=r"No space left on device.*NST_CACHE_DIR"):
        cache.create("net/src", full, {})
    assert not leftovers(weights)


def test_place_over_a_damaged_entry_replaces_it_and_over_an_intact_one_keeps_it(weights: Any) -> None:
    cache.create("net/src", fill, {"origin": "first"})
    assert cache.create("net/src", fill, {"origin": "second"}).about["origin"] == "first"
    _flip(weights / "net" / "src")
    assert cache.create("net/src", fill, {"origin": "third"}).about["origin"] == "third"


@contextmanager
def _no_lock(slot: Any) -> Iterator[Any]:
    yield


@pytest.mark.parametrize("locks", [True, False])
def test_many_threads_build_one_folder(monkeypatch: pytest.MonkeyPatch, weights: Any, locks: bool) -> None:
    if not locks:
        monkeypatch.setattr(cache, "locked", _no_lock)
    built, got = [], []

    def build(folder: Any) -> None:
        built.append(1)
        time.sleep(0.05)
        fill(folder)

    threads = [threading.Thread(target=lambda: got.append(store_folder("m", build, "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert (got[0] / "b").read_bytes() == b"beta"
    assert len(built) == 1 or not locks
    assert not leftovers(weights)


def test_a_lock_that_the_disk_refuses_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, *_: Any, **__: Any) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(cache.filelock.FileLock, "acquire", refuse)
    assert (store_folder("m", fill, "k") / "b").exists()


def test_a_lock_held_too_long_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LOCK_SECONDS", 0.1)
    with cache.locked("built/x"), cache.locked("built/x"):
        pass


def test_store_folder_builds_once_a_key_and_again_when_damaged(weights: Any) -> None:
    built = []

    def build(folder: Any) -> None:
        built.append(1)
        fill(folder)

    first = store_folder("m", build, "k")
    assert store_folder("m", build, "k") == first
    assert len(built) == 1
    assert store_folder("m", build, "other") != first
    _flip(first.parent)
    assert store_folder("m", build, "k") == first
    assert (first / "sub" / "a").read_bytes() == b"alpha" * 100
    assert len(built) == 3


def test_a_cache_that_cannot_be_made_falls_back_to_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "file" / "cache"))
    built = []

    def build(folder: Any) -> None:
        built.append(1)
        fill(folder)

    first = store_folder("m", build, "k")
    assert store_folder("m", build, "k") == first
    assert len(built) == 1
    assert not first.is_relative_to(tmp_path)


def test_a_read_only_cache_is_still_read(monkeypatch: pytest.MonkeyPatch, weights: Any) -> None:
    store_folder("m", fill, "k")
    monkeypatch.setattr(cache, "_writable", lambda folder: False)
    assert store_folder("m", lambda folder: pytest.fail("was there"), "k").is_relative_to(weights)
    _flip(store_folder("m", fill, "k").parent)
    monkeypatch.setattr(cache, "_remove", lambda folder: None)
    rebuilt = store_folder("m", fill, "k")
    assert not rebuilt.is_relative_to(weights)
    assert store_folder("m", lambda folder: pytest.fail("was there"), "k") == rebuilt


def test_what_killed_processes_left_is_swept_after_a_day(weights: Any) -> None:
    parent = weights / "built"
    old, new = cache.new_temporary_folder(parent), cache.new_temporary_folder(parent)
    os.utime(old, (1, 1))
    with cache.locked("built/x"):
        assert not old.exists()
        assert new.exists()
