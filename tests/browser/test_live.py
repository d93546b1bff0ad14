"""The live page in Chromium, with a camera that plays a file: from the click to a frame, and to the slow page."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright import sync_api as playwright
from playwright.sync_api import expect

from nst_core.export import manifest, own_folder
from nst_core.export.making import SIZES_PX
from nst_core.server import device_files
from pages.parts.device import BUNDLES
from tests.browser.conftest import CHROMIUM, OFFLINE, QUIET
from tests.browser.test_accessibility import in_both

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

READY_MS = 240_000
"""The networks are made when the first server of a machine starts."""
FIRST_FRAME_MS = 60_000
REFUSE = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""
PROBE = """async ([script, addresses, file, encoded]) => {
  const floats = text => new Float32Array(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
  const { probe } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const { outputs } = await probe({ addresses, file, gpu: false, inputs: encoded.map(floats), runs: 1 });
  return Array.from(outputs[0]);
}"""
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def y4m(frames: int = 8, width: int = 320, height: int = 240) -> bytes:
    """A film of a bright square that moves over a gradient, as Chromium plays it for a camera."""
    gradient = np.linspace(40, 160, width, dtype=np.uint8) * np.ones((height, 1), np.uint8)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    film = [f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()]
    for number in range(frames):
        picture = gradient.copy()
        picture[80:160, 60 + 20 * number : 140 + 20 * number] = 235
        film.append(b"FRAME\n" + picture.tobytes() + grey.tobytes() + grey.tobytes())
    return b"".join(film)


@pytest.fixture(scope="module")
def with_camera(browser: playwright.Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[playwright.Browser]:
    """A second Chromium, whose camera plays a file."""
    film = tmp_path_factory.mktemp("camera") / "film.y4m"
    film.write_bytes(y4m())
    arguments = [*QUIET, *OFFLINE, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={film}"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield chromium
    chromium.close()


@contextmanager
def visitor(browser: playwright.Browser, **options: Any) -> Iterator[playwright.Page]:
    """A page of a new visitor; at its end, the console must have been silent."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [said for said in complaints if "404" not in said] == []


def open_live(page: playwright.Page, address: str) -> None:
    page.goto(f"{address}/live")
    page.get_by_role("button", name="Start the camera").wait_for(timeout=READY_MS)


def picture(page: playwright.Page) -> bytes:
    """The present picture on the canvas."""
    return page.get_by_role("img", name="The painted picture").screenshot()


def download(page: playwright.Page, button: str, path: Path) -> Path:
    """Press a button and keep the file that it gives."""
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    started.value.save_as(path)
    return path


def test_a_camera_is_painted_filmed_changed_kept_and_handed_over(
    with_camera: playwright.Browser, address: str, tmp_path: Path
) -> None:
    with visitor(with_camera) as page:
        open_live(page, address)
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator(".figures")).to_have_text(re.compile(r"fps · \d+ ms · \d+ × \d+"), timeout=FIRST_FRAME_MS)
        expect(page.get_by_text(re.compile(r"WebAssembly, \d threads"))).to_be_visible()
        page.get_by_role("button", name="Record").click()
        expect(page.locator(".figures")).to_contain_text(re.compile("● [4-9] s"), timeout=FIRST_FRAME_MS)
        assert download(page, "Stop recording", tmp_path / "film").stat().st_size > 1000

        page.get_by_role("button", name="Freeze").click()
        expect(page.get_by_text("The picture is held.")).to_be_visible()
        page.wait_for_timeout(1000)
        held = picture(page)
        page.wait_for_timeout(500)
        assert picture(page) == held
        page.get_by_role("radio", name=re.compile("Woodcut")).click()
        for _ in range(100):
            if picture(page) != held:
                break
            page.wait_for_timeout(100)
        else:
            pytest.fail("a held picture should be painted again in a new style")

        with Image.open(download(page, "Snapshot", tmp_path / "snapshot.png")) as snapshot:
            assert snapshot.size in {(px, px) for px in SIZES_PX}
            assert np.ptp(np.asarray(snapshot.convert("RGB"))) > 100
        assert in_both(page) == {}

        page.get_by_role("button", name="Paint this slowly").click()
        page.wait_for_url("**/slow*", timeout=30_000)
        expect(page.get_by_role("img", name=re.compile("a frame of your live picture"))).to_be_visible()


def test_the_browser_paints_what_litert_paints_on_the_server(page: playwright.Page, address: str) -> None:
    """Of 255, the mean difference; `tests/nst_core/export` compares the file with the network."""
    from ai_edge_litert.interpreter import Interpreter

    open_live(page, address)
    folder = own_folder.find()
    assert folder
    file = manifest.read(folder).find("style_transform", 128)
    rng = np.random.default_rng(5)
    content, vector = rng.random(file.outputs[0].shape, np.float32), rng.normal(0, 0.5, (1, 1, 1, 100))
    inputs = {"content": content, "vector": vector.astype(np.float32)}
    (expected,) = Interpreter(model_path=str(folder / file.file)).get_signature_runner()(**inputs).values()
    probe = (BUNDLES / "device_probe.js").read_text("utf-8")
    addresses = {each.name: f"{address}/device/{each.address}" for each in device_files.find().files.values()}
    encoded = [b64encode(value.tobytes()).decode() for value in inputs.values()]
    painted = page.evaluate(PROBE, [probe, addresses, file.file, encoded])
    assert np.abs(np.reshape(painted, expected.shape) - expected).mean() * 255 < 0.01
    assert np.ptp(expected) > 0.5


def test_a_phone_without_a_camera_is_told_what_to_try(browser: playwright.Browser, address: str) -> None:
    with visitor(browser) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        open_live(page, address)
        page.get_by_role("button", name="Start the camera").click()
        alert = page.get_by_role("alert").filter(has_text="There is no camera")
        expect(alert).to_contain_text("open a video file")
        page.evaluate(REFUSE)
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert").filter(has_text="The camera was not allowed")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
