"""Phones: the QR code of the live page, the networks as files, and the sample app."""

from __future__ import annotations

import io
import re
import urllib.parse
import zipfile
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from nst_core.bench.report import tables
from nst_core.export.manifest import ExportedFile, Manifest, Part, Precision
from nst_core.server import device_setup
from nst_core.server.device_files import DeviceFile, DeviceFileSet
from nst_core.server.device_setup import DeviceSetup
from pages.parts.device import files
from pages.parts.phones import downloads, live_page_link, sample
from tests.pages.conftest import Open, words


def exported(part: Part, size_px: int, precision: Precision, sha256: str = "ab" * 32) -> ExportedFile:
    return ExportedFile(
        file=f"{part}_{size_px}_{precision}.tflite", part=part, size_px=size_px, precision=precision,
        bytes=4_703_084, sha256=sha256, inputs=(), outputs=(), licence="Apache-2.0",
    )  # fmt: skip


LISTED = (
    exported("style_transform", 384, "float16"),
    exported("slow_objective", 128, "float32"),
    exported("style_transform", 256, "float32"),
    exported("style_transform", 256, "int8"),
    exported("style_predict", 256, "float16", "0123456789abcdef" * 4),
)


class FakeSetup(DeviceSetup):
    """A setup whose state the test sets; it counts how often it was started."""

    def __init__(self, state: device_setup.SetupState, failure: str = "") -> None:
        super().__init__()
        self.told, self._failure, self.started, self.base = state, failure, 0, ""
        named = {each.file: DeviceFile(each.file, each.sha256, Path(each.file)) for each in LISTED}
        self._file_set = DeviceFileSet(Manifest(made_with={"tensorflow": "2.21"}, source={}, files=LISTED), named)

    def state(self) -> device_setup.SetupState:
        return self.told

    def start(self) -> None:
        self.started += 1
        self.told = "making"


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(state: device_setup.SetupState, failure: str = "") -> FakeSetup:
        made = FakeSetup(state, failure)
        monkeypatch.setattr(files, "setup", lambda: made)
        return made

    return use


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`at(address)`: set the page's address in the browser."""
    return lambda address: monkeypatch.setattr(type(st.context), "url", property(lambda _: address))


def test_each_file_has_its_size_hash_and_download(own: Any, open_page: Open) -> None:
    own("ready")
    html = words(open_page("phones"))
    for each in LISTED:
        link = f'/device/{each.sha256[:16]}/{each.file}" download="{each.file}"'
        assert (link in html) == (each.part != "slow_objective")
    assert "<code>" + "0123456789abcdef" * 4 in html
    assert "4.7 MB" in html
    assert "tensorflow 2.21" in html


def test_each_file_has_the_difference_and_latency_that_about_shows(own: Any, open_page: Open) -> None:
    own("ready")
    rows = re.findall(r"<tr>.*?</tr>", words(open_page("phones")))
    published = {row[:3]: (row[4], row[7]) for row in tables.table("export").rows}
    assert len(published) > len(LISTED)
    for each in downloads.offered(LISTED):
        (row,) = (row for row in rows if each.file in row)
        cells = published[downloads.PARTS[each.part].lower(), f"{each.size_px} px", each.precision]
        assert tuple(re.findall('class="num">([^<]*)<', row)[-2:]) == cells
    new_size = exported("style_transform", 1024, "int8")
    assert re.findall('class="num">([^<]*)<', downloads.row(new_size, ""))[-2:] == ["–", "–"]


def test_the_file_to_take_first_stands_first() -> None:
    names = [each.file for each in downloads.offered(LISTED)]
    assert names == [
        "style_predict_256_float16.tflite",
        "style_transform_256_int8.tflite",
        "style_transform_256_float32.tflite",
        "style_transform_384_float16.tflite",
    ]


def test_the_first_visitor_starts_the_making_and_sees_that_it_goes_on(own: Any, open_page: Open) -> None:
    setup = own("absent")
    html = words(open_page("phones"))
    assert setup.started == 1
    assert "made ready for your device" in html
    assert "download=" not in html
    open_page("phones")
    assert setup.started == 1


def test_a_failure_has_its_reason_and_a_way_to_try_again(own: Any, open_page: Open) -> None:
    setup = own("failed", "no room on the disk")
    app = open_page("phones")
    assert "No room on the disk." in words(app)
    assert setup.started == 0
    app.button(key="phones_retry").click().run()
    assert setup.started == 1
    assert "made ready for your device" in words(app)


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8501/phones", "http://127.0.0.1:8501/phones", "http://[::1]:8501/phones", "http://0.0.0.0/", ""],
)
def test_an_address_of_the_computer_itself_gets_no_code_but_a_remedy(
    own: Any, open_page: Open, at: Any, address: str
) -> None:
    own("ready")
    at(address)
    html = words(open_page("phones"))
    assert "works on this computer only" in html
    assert 'class="nst-qr"' not in html


def test_a_public_address_gets_a_code_and_the_address_as_text(own: Any, open_page: Open, at: Any) -> None:
    own("ready")
    at("https://paint.example.org/nst/phones")
    html = words(open_page("phones"))
    assert 'alt="QR code of https://paint.example.org/nst/live"' in html
    assert ">https://paint.example.org/nst/live</a>" in html
    assert "no camera" not in html
    assert 'href="https://paint.example.org/nst/device/' in html


def test_without_https_the_page_says_that_there_is_no_camera(own: Any, open_page: Open, at: Any) -> None:
    own("ready")
    at("http://192.168.1.20:8501/phones")
    html = words(open_page("phones"))
    assert "QR code of http://192.168.1.20:8501/live" in html
    assert "Without HTTPS there is no camera" in html


def test_the_code_is_dark_on_white_with_the_margin_that_cameras_need() -> None:
    import segno

    address = "https://paint.example.org/live"
    svg = urllib.parse.unquote(live_page_link.qr_code(address))
    made = segno.make(address, error="m", micro=False)
    side = (len(made.matrix) + 8) * 5
    assert f"width='{side}' height='{side}'" in svg
    assert "#fff" in svg
    assert live_page_link.qr_code(address) != live_page_link.qr_code(address + "s")


def test_the_lines_on_the_page_are_those_of_the_sample(own: Any, open_page: Open) -> None:
    own("ready")
    (code,) = open_page("phones").code
    source = (sample.PROJECT / "app/src/main/java/studio/nst/mobile/StyleNetworks.kt").read_text()
    assert code.language != "kotlin"  # the colours of keywords would lack contrast
    assert [line.strip() for line in code.value.splitlines() if line.strip()]
    assert all(line in source for line in map(str.strip, code.value.splitlines()))
    assert "fun predict" in code.value
    assert "fun paint" in code.value


def test_the_download_is_the_whole_project() -> None:
    with zipfile.ZipFile(io.BytesIO(sample.archive())) as archive:
        names = {name.removeprefix("nst-studio-android/") for name in archive.namelist()}
    wanted = {path.relative_to(sample.PROJECT).as_posix() for path in sample.PROJECT.rglob("*") if path.is_file()}
    assert names == wanted
    assert "app/src/main/AndroidManifest.xml" in names
