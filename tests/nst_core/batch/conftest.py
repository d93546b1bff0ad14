"""Files to paint, a network that does nearly nothing, and a batch of both."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from nst_core.batch import items
from nst_core.batch.items import BatchItem
from nst_core.batch.session import Batch, BatchOptions
from nst_core.fast import stylizer
from nst_core.models import stylisation
from nst_core.recipe import make
from nst_core.system.bounded_cache import BoundedCache


class MeanColour:
    """As the rebuilt networks: a style's vector is its mean colour, which is all that is painted."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def style_vector(self, style: Any) -> Any:
        return tf.reduce_mean(style, (1, 2), keepdims=True)

    def transform(self, contents: Any, vectors: Any) -> Any:
        self.passes.append(len(contents))
        return 0.25 * contents + 0.75 * vectors


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> MeanColour:
    """The network, in place of Magenta's."""
    module = MeanColour()
    found = SimpleNamespace(sha256="c" * 64, unusable=())
    monkeypatch.setattr(stylisation, "load", lambda: SimpleNamespace(call=module, found=found))
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(stylizer.MAX_VECTORS))
    return module


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three photographs of one size, and two flat styles in a folder of their own."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "in"
    (folder / "styles").mkdir(parents=True)
    for name in ("a", "b", "c"):
        Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / f"{name}.png")
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        Image.new("RGB", (40, 40), colour).save(folder / "styles" / f"{name}.png")
    return folder


@pytest.fixture
def batch_of(tmp_path: Path) -> Any:
    """`batch_of(contents, styles, **settings)`: a batch of all pairs into the folder `out`, without measures."""

    def made(contents: Any, styles: Any, pair: Any = "all", options: Any = None, **settings: Any) -> Batch:
        recipe = make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64, **settings})
        pairs = items.paired([str(c) for c in contents], [str(s) for s in styles], BatchItem("", "", (), recipe), pair)
        named = items.with_distinct_names(pairs, ".png")
        return Batch(named, tmp_path / "out", options or BatchOptions(wants_measures=False))

    return made


def run(batch: Batch, should_stop: Any = lambda _: False) -> list[Any]:
    """The outcomes of a batch, which is stopped once `should_stop` of the outcomes so far is true."""
    outcomes: list[Any] = []
    for result in batch.run(lambda: should_stop(outcomes), lambda _: None):
        outcomes.append(result)
    return outcomes
