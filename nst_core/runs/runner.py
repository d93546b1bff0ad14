"""Run a recipe with any method. Only this module combines the fast and the slow engine; worker and CLI use it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from nst_core import __version__
from nst_core.picture import colour, crop
from nst_core.picture.arrays import check_pictures, check_weights
from nst_core.picture.decode import Bytes
from nst_core.picture.masks import Weights
from nst_core.picture.photograph import keep_photograph
from nst_core.picture.resize import check_shape, fit, resize
from nst_core.recipe import Provenance, Recipe
from nst_core.recipe.effects import check_aim, does_nothing
from nst_core.recipe.style_grid import cell_edge_px, grid_shape, is_style_grid
from nst_core.runs.regions import KEPT, keeps_photograph
from nst_core.runs.usage import RunTimer, peak_gpu_mb, peak_rss_mb
from nst_core.step import Pixels, Step

MAX_MEASURED_PX = 1024
"""Longest edge at which the yardstick measures larger results, to limit memory."""


def run_recipe(  # noqa: PLR0913 - the arguments of an engine, and the masks
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
    resume: Mapping[str, Any] | None = None,
) -> Generator[Step, Recipe | None, None]:
    """Run a recipe and yield its Steps; the fast method has a single one.

    Styles are cropped and colours matched before the engine runs, and the content's colours are put back after it, in
    the same way for all methods. The `picture` of a Step is therefore final; its `state()` is the engine's own. To
    steer the run, `send` a recipe instead of calling `next`; see `nst_core.recipe.steering` for the limits.

    Args:
        content: the original, [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage: clear pixels take no part in it.
        styles: the originals, each likewise, one for each of `recipe.styles`.
        recipe: every setting.
        start: the picture of start "own", [1, h, w, 3] in [0, 1] of any size; a balanced run starts from it too.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1].
        resume: `state()` of an earlier Step of a slow or balanced run.

    Raises:
        PictureError: an array is no picture: of another shape or type, or with values outside [0, 1].
        RecipeError: nothing is to be minimised; crop and rotation leave too little of a style; or the content cannot
            keep its shape at this size.
        DeviceMemoryError: the device has too little memory.
        NSTError: see the engines.
    """
    check_pictures(content, styles, start)
    check_weights(masks)
    check_aim(recipe)
    check_shape(content.shape[2], content.shape[1], cell_edge_px(recipe))
    seen, matched = colour.before(content, crop_styles(styles, recipe), recipe.colour)
    with closing(engine_steps(seen, matched, recipe, start, masks, resume)) as steps:
        kept = (KEPT,) if keeps_photograph(recipe) else ()
        notes = (*recipe.provenance.notes, *_colour_notes(seen, matched, recipe), *kept, *does_nothing(recipe))
        if start is not None and resume is None:
            notes += _start_notes(start, content)
        yield from _with_final_colours(steps, content, recipe, grid_shape(recipe, len(styles)), notes, masks)


def shares_pass(recipe: Recipe) -> bool:
    """Whether pictures of this recipe may share a pass of the network: see `run_together`."""
    return recipe.method == "fast" and recipe.style_grid_size == recipe.shifted_passes == 1 and not recipe.regions


def run_together(inputs: Sequence[tuple[Pixels, Sequence[Pixels], Recipe]]) -> list[Pixels]:
    """The final pictures of several fast recipes, each [1, H, W, 3] in [0, 1]; small ones of one size share a pass.

    Args:
        inputs: content, styles and recipe of each picture, as in `run_recipe`; see `shares_pass` for the recipes.

    Raises NSTError as `run_recipe`.
    """
    from nst_core.fast import batching
    from nst_core.models import gpu_memory

    requests = []
    for content, styles, recipe in inputs:
        check_pictures(content, styles)
        seen, matched = colour.before(content, crop_styles(styles, recipe), recipe.colour)
        requests.append(batching.FastRequest(seen, matched, recipe))
    with gpu_memory.explained():
        painted = batching.run_many(requests)
    return [
        finish(_grey_like(picture, request.content, request.styles), content_for(picture, content), recipe)
        for picture, request, (content, _, recipe) in zip(painted, requests, inputs, strict=True)
    ]


def _colour_notes(content: Pixels, styles: Sequence[Pixels], recipe: Recipe) -> tuple[str, ...]:
    """What black and white pictures, as `colour.before` returned them, mean for the result's colours."""
    if not styles or recipe.colour.colour_match != "none":
        return ()
    if all(colour.is_grey(picture) for picture in (content, *styles)):
        return ("photograph and style are black and white, and so is the result",)
    if recipe.colour.colour_preservation or not all(colour.is_grey(style, colour.NEARLY_GREY) for style in styles):
        return ()
    return ("the style is black and white, so colours fade; a higher colour_preservation keeps the photograph's",)


def _start_notes(start: Pixels, content: Pixels) -> tuple[str, ...]:
    """Whether a picture to start from is cut to the photograph's shape."""
    _, height, width, _ = content.shape
    if crop.middle_of_shape(start, width, height) is start:
        return ()
    return ("the picture to start from has another shape than the photograph; its middle is used",)


def _grey_like(picture: Pixels | None, content: Pixels, styles: Sequence[Pixels]) -> Any:
    """The fast engine's picture, grey if all pictures that it comes from are; `colour.before` made them exactly so."""
    if picture is None or not all(colour.is_grey(each) for each in (content, *styles)):
        return picture
    return colour.to_grey(picture)


def crop_styles(styles: Sequence[Pixels], recipe: Recipe) -> Sequence[Pixels]:
    """The styles, cropped and rotated by a recipe's settings; unchanged if the recipe has no styles.

    Args:
        styles: the originals, each [1, H, W, 3] in [0, 1], one for each of `recipe.styles`.
        recipe: a recipe with crops and rotations.

    Raises:
        RecipeError: less than 16 px of a side are left.
    """
    if len(recipe.styles) != len(styles):  # no styles, or a wrong number of them, which the engine rejects
        return styles
    pairs = zip(styles, recipe.styles, strict=True)
    return [crop.crop_style(style, settings.crop, settings.rotation_deg) for style, settings in pairs]


def engine_steps(  # noqa: PLR0913 - the arguments of run_recipe
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    start: Pixels | None,
    masks: Sequence[Weights],
    resume: Mapping[str, Any] | None,
) -> Generator[Step, Recipe | None, None]:
    """The engine's Steps, before the content's colours are put back; arguments as in `run_recipe`."""
    from nst_core.fast import engine as fast
    from nst_core.models import gpu_memory

    with gpu_memory.explained():
        if recipe.method == "fast":
            for step in fast.run(content, styles, recipe, masks=masks):
                yield replace(step, picture=_grey_like(step.picture, content, styles))
            return
        from nst_core.slow import engine as slow

        first: Pixels | None = None
        references: dict[str, Pixels] = {}
        if (_starts_from_fast(recipe) and resume is None) or recipe.reference_loss == "fast":
            one = recipe.model_copy(update={"style_grid_size": 1})  # the slow engine starts from a single picture
            (fast_step,) = fast.run(content, styles, one, masks=masks)
            first = fast_step.picture if _starts_from_fast(recipe) else None
            if recipe.reference_loss == "fast" and fast_step.picture is not None:
                references = {"fast": fast_step.picture}
        if recipe.start == "own" and start is not None:
            first = colour.before(start, (), recipe.colour)[0]  # grey if the content was made grey
        first = first if resume is None else None
        yield from slow.run(content, styles, recipe, start=first, masks=masks, levels=references, resume=resume)


def _with_final_colours(  # noqa: PLR0913 - what makes a picture final
    steps: Generator[Step, Recipe | None, None],
    content: Pixels,
    recipe: Recipe,
    cells: tuple[int, int],
    notes: tuple[str, ...],
    masks: Sequence[Weights],
) -> Generator[Step, Recipe | None, None]:
    """The Steps with final colours, according to the recipe in force; a recipe that is sent is passed to the engine.

    The first Step also has the notes.
    """
    fitted, sent = None, None
    while True:
        try:
            step = steps.send(sent)
        except StopIteration:
            return
        if step.picture is not None:
            if fitted is None or fitted.shape != step.picture.shape:  # computed once for each size
                fitted = content_for(step.picture, content, cells)
            step = replace(step, picture=finish(step.picture, fitted, recipe, masks))
        sent = yield replace(step, notes=(*notes, *step.notes)) if notes else step
        notes = ()
        recipe = sent or recipe


def content_for(picture: Pixels, content: Pixels, cells: tuple[int, int] = (1, 1)) -> Pixels:
    """The content at the size of a result, repeated in every cell of a style grid.

    Args:
        picture: the result, [1, H, W, 3].
        content: the original, [1, h, w, 3] in [0, 1] of any size.
        cells: rows and columns, from `grid_shape`.

    Returns:
        [1, H, W, C] in [0, 1].
    """
    down, across = cells
    small = resize(content, picture.shape[2] // across, picture.shape[1] // down)
    return small if cells == (1, 1) else np.tile(small, (1, down, across, 1))


def finish(picture: Pixels, content: Pixels, recipe: Recipe, masks: Sequence[Weights] = ()) -> Pixels:
    """The engine's picture, [1, H, W, 3] in [0, 1], with the recipe's share of the colours of `content` (any size).

    With `masks`, one for each region, regions without a style are the photograph itself.
    """
    return keep_photograph(colour.after(picture, content, recipe.colour), content, recipe.regions, masks)


def recolour(picture: Pixels, content: Pixels, degree: float, space: colour.Space = "lab") -> Pixels:
    """A final picture with more of the content's colours, without a new run; see `nst_core.picture.colour`."""
    return colour.keep_colours(picture, content, degree, space)


def _starts_from_fast(recipe: Recipe) -> bool:
    """Whether the fast result is the start picture."""
    return recipe.start == "fast" or (recipe.method == "balanced" and recipe.start != "own")


def prepare(recipe: Recipe) -> Recipe:
    """Load the networks of a recipe and fill in its provenance. Raises WeightsError.

    Precision "auto" is replaced by the chosen precision, and an unset memory limit by the free memory. So a second run
    of the recipe gives the same losses, bit for bit on a CPU and on a deterministic GPU.
    """
    from nst_core.models import gpu_memory, stylisation, vgg
    from nst_core.models.device import device, memory_mb, precision
    from nst_core.models.weights import WeightsSource

    used: dict[str, WeightsSource] = {}
    chosen = device()
    if chosen.is_gpu:
        gpu_memory.reset_peak()
    dtype = "float32"
    if recipe.method == "fast" or recipe.reference_loss == "fast" or _starts_from_fast(recipe):
        used["magenta"] = stylisation.load().found
    if recipe.method != "fast":
        dtype = precision(recipe.precision)
        network = recipe.objective.network
        used[network] = vgg.load(network, dtype).found
    provenance = Provenance(
        version=__version__,
        weights={name: found.sha256 for name, found in used.items()},
        device=chosen.title,
        notes=tuple(note for found in used.values() for note in found.unusable),
    )
    limit = recipe.memory_mb if recipe.method == "fast" else recipe.memory_mb or memory_mb()
    return recipe.model_copy(update={"provenance": provenance, "precision": dtype, "memory_mb": limit})


def result_picture(step: Step | None, content: Pixels, recipe: Recipe, masks: Sequence[Weights] = ()) -> Pixels:
    """The final picture of a Step, made from its state if it has no picture. Raises ValueError if it has neither."""
    if step is None or (step.picture is None and step.state is None):
        raise ValueError("this step has no picture")
    if step.picture is not None:
        return step.picture
    return finish(step.state()["shown"], content, recipe, masks)  # type: ignore[misc]


def result_alpha(content_alpha: Bytes | None, recipe: Recipe) -> Bytes | None:
    """The transparency of a result, uint8 [H, W]: that of its content.

    None for a style grid, which shows many pictures.
    """
    return None if is_style_grid(recipe) else content_alpha


def report(  # noqa: PLR0913 - inputs and outputs of a run
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    picture: Pixels,
    timer: RunTimer,
    *,
    wants_metrics: bool = True,
) -> dict[str, Any]:
    """The report of a finished run: settings, weights, times, memory and, if wanted, the yardstick's measures.

    Args:
        content: the original, [1, H, W, 3] in [0, 1].
        styles: the originals; the yardstick measures the parts that the run used.
        recipe: the recipe of the run, from `prepare`.
        picture: the result.
        timer: the timer of the run.
        wants_metrics: whether to measure; a style grid is never measured, since its pictures have different styles.
    """
    return {
        "method": recipe.method,
        "size": [int(picture.shape[2]), int(picture.shape[1])],
        "seconds": timer.seconds(),
        "peak_rss_mb": peak_rss_mb(),  # before measuring, which takes memory too
        **peak_gpu_mb(),
        "weights": dict(recipe.provenance.weights),
        "recipe": recipe.model_dump(mode="json"),
        **(
            {"measures": measures(content, styles, recipe, picture)}
            if wants_metrics and not is_style_grid(recipe)
            else {}
        ),
    }


def measures(
    content: Pixels, styles: Sequence[Pixels], recipe: Recipe, picture: Pixels, *, targets: Any = None
) -> dict[str, Any]:
    """The yardstick's measures of a result, at no more than `MAX_MEASURED_PX`; arguments as in `report`.

    With `targets`, a `yardstick.KeptTargets`, the measures of content and styles are computed once for all results of
    one size; the recipe must then name the pictures.

    Raises WeightsError if no source gave VGG-19.
    """
    from nst_core.metrics import yardstick

    measured = picture if max(picture.shape) <= MAX_MEASURED_PX else fit(picture, MAX_MEASURED_PX)
    shares = [s.weight for s in recipe.styles]
    parts = [(s.sha256, s.crop, s.rotation_deg) for s in recipe.styles]
    keys = yardstick.Keys(targets, recipe.content, parts) if targets else None
    return yardstick.measure(measured, content, crop_styles(styles, recipe), shares, keys)
