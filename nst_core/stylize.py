"""One run from the command line: a progress bar, files written safely, and an interruption that loses nothing."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import CheckpointError, PictureError
from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.picture.files import write_whole
from nst_core.recipe import Recipe, change

if TYPE_CHECKING:
    from nst_core.picture.door import Picture
    from nst_core.step import Pixels, Step

INTERRUPTED = 130
CHECKPOINT_EVERY = 50
"""Steps between checkpoints, when one was asked for; one more is written at the end, however it comes."""


@dataclass(frozen=True)
class Run:
    """What one `stylize` was asked to do; `resume` is the state of a checkpoint."""

    content: Picture
    styles: Sequence[Picture]
    recipe: Recipe
    output: Path
    checkpoint: Path | None = None
    report: Path | None = None
    resume: Mapping[str, Any] | None = None


def perform(run: Run) -> int:
    """Play the run and write its files; 0, or 130 if it was interrupted. Raises NSTError."""
    encode = _encoder(run.output)
    from nst_core import player

    clock = player.Clock()
    recipe = player.prepare(_named(run))
    clock.loaded()
    content = run.content.tensor()
    styles = [style.tensor() for style in run.styles]
    with _interruptible() as interrupted:
        best = _descend(run, player.play(content, styles, recipe, resume=run.resume), recipe, clock, interrupted)
    picture = player.picture_of(best)
    write_whole(run.output, encode(picture, recipe))
    if run.report:
        report = player.report(content, styles, recipe, picture, clock)
        report["losses"] = [dict(step) for step in interrupted.losses]
        report["interrupted"] = bool(interrupted.asked)
        write_whole(run.report, (json.dumps(report, indent=2) + "\n").encode())
    print(f"{'stopped early; ' if interrupted.asked else ''}saved {run.output}", file=sys.stderr)
    return INTERRUPTED if interrupted.asked else 0


class _Interruption:
    """Whether Ctrl-C was pressed, and the losses so far."""

    def __init__(self) -> None:
        self.asked = False
        self.losses: list[dict[str, float]] = []

    def note(self, step: Step) -> None:
        """Keep a step's losses for the report."""
        self.losses.append({"number": step.number, "seconds": step.seconds, **step.losses})


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    """Turn the first Ctrl-C into a wish to stop after this step; a second one ends the program at once."""
    state = _Interruption()

    def ask(*_: object) -> None:
        if state.asked:
            raise KeyboardInterrupt
        state.asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield state
    finally:
        signal.signal(signal.SIGINT, before)


def _descend(run: Run, steps: Iterator[Step], recipe: Recipe, clock: Any, interruption: _Interruption) -> Step:
    """Play all steps and return the best: the one of the least total loss."""
    from tqdm import tqdm

    best = last = next(steps)
    clock.tick(best)
    interruption.note(best)
    with tqdm(total=recipe.steps, disable=not sys.stderr.isatty(), unit="step", file=sys.stderr) as bar:
        for last in steps if not interruption.asked else ():
            clock.tick(last)
            interruption.note(last)
            bar.update(last.number - bar.n)
            if last.losses["total"] <= best.losses["total"]:
                best = last
            if last.number % CHECKPOINT_EVERY == 0:
                _save(run.checkpoint, recipe, last)
            if interruption.asked:
                break
    _save(run.checkpoint, recipe, last)
    return best


def _save(path: Path | None, recipe: Recipe, step: Step) -> None:
    if path is not None and step.state is not None and step.number > 0:
        from nst_core.slow import checkpoint

        checkpoint.save(path, checkpoint.Checkpoint(recipe, step.state()))


def _named(run: Run) -> Recipe:
    """The recipe with the pictures' hashes in it."""
    shares = [s.weight for s in run.recipe.styles] or [1.0] * len(run.styles)
    if len(shares) != len(run.styles):
        shares = [1.0] * len(run.styles)
    styles = [{"sha256": p.sha256, "weight": w} for p, w in zip(run.styles, shares, strict=True)]
    if run.resume is not None:
        _same_pictures(run)
    return change(run.recipe, {"content": run.content.sha256, "styles": styles})


def _same_pictures(run: Run) -> None:
    """Raises CheckpointError unless a checkpoint is gone on with from its own pictures, before its end."""
    for what, wanted, came in (
        ("content", run.recipe.content, run.content.sha256),
        ("styles", [s.sha256 for s in run.recipe.styles], [p.sha256 for p in run.styles]),
    ):
        if wanted != came:
            raise CheckpointError(f"the checkpoint is of another run: its {what} must be the pictures it began with")
    if run.resume is not None and run.resume["number"] >= run.recipe.steps:
        raise CheckpointError(f"all {run.recipe.steps} steps of this run are done; give a larger --steps to go on")


def _encoder(path: Path) -> Any:
    """(picture, recipe) -> bytes, by the file's ending; only PNG carries the recipe."""
    kind = path.suffix.lower()
    if kind == ".png":
        return lambda picture, recipe: to_png(picture, recipe.to_json())
    if kind in (".jpg", ".jpeg", ".webp"):
        plain = to_webp if kind == ".webp" else to_jpeg

        def encode(picture: Pixels, _recipe: Recipe) -> bytes:
            return plain(picture)

        return encode
    raise PictureError(f"the output must end in .png, .jpg or .webp, got {path.name}")
