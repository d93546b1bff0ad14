"""One run on the command line: progress bar, checkpoints, report. The best picture is saved in every case."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.errors import CheckpointError, DivergedError, PictureError, RecipeError
from nst_core.recipe import Recipe
from nst_core.runs import result_file
from nst_core.runs.inputs import RunInputs
from nst_core.runs.interruption import Interruption, interruptible
from nst_core.runs.naming import named, resumed
from nst_core.step import Step

if TYPE_CHECKING:
    from nst_core.runs.logged import LoggedRun
    from nst_core.slow.checkpoint import Checkpoint

INTERRUPTED = 130


@dataclass(frozen=True)
class StylizeRequest:
    """The arguments of one `stylize` command.

    Attributes:
        pictures: content, styles, start and masks.
        recipe: every setting; of a resumed run, with the changes that steer it.
        output: the file for the result.
        shares: for each mask, the share of each style there.
        checkpoint: the file to save the run to, or None.
        report: the file for a report, or None.
        resume: the checkpoint to resume, or None.
        quality: of a JPEG or WebP, or None for the default.
        every: the number of steps from one picture on the way to the next, or None for none.
    """

    pictures: RunInputs
    recipe: Recipe
    output: Path
    shares: Sequence[Sequence[float]] = ()
    checkpoint: Path | None = None
    report: Path | None = None
    resume: Checkpoint | None = None
    quality: int | None = None
    every: int | None = None


def check_places(arguments: argparse.Namespace, read: Sequence[str]) -> None:
    """Refuse a command that would write over a file by accident. Raises PictureError.

    A resumed run goes on in its own checkpoint, and --no-clobber does not keep it.

    Args:
        arguments: of the command.
        read: the files that it reads, without the checkpoint.
    """
    checkpoint = arguments.checkpoint or arguments.resume
    named = {"the output": arguments.output, "the checkpoint": checkpoint, "the report": arguments.report}
    places = {what: path for what, path in named.items() if path}
    resumed = [str(arguments.resume)] if arguments.resume else []
    result_file.check_distinct(places, read)
    result_file.check_distinct({what: path for what, path in places.items() if what != "the checkpoint"}, resumed)
    if arguments.every:
        folder = result_file.steps_folder(arguments.output)
        places["the pictures on the way"] = folder
        inside = [name for name in read if Path(name).resolve().parent == folder.resolve()]
        if inside:
            raise PictureError(f"{inside[0]} lies in the folder of the pictures on the way; choose another output")
    if arguments.no_clobber:
        kept = {"the checkpoint", "the pictures on the way"} if arguments.resume else set()
        result_file.check_absent({what: path for what, path in places.items() if what not in kept})


def check_options(request: StylizeRequest) -> None:
    """Refuse what means nothing with a single pass. Raises RecipeError."""
    result_file.check_every(request.every, request.recipe.method)
    if request.checkpoint and request.recipe.method == "fast":
        raise RecipeError("--checkpoint is for a method with steps, and fast is a single pass; leave it out")


def stylize(request: StylizeRequest) -> int:
    """Run the request and write its files; the exit code is 0, or 130 after an interruption. Raises NSTError."""
    check_options(request)
    encode = result_file.encoder(request.output, request.quality)
    on_the_way = result_file.step_file(request.output, 1) if request.every else None
    for path in filter(None, (request.output, request.checkpoint, request.report, on_the_way)):
        result_file.check_writable(path)
    from nst_core.runs.logged import LoggedRun

    name = resumed if request.resume else named
    recipe = name(request.recipe, request.pictures, request.shares)
    run = LoggedRun(request.pictures, recipe, request.checkpoint, request.resume)
    with interruptible() as interruption:
        _play(run, interruption, _Keeper(request, encode))
    result_file.write(request.output, encode(run.picture(), run.recipe, run.alpha()))
    if lost := result_file.loses(request.output, run.alpha()):
        print(f"note: {lost}", file=sys.stderr)
    if request.report:
        report = run.report() | {"interrupted": interruption.asked}
        result_file.write(request.report, (json.dumps(report, indent=2) + "\n").encode())
    if run.diverged is not None:
        raise DivergedError(f"{run.diverged}; the best picture so far is saved as {request.output}")
    print(f"{'stopped early; ' if interruption.asked else ''}saved {request.output}", file=sys.stderr)
    return INTERRUPTED if interruption.asked else 0


class _Keeper:
    """Writes the pictures on the way."""

    def __init__(self, request: StylizeRequest, encode: result_file.Encoder) -> None:
        self._request, self._encode = request, encode

    def keep(self, run: LoggedRun, step: Step) -> None:
        """Write the picture of a step if it is due, as step-00050.png. Raises PictureError."""
        if result_file.is_due(step.number, self._request.every):
            path = result_file.step_file(self._request.output, step.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            result_file.write(path, self._encode(run.picture_of(step), run.recipe, run.alpha()))


def _play(run: LoggedRun, interruption: Interruption, keeper: _Keeper) -> None:
    """Compute all steps, or as many as come before an interruption, with a bar on a terminal."""
    from tqdm import tqdm

    with closing(run.steps()) as steps:
        first = next(steps, None)
        if first is None:
            raise CheckpointError("all steps of this run are done; give a larger --steps or --seconds to continue it")
        for note in first.notes:
            print(f"note: {note}", file=sys.stderr)
        keeper.keep(run, first)
        is_hidden = not sys.stderr.isatty()
        with tqdm(total=first.total, initial=first.number, disable=is_hidden, unit="step", file=sys.stderr) as bar:
            for step in steps if not interruption.asked else ():
                bar.total = step.total
                bar.update(step.number - bar.n)
                keeper.keep(run, step)
                if interruption.asked:
                    break
