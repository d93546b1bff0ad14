"""One run on the command line: progress bar, checkpoints, report. The best picture is saved in every case."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.errors import CheckpointError, DivergedError
from nst_core.recipe import Recipe
from nst_core.runs import result_file
from nst_core.runs.inputs import RunInputs
from nst_core.runs.interruption import Interruption, interruptible
from nst_core.runs.naming import named, resumed

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
    """

    pictures: RunInputs
    recipe: Recipe
    output: Path
    shares: Sequence[Sequence[float]] = ()
    checkpoint: Path | None = None
    report: Path | None = None
    resume: Checkpoint | None = None


def stylize(request: StylizeRequest) -> int:
    """Run the request and write its files; the exit code is 0, or 130 after an interruption. Raises NSTError."""
    encode = result_file.encoder(request.output)
    for path in filter(None, (request.output, request.checkpoint, request.report)):
        result_file.check_writable(path)
    from nst_core.runs.logged import LoggedRun

    name = resumed if request.resume else named
    recipe = name(request.recipe, request.pictures, request.shares)
    run = LoggedRun(request.pictures, recipe, request.checkpoint, request.resume)
    with interruptible() as interruption:
        _play(run, interruption)
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


def _play(run: LoggedRun, interruption: Interruption) -> None:
    """Compute all steps, or as many as come before an interruption, with a bar on a terminal."""
    from tqdm import tqdm

    with closing(run.steps()) as steps:
        first = next(steps, None)
        if first is None:
            raise CheckpointError("all steps of this run are done; give a larger --steps or --seconds to continue it")
        for note in first.notes:
            print(f"note: {note}", file=sys.stderr)
        is_hidden = not sys.stderr.isatty()
        with tqdm(total=first.total, initial=first.number, disable=is_hidden, unit="step", file=sys.stderr) as bar:
            for step in steps if not interruption.asked else ():
                bar.total = step.total
                bar.update(step.number - bar.n)
                if interruption.asked:
                    break
