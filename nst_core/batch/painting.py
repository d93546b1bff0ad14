"""Paints loaded items with any method; small fast pictures of one size share a pass of the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from nst_core.batch.finishing import PaintedItem
from nst_core.batch.loading import LoadedItem
from nst_core.errors import DivergedError, NSTError
from nst_core.fast.plan import BATCH_PIXELS
from nst_core.picture.resize import size_for
from nst_core.runs import runner
from nst_core.runs.logged import LoggedRun
from nst_core.step import Step

KeepStep = Callable[[LoadedItem, LoggedRun, Step], None]
"""Writes the picture of a step of an item's run, if it is due."""
Outcome = PaintedItem | Exception | None
"""A result, the reason why there is none, or None if the batch was stopped meanwhile."""


def shared_pixels(loaded: LoadedItem) -> tuple[int, int, int | None] | None:
    """Width and height of an item's result, and the size at which it is painted, if it may share a pass; else None."""
    recipe = loaded.recipe
    if not runner.shares_pass(recipe):
        return None
    width, height = size_for(loaded.inputs.content.width, loaded.inputs.content.height, recipe.longest_edge_px)
    return width, height, recipe.render_edge_px


def has_room(group: Sequence[LoadedItem], another: LoadedItem) -> bool:
    """Whether another item may share the pass of a group."""
    shape = shared_pixels(another)
    if shape is None or shape != shared_pixels(group[0]):
        return False
    return (len(group) + 1) * shape[0] * shape[1] <= BATCH_PIXELS


def paint(
    group: Sequence[LoadedItem], should_stop: Callable[[], bool], keep: KeepStep
) -> Iterator[tuple[LoadedItem, Outcome]]:
    """Paint the items of a group, of which all may share a pass, and yield the outcome of each."""
    if shared_pixels(group[0]) is not None:
        try:
            yield from zip(group, _together(group), strict=True)
            return
        except NSTError as error:
            if len(group) == 1:
                yield group[0], error
                return
        except Exception as error:  # noqa: BLE001 - one picture's failure must not stop the others
            if len(group) == 1:
                yield group[0], error
                return
        for loaded in group:  # one of them failed: find out which
            yield from paint([loaded], should_stop, keep)
        return
    for loaded in group:
        try:
            yield loaded, _alone(loaded, should_stop, keep)
        except Exception as error:  # noqa: BLE001 - as above
            yield loaded, error


def _together(group: Sequence[LoadedItem]) -> list[PaintedItem]:
    recipes = [runner.prepare(loaded.recipe) for loaded in group]
    began = time.perf_counter()
    pictures = runner.run_together(
        [(loaded.content, loaded.styles, recipe) for loaded, recipe in zip(group, recipes, strict=True)]
    )
    seconds = (time.perf_counter() - began) / len(group)
    return [
        PaintedItem(loaded, recipe, picture, seconds, recipe.provenance.notes)
        for loaded, recipe, picture in zip(group, recipes, pictures, strict=True)
    ]


def _alone(loaded: LoadedItem, should_stop: Callable[[], bool], keep: KeepStep) -> PaintedItem | None:
    """Run a recipe of any method to its end; None if the batch was stopped before."""
    run = LoggedRun(loaded.inputs, loaded.recipe)
    began = time.perf_counter()
    notes: tuple[str, ...] = ()
    with closing(run.steps()) as steps:
        for step in steps:
            notes += step.notes
            keep(loaded, run, step)
            if should_stop() and step.number < step.total:
                return None
    if run.diverged is not None:
        raise DivergedError(str(run.diverged))
    return PaintedItem(loaded, run.recipe, run.picture(), time.perf_counter() - began, notes)
