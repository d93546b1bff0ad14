"""The files for devices: found, compressed once, and served for ever; with small stand-ins for LiteRT and networks."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from nst_core.errors import ExportError, WeightsError
from nst_core.export import making, own_folder
from nst_core.export.manifest import ExportedFile, Manifest, write
from nst_core.models import weights
from nst_core.models.weights import NETWORKS, NetworkSources
from nst_core.models.weights.sources import Member, Source
from nst_core.server import device_files, device_setup
from nst_core.server.asgi import FOREVER
from nst_core.server.device_routes import routes
from nst_core.server.device_setup import DeviceSetup
from tests.asgi import ask

SCRIPT, WASM, NETWORK, NOISE = b"run()" * 100, b"\0asm" * 500, b"TFL3" * 700, hashlib.sha512(b"noise").digest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def exported(name: str, data: bytes) -> ExportedFile:
    return ExportedFile(
        file=name, part="style_predict", size_px=256, precision="float16", bytes=len(data), sha256=sha256(data),
        inputs=(), outputs=(), licence="MIT",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """LiteRT's files in the operator's folder, and an exporter that writes two files at once."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "run.js").write_bytes(SCRIPT)
    (mine / "run.wasm").write_bytes(WASM)
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(mine))
    members = (Member("run.js", sha256(SCRIPT)), Member("run.wasm", sha256(WASM)))
    source = Source("fake", "npm", "fake@1", "sha512:0", "MIT", "scripts", members, archive_name="fake.tgz")
    monkeypatch.setitem(NETWORKS, "litert", NetworkSources("LiteRT", "MIT", (source,)))
    monkeypatch.setattr(own_folder, "key", lambda *, fetch: "of these weights")
    monkeypatch.setattr(making, "make", export)
    return mine


def export(folder: Path, *_: object) -> None:
    files = {"net.tflite": NETWORK, "noise.bin": NOISE}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    write(folder, Manifest(made_with={}, source={}, files=tuple(exported(*each) for each in files.items())))


def serve(base: str = "") -> Starlette:
    return Starlette(routes=routes(DeviceSetup(), base))


def path_of(data: bytes, name: str) -> str:
    return f"/device/{sha256(data)[:16]}/{name}"


def test_nothing_is_made_by_looking() -> None:
    found = device_files.find()
    assert found.missing == ("the networks are not exported yet", "the files are not compressed yet")
    assert not found.is_complete
    assert sorted(found.files) == []


def test_all_files_are_made_once_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    device_files.make()
    monkeypatch.setattr(making, "make", None)
    monkeypatch.setattr(device_files, "_pack", lambda *_: pytest.fail("compressed again"))
    again = device_files.make()
    assert again.is_complete
    assert again == device_files.find()
    assert sorted(again.files) == ["net.tflite", "noise.bin", "run.js", "run.wasm"]


@pytest.mark.parametrize("base", ["", "/tools/nst"])
def test_a_browser_gets_the_compressed_bytes_for_ever_and_under_the_right_type(base: str) -> None:
    device_files.make()
    for data, name, kind in (
        (SCRIPT, "run.js", "text/javascript; charset=utf-8"),
        (WASM, "run.wasm", "application/wasm"),
        (NETWORK, "net.tflite", "application/octet-stream"),
    ):
        answer = ask(serve(base), path=base + path_of(data, name), headers={"accept-encoding": "br, gzip"})
        assert answer.status == 200
        assert gzip.decompress(answer.body) == data
        assert len(answer.body) < len(data)
        assert answer.headers["content-length"] == str(len(answer.body))
        assert (answer.headers["content-encoding"], answer.headers["content-type"]) == ("gzip", kind)
        assert (answer.headers["cache-control"], answer.headers["vary"]) == (FOREVER, "accept-encoding")


@pytest.mark.parametrize("accepted", [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip;q=0, br"}])
def test_a_program_that_cannot_gunzip_gets_the_bytes_themselves(accepted: dict[str, str]) -> None:
    device_files.make()
    answer = ask(serve(), path=path_of(NETWORK, "net.tflite"), headers=accepted)
    assert answer.body == NETWORK
    assert "content-encoding" not in answer.headers


def test_what_does_not_become_smaller_is_sent_as_it_is() -> None:
    device_files.make()
    answer = ask(serve(), path=path_of(NOISE, "noise.bin"), headers={"accept-encoding": "gzip"})
    assert answer.body == NOISE
    assert "content-encoding" not in answer.headers


def test_a_browser_that_has_the_bytes_is_sent_none() -> None:
    device_files.make()
    path, gzips = path_of(WASM, "run.wasm"), {"accept-encoding": "gzip"}
    packed, plain = ask(serve(), path=path, headers=gzips), ask(serve(), path=path)
    assert packed.headers["etag"] != plain.headers["etag"]  # they are different bytes
    again = ask(serve(), path=path, headers={**gzips, "if-none-match": packed.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert ask(serve(), path=path, headers={**gzips, "if-none-match": plain.headers["etag"]}).status == 200


def test_another_hash_another_name_and_a_path_are_not_there() -> None:
    device_files.make()
    hash16 = sha256(WASM)[:16]
    for path in (
        path_of(SCRIPT, "run.wasm"), "/device/0/run.wasm", "/device//run.wasm", f"/device/{hash16}/../run.wasm",
        f"/device/{hash16}/manifest.json", f"/device/{hash16[:8]}/run.wasm",
    ):  # fmt: skip
        assert ask(serve(), path=path).status == 404, path
    assert ask(serve(), method="POST", path=path_of(WASM, "run.wasm")).status == 405


def test_the_manifest_is_asked_for_each_time_and_absent_before_the_export() -> None:
    assert ask(serve(), path="/device/manifest.json").status == 404
    device_files.make()
    answer = ask(serve(), path="/device/manifest.json")
    assert answer.headers["cache-control"] == "no-cache"
    assert [each["file"] for each in json.loads(answer.body)["files"]] == ["net.tflite", "noise.bin"]


def test_a_damaged_compressed_file_is_never_served() -> None:
    packed = device_files.make().files["run.wasm"].packed
    assert packed is not None
    packed.write_bytes(packed.read_bytes()[:-1] + b"?")
    assert device_files.find().missing == ("the files are not compressed yet",)
    assert device_files.make().is_complete


@pytest.mark.slow
def test_without_litert_the_networks_are_made_nevertheless(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "run.js").unlink()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(WeightsError, match="no weights for LiteRT"):
        device_files.make()
    found = device_files.find()
    assert found.manifest is not None
    assert "no weights for LiteRT" in found.missing[0]


def test_a_copy_in_the_operators_folder_serves_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device_files.make(tmp_path / "copy")
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(tmp_path / "copy"))
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(making, "make", None)
    found = device_files.make()
    assert found.is_complete
    assert found.files["net.tflite"].path.is_relative_to(tmp_path / "copy")


def setup_running(tmp_path: Path, code: str) -> DeviceSetup:
    (tmp_path / "command.py").write_text(code)
    return DeviceSetup((sys.executable, str(tmp_path / "command.py")))


def test_the_setup_makes_in_the_background_at_the_lowest_priority(tmp_path: Path) -> None:
    told = tmp_path / "told"
    # The command waits until the files are there; this process makes them, with the stand-ins of this test.
    own = setup_running(
        tmp_path,
        f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text('begun')\n"
        f"while pathlib.Path({str(told)!r}).exists(): time.sleep(0.01)\n"
        f"pathlib.Path({str(told)!r} + '2').write_text(str(os.nice(0)))\n",
    )
    assert own.state() == "absent"
    own.start()
    own.start()  # a second visitor
    while not told.exists():
        time.sleep(0.01)
    assert own.state() == "making"
    device_files.make()
    told.unlink()
    assert own.wait(20) == "ready"
    assert (tmp_path / "told2").read_text() == "19"
    assert own.file_set().is_complete


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import sys; sys.exit('export: no room on the disk')", "the process that makes them ended with status 1"),
        ("import sys; print('noise\\nexport: no room here', file=sys.stderr); sys.exit(2)", "no room here"),
        ("", "the networks are not exported yet; the files are not compressed yet"),
    ],
)
def test_a_failure_has_its_reason_and_can_be_tried_again(tmp_path: Path, code: str, failure: str) -> None:
    own = setup_running(tmp_path, code)
    own.start()
    assert own.wait(20) == "failed"
    assert own.failure == failure
    device_files.make()
    own.start()
    assert own.wait(20) == "ready"
    assert own.failure == ""


def test_a_small_host_makes_nothing_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_setup, "memory_mb", lambda: 1000.4)
    own = setup_running(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')")
    own.start()
    assert own.wait(20) == "failed"
    assert "this server has 1,000" in own.failure
    assert "NST_WEIGHTS_DIR" in own.failure
    assert not (tmp_path / "ran").exists()


def test_closing_ends_the_process(tmp_path: Path) -> None:
    own = setup_running(tmp_path, "import time; time.sleep(60)")
    own.start()
    while own._process is None:
        time.sleep(0.01)
    own.close()
    assert own.wait(20) == "failed"


def test_a_failed_copy_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        own_folder.make(tmp_path / "file" / "below")


def test_the_key_changes_with_the_weights_the_converter_and_the_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found: dict[str, Any] = {"magenta": "a", "vgg19": "b"}
    monkeypatch.setattr(weights, "find", lambda network, fetch: type("Found", (), {"sha256": found[network]}))
    keys = {own_folder.key(fetch=False)}
    found["magenta"] = "c"
    keys.add(own_folder.key(fetch=False))
    monkeypatch.setattr(own_folder, "_converter", lambda: "9.9")
    keys.add(own_folder.key(fetch=False))
    monkeypatch.setattr(own_folder, "_sources", lambda: "changed")
    keys.add(own_folder.key(fetch=False))
    assert len(keys) == 4
    assert own_folder.key(fetch=False) == own_folder.key(fetch=False)
