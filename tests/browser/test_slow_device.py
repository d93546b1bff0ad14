"""The slow method in the browser, by LiteRT in a worker: the same losses as the server's engine, step by step."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.export import slow_files, slow_weights
from nst_core.export.slow_template import path
from nst_core.models import weights
from nst_core.picture import samples
from nst_core.recipe import Recipe, make
from nst_core.slow import engine
from pages.parts.device import BUNDLES, slow_settings

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

SIZE_PX, STEPS = 64, 25
WEIGHTS = "slow_weights.bin"

_PAINT = """async ([address, files, task]) => {
  const { Painting } = await import(`${address}/slow.js`);
  const floats = text => new Float32Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const addresses = Object.fromEntries(files.map(file => [file, `${address}/${file}`]));
  const all = [];
  await new Promise(resolve => new Painting(
    { ...task, addresses, content: floats(task.content), style: floats(task.style) },
    news => {
      all.push({ ...news, picture: news.picture?.length });
      if (news.kind === "done" || news.kind === "failed") resolve();
    }));
  return all;
}"""


class Isolated(SimpleHTTPRequestHandler):
    """Answers with the headers that allow a page threads."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}  # noqa: RUF012

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LiteRT's files, the script, the weights and one graph."""
    made = tmp_path_factory.mktemp("device")
    for file in (*weights.find("litert").path.iterdir(), BUNDLES / "slow.js", path(SIZE_PX, SIZE_PX)):
        (made / file.name).symlink_to(file)
    (made / WEIGHTS).write_bytes(slow_weights.pack(slow_weights.encoded(weights.find("vgg19")), slow_files.units()))
    (made / "index.html").write_text("<!doctype html><title>Device</title>")
    return made


@pytest.fixture(scope="module")
def device(folder: Path) -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Isolated, directory=str(folder)))
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def painted(browser: Any, device: str, folder: Path, content: Any, style: Any, recipe: Recipe) -> list[dict[str, Any]]:
    """All messages of the worker about a run."""
    task = {
        "graph": path(SIZE_PX, SIZE_PX).name,
        "weights": WEIGHTS,
        "gpu": False,
        "width": SIZE_PX,
        "height": SIZE_PX,
        "content": b64encode(content.astype("<f4").tobytes()).decode(),
        "style": b64encode(style.astype("<f4").tobytes()).decode(),
        "settings": slow_settings.settings(recipe) | {"steps": recipe.steps},
    }
    page = browser.new_page()
    page.goto(device)
    news: list[dict[str, Any]] = page.evaluate(_PAINT, [device, [file.name for file in folder.iterdir()], task])
    page.close()
    return news


def test_the_curve_is_the_engines(browser: Any, device: str, folder: Path) -> None:
    """25 steps of the default preset at one size: the total within 1 % at every step."""
    content = samples.find("chelsea").load(256).tensor()[:, :SIZE_PX, 20 : 20 + SIZE_PX]
    style = samples.find("night-swirls").load(256).tensor()[:, :SIZE_PX, :SIZE_PX]
    settings = {"longest_edge_px": SIZE_PX, "steps": STEPS, "pyramid": "off", "snapshot_every": STEPS}
    recipe = make("painterly", {**settings, "precision": "float32", "convolutions": "direct"})
    news = painted(browser, device, folder, content, style, recipe)
    assert news[-1]["kind"] == "done", news[-1]
    assert next(n["runtime"] for n in news if n["kind"] == "ready")["accelerator"] == "wasm"
    steps = [n for n in news if n["kind"] == "step"]
    expected = [step.losses for step in engine.run(content, [style], recipe)]
    assert [n["number"] for n in steps] == list(range(STEPS + 1))
    assert list(steps[0]["losses"]) == list(expected[0])
    ours, engines = (np.array([losses["total"] for losses in run]) for run in ([n["losses"] for n in steps], expected))
    np.testing.assert_allclose(ours, engines, rtol=0.01)
    np.testing.assert_allclose(ours[0], engines[0], rtol=1e-4)  # before rounding errors have grown
    assert engines[-1] < 0.5 * engines[0]
    assert steps[-1]["picture"] == 4 * SIZE_PX**2


def test_a_missing_file_is_told_as_a_failure(browser: Any, device: str, tmp_path: Path) -> None:
    flat = np.zeros((1, SIZE_PX, SIZE_PX, 3), np.float32)
    (last,) = painted(browser, device, tmp_path, flat, flat, make())[-1:]
    assert last["kind"] == "failed"
    assert "no address for" in last["reason"]
