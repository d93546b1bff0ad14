"""Plays a recipe, whatever its method: the layer that may chain the two engines. The worker and the CLI stand on it."""

from __future__ import annotations

import itertools
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nst_core import __version__
from nst_core.recipe import Origin, Recipe
from nst_core.step import Pixels, Step


def play(
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """The Steps of a recipe: the slow engine's, the fast engine's one, or the slow engine's from the fast result.

    Args:
        content: the original, [1, H, W, 3] in [0, 1].
        styles: the originals, one for each of `recipe.styles`.
        recipe: every setting.
        resume: `state()` of an earlier Step of a slow or balanced run.

    Raises:
        NSTError: as the engines say.
    """
    from nst_core.fast import engine as fast
    from nst_core.slow import engine as slow

    if recipe.method == "fast":
        yield from fast.run(content, styles, recipe)
        return
    start = None
    if _chained(recipe) and resume is None:
        (painted,) = fast.run(content, styles, recipe)
        start = painted.picture
    yield from slow.run(content, styles, recipe, start=start, resume=resume)


def _chained(recipe: Recipe) -> bool:
    return recipe.method == "balanced" or recipe.start == "fast"


def prepare(recipe: Recipe) -> Recipe:
    """Load the networks a recipe needs and write into it what it will run with. Raises WeightsError.

    An automatic precision becomes the one chosen, so that the recipe gives the same losses when it is run again.
    """
    from nst_core.models import stylisation, vgg
    from nst_core.models.device import device, precision

    hashes: dict[str, str] = {}
    chosen = device()
    dtype = "float32"
    if recipe.method == "fast" or _chained(recipe):
        hashes["magenta"] = stylisation.load().found.sha256
    if recipe.method != "fast":
        dtype = precision(recipe.precision)
        network = recipe.objective.network
        hashes[network] = vgg.load(network, dtype).found.sha256
    origin = Origin(version=__version__, weights=hashes, device=chosen.title)
    return recipe.model_copy(update={"origin": origin, "precision": dtype})


class Clock:
    """Where the time of a run goes: loading, compiling, running.

    Compilation is what the first Step took longer than the usual one.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._load = 0.0
        self._stamps: list[float] = []

    def loaded(self) -> None:
        """Loading is done."""
        self._load = time.perf_counter() - self._began

    def tick(self, step: Step) -> None:
        """A Step came."""
        self._stamps.append(step.seconds)

    def seconds(self) -> dict[str, float]:
        """`load`, `compile` and `run`, in seconds; compile is a part of run."""
        gaps = sorted(b - a for a, b in itertools.pairwise(self._stamps))
        usual = gaps[len(gaps) // 2] if gaps else 0.0
        first = self._stamps[0] if self._stamps else 0.0
        return {
            "load": round(self._load, 3),
            "compile": round(max(0.0, first - usual), 3) if gaps else 0.0,
            "run": round(self._stamps[-1] if self._stamps else 0.0, 3),
        }


def peak_rss_mb() -> float:
    """The most memory this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def picture_of(step: Step | None) -> Pixels:
    """The picture of a Step, taken from its state where the Step itself carries none."""
    if step is None or (step.picture is None and step.state is None):
        raise ValueError("this step has no picture")
    return step.picture if step.picture is not None else step.state()["picture"]  # type: ignore[misc]


def report(content: Pixels, styles: Sequence[Pixels], recipe: Recipe, picture: Pixels, clock: Clock) -> dict[str, Any]:
    """What a run leaves besides its picture: settings, origins, times, memory, and the yardstick's measures."""
    from nst_core import yardstick

    peak = peak_rss_mb()  # before measuring, which is not the run's
    return {
        "method": recipe.method,
        "size": [int(picture.shape[2]), int(picture.shape[1])],
        "seconds": clock.seconds(),
        "peak_rss_mb": peak,
        "weights": dict(recipe.origin.weights),
        "recipe": recipe.model_dump(mode="json"),
        "measures": yardstick.measure(picture, content, styles, [s.weight for s in recipe.styles]),
    }
