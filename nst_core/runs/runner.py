"""Plays a recipe, whatever its method: the layer that may chain the two engines. The worker and the CLI stand on it."""

from __future__ import annotations

import itertools
import resource
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nst_core import __version__
from nst_core.picture import colour, crop
from nst_core.picture.decode import Bytes
from nst_core.picture.masks import Weights
from nst_core.picture.resize import fit, resize
from nst_core.recipe import Provenance, Recipe
from nst_core.recipe.style_grid import grid
from nst_core.step import Pixels, Step

MAX_MEASURED_PX = 1024
"""Larger results are judged at this longest edge: the yardstick looks at whole pictures, which takes memory."""


def run_recipe(  # noqa: PLR0913 - an engine's signature, and the masks
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
    resume: Mapping[str, Any] | None = None,
) -> Generator[Step, Recipe | None, None]:
    """The Steps of a recipe: the slow engine's, the fast engine's one, or the slow engine's from the fast result.

    Styles are framed and colours are treated here, before and after the engine, alike for all methods: a Step's
    `picture` is finished, its `state()` is the engine's own. Sending a recipe in place of `next` steers, as
    `nst_core.recipe.steering` allows.

    Args:
        content: the original, [1, H, W, 3] in [0, 1].
        styles: the originals, one for each of `recipe.styles`.
        recipe: every setting.
        start: the picture of start "own", any size, which a balanced run takes instead of the fast result.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1].
        resume: `state()` of an earlier Step of a slow or balanced run.

    Raises:
        RecipeError: too little of a style is left by its crop and rotation.
        NSTError: as the engines say.
    """
    seen, matched = colour.before(content, crop_styles(styles, recipe), recipe.colour)
    with closing(_engine(seen, matched, recipe, start, masks, resume)) as steps:
        yield from _with_final_colours(steps, content, recipe, grid_shape(recipe, len(styles)))


def crop_styles(styles: Sequence[Pixels], recipe: Recipe) -> Sequence[Pixels]:
    """The parts of the styles that a recipe looks at; the very same object where it names none.

    Args:
        styles: the originals, each [1, H, W, 3] in [0, 1], one for each of `recipe.styles`.
        recipe: whose styles say what to crop, and how far to turn it.

    Raises:
        RecipeError: less than 16 px of a side would be left.
    """
    if len(recipe.styles) != len(styles):  # none are named; where it names others, the engine says so
        return styles
    looks = zip(styles, recipe.styles, strict=True)
    return [crop.framed(style, look.crop, look.rotation_deg) for style, look in looks]


def _engine(  # noqa: PLR0913 - what `play` was given
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    start: Pixels | None,
    masks: Sequence[Weights],
    resume: Mapping[str, Any] | None,
) -> Generator[Step, Recipe | None, None]:
    """The raw Steps, before the colours are finished."""
    from nst_core.fast import engine as fast

    if recipe.method == "fast":
        yield from fast.run(content, styles, recipe, masks=masks)
        return
    from nst_core.slow import engine as slow

    first: Pixels | None = None
    levels: dict[str, Pixels] = {}
    if (_starts_from_fast(recipe) and resume is None) or recipe.reference_loss == "fast":
        one = recipe.model_copy(update={"style_grid_size": 1})  # nothing goes on from a sheet
        (painted,) = fast.run(content, styles, one, masks=masks)
        first = painted.picture if _starts_from_fast(recipe) else None
        if recipe.reference_loss == "fast" and painted.picture is not None:
            levels = {"fast": painted.picture}
    if recipe.start == "own" and start is not None:
        first = colour.before(start, (), recipe.colour)[0]  # grey as far as the content is
    first = first if resume is None else None
    yield from slow.run(content, styles, recipe, start=first, masks=masks, levels=levels, resume=resume)


def _with_final_colours(
    steps: Generator[Step, Recipe | None, None], content: Pixels, recipe: Recipe, cells: tuple[int, int]
) -> Generator[Step, Recipe | None, None]:
    """The Steps with their pictures' colours as the recipe in force wants them; what is sent goes on to the engine."""
    fitted, sent = None, None
    while True:
        try:
            step = steps.send(sent)
        except StopIteration:
            return
        if step.picture is not None:
            if fitted is None or fitted.shape != step.picture.shape:  # once a size, not once a picture
                fitted = content_for(step.picture, content, cells)
            step = replace(step, picture=finish(step.picture, fitted, recipe))
        sent = yield step
        recipe = sent or recipe


def grid_shape(recipe: Recipe, styles: int) -> tuple[int, int]:
    """Rows and columns of pictures in a recipe's result: of a sheet as `recipe.blend` says, else 1 and 1."""
    if not _is_style_grid(recipe):
        return 1, 1
    rows = grid(styles, recipe.style_grid_size)
    return len(rows), len(rows[0])


def content_for(picture: Pixels, content: Pixels, cells: tuple[int, int] = (1, 1)) -> Pixels:
    """What a result was painted from, pixel by pixel: the content at its size, once in every cell of a sheet.

    Args:
        picture: the result, [1, H, W, 3].
        content: the original, any size.
        cells: rows and columns, from `layout`.

    Returns:
        [1, H, W, 3] in [0, 1].
    """
    down, across = cells
    small = resize(content, picture.shape[2] // across, picture.shape[1] // down)
    return small if cells == (1, 1) else np.tile(small, (1, down, across, 1))


def _is_style_grid(recipe: Recipe) -> bool:
    return recipe.method == "fast" and recipe.style_grid_size > 1


def finish(picture: Pixels, content: Pixels, recipe: Recipe) -> Pixels:
    """An engine's raw picture, [1, H, W, 3] in [0, 1], with the colours of the recipe; `content` of any size."""
    return colour.after(picture, content, recipe.colour)


def recolour(picture: Pixels, content: Pixels, degree: float, space: colour.Space = "lab") -> Pixels:
    """A finished picture with more of the content's colours, without a new run: `nst_core.picture.colour.keep`."""
    return colour.keep(picture, content, degree, space)


def _starts_from_fast(recipe: Recipe) -> bool:
    """Whether the fast engine paints the start."""
    return recipe.start == "fast" or (recipe.method == "balanced" and recipe.start != "own")


def prepare(recipe: Recipe) -> Recipe:
    """Load the networks a recipe needs and write into it what it will run with. Raises WeightsError.

    An automatic precision becomes the one chosen, and free memory a limit, so that the recipe gives the same losses
    when it is run again.
    """
    from nst_core.models import stylisation, vgg
    from nst_core.models.device import device, memory_mb, precision

    hashes: dict[str, str] = {}
    chosen = device()
    dtype = "float32"
    if recipe.method == "fast" or recipe.reference_loss == "fast" or _starts_from_fast(recipe):
        hashes["magenta"] = stylisation.load().found.sha256
    if recipe.method != "fast":
        dtype = precision(recipe.precision)
        network = recipe.objective.network
        hashes[network] = vgg.load(network, dtype).found.sha256
    origin = Provenance(version=__version__, weights=hashes, device=chosen.title)
    limit = recipe.memory_mb if recipe.method == "fast" else recipe.memory_mb or memory_mb()
    return recipe.model_copy(update={"provenance": origin, "precision": dtype, "memory_mb": limit})


class RunTimer:
    """Where the time of a run goes: loading, compiling, running.

    Compilation is what the first Step took longer than the usual one.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._load = 0.0
        self._already = 0.0
        self._stamps: list[float] = []

    def mark_loaded(self, already: float = 0.0) -> None:
        """Loading is done; `already` is how many seconds a run that is gone on with had run before."""
        self._load = time.perf_counter() - self._began
        self._already = already

    def tick(self, step: Step) -> None:
        """A Step came."""
        self._stamps.append(step.seconds)

    def seconds(self) -> dict[str, float]:
        """`load`, `compile` and `run`, in seconds; compile is a part of run."""
        gaps = sorted(b - a for a, b in itertools.pairwise(self._stamps))
        usual = gaps[len(gaps) // 2] if gaps else 0.0
        first = self._stamps[0] - self._already if self._stamps else 0.0
        return {
            "load": round(self._load, 3),
            "compile": round(max(0.0, first - usual), 3) if gaps else 0.0,
            "run": round(self._stamps[-1] if self._stamps else 0.0, 3),
        }


def peak_rss_mb() -> float:
    """The most memory this program ever held, in MB.

    Linux hands the peak of the process that started this one on in `ru_maxrss`; VmHWM begins anew with each program.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def result_picture(step: Step | None, content: Pixels, recipe: Recipe) -> Pixels:
    """The finished picture of one of `play`'s Steps, made of what its state shows where it carries none."""
    if step is None or (step.picture is None and step.state is None):
        raise ValueError("this step has no picture")
    if step.picture is not None:
        return step.picture
    return finish(step.state()["shown"], content, recipe)  # type: ignore[misc]


def result_alpha(content_alpha: Bytes | None, recipe: Recipe) -> Bytes | None:
    """The transparency that a result keeps of its content, uint8 [H, W]; none on a sheet, which is many pictures."""
    return None if _is_style_grid(recipe) else content_alpha


def report(  # noqa: PLR0913 - all of a finished run
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    picture: Pixels,
    timer: RunTimer,
    *,
    wants_metrics: bool = True,
) -> dict[str, Any]:
    """What a run leaves besides its picture: settings, origins, times, memory; the yardstick's measures, if wanted.

    The styles are the originals; the yardstick looks at the parts of them that the run did, and at no sheet, whose
    cells are in many styles.
    """
    return {
        "method": recipe.method,
        "size": [int(picture.shape[2]), int(picture.shape[1])],
        "seconds": timer.seconds(),
        "peak_rss_mb": peak_rss_mb(),  # before measuring, which is not the run's
        "weights": dict(recipe.provenance.weights),
        "recipe": recipe.model_dump(mode="json"),
        **(
            {"measures": _measures(content, styles, recipe, picture)}
            if wants_metrics and not _is_style_grid(recipe)
            else {}
        ),
    }


def _measures(content: Pixels, styles: Sequence[Pixels], recipe: Recipe, picture: Pixels) -> dict[str, Any]:
    from nst_core.metrics import yardstick

    judged = picture if max(picture.shape) <= MAX_MEASURED_PX else fit(picture, MAX_MEASURED_PX)
    return yardstick.measure(judged, content, crop_styles(styles, recipe), [s.weight for s in recipe.styles])
