"""One run from the command line: a progress bar, files written safely, and an end of any kind that loses nothing."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import CheckpointError, DivergedError, PictureError
from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.recipe import Recipe, change
from nst_core.runs.inputs import RunInputs
from nst_core.runs.log import RunLog
from nst_core.system.atomic_files import write_whole

if TYPE_CHECKING:
    from nst_core.picture.decode import Bytes
    from nst_core.slow.checkpoint import Checkpoint
    from nst_core.step import Pixels, Step

INTERRUPTED = 130


@dataclass(frozen=True)
class StylizeRequest:
    """What one `stylize` was asked to do.

    Attributes:
        pictures: content, styles, start and masks.
        recipe: every setting; of a resumed run, as steered.
        output: the picture to write.
        shares: for each mask the share of each style there.
        checkpoint: where to save the run.
        report: where to write a report.
        resume: what to go on from.
    """

    pictures: RunInputs
    recipe: Recipe
    output: Path
    shares: Sequence[Sequence[float]] = ()
    checkpoint: Path | None = None
    report: Path | None = None
    resume: Checkpoint | None = None


def stylize(run: StylizeRequest) -> int:
    """Play the run and write its files; 0, or 130 if it was interrupted. Raises NSTError."""
    encode = _encoder(run.output)
    for path in filter(None, (run.output, run.checkpoint, run.report)):
        _check_writable(path)
    from nst_core.runs import runner

    clock = runner.RunTimer()
    recipe = runner.prepare(_recipe_with_hashes(run))
    if run.resume is not None:
        _check_weights(run.resume.recipe, recipe)
    clock.mark_loaded(already=float(run.resume.state.get("seconds", 0.0)) if run.resume is not None else 0.0)
    record = RunLog(recipe, run.checkpoint, run.resume)
    content, styles = run.pictures.content.tensor(), [style.tensor() for style in run.pictures.styles]
    steps = runner.run_recipe(
        content,
        styles,
        recipe,
        start=run.pictures.start.tensor() if run.pictures.start else None,
        masks=[mask.weights for mask in run.pictures.masks],
        resume=run.resume.state if run.resume is not None else None,
    )
    with _interruptible() as interruption:
        diverged = _run_steps(steps, record, clock, interruption)
    picture = runner.result_picture(record.best, content, recipe)
    _write(run.output, encode(picture, recipe, runner.result_alpha(run.pictures.content.alpha, recipe)))
    if run.report:
        report = runner.report(content, styles, recipe, picture, clock)
        report |= {**record.report(), "interrupted": interruption.asked}
        _write(run.report, (json.dumps(report, indent=2) + "\n").encode())
    if diverged is not None:
        raise DivergedError(f"{diverged}; the best picture so far is saved as {run.output}")
    print(f"{'stopped early; ' if interruption.asked else ''}saved {run.output}", file=sys.stderr)
    return INTERRUPTED if interruption.asked else 0


class _Interruption:
    """Whether Ctrl-C was pressed."""

    asked = False


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


def _run_steps(steps: Iterator[Step], record: RunLog, clock: Any, interruption: _Interruption) -> DivergedError | None:
    """Play all steps; what ended them too early is returned, if there is a picture to keep."""
    from tqdm import tqdm

    first = next(steps, None)
    if first is None:
        raise CheckpointError("all steps of this run are done; give a larger --steps or --seconds to go on")
    clock.tick(first)
    record.add(first)
    with tqdm(
        total=first.total, initial=first.number, disable=not sys.stderr.isatty(), unit="step", file=sys.stderr
    ) as bar:
        try:
            for step in steps if not interruption.asked else ():
                clock.tick(step)
                record.add(step)
                bar.total = step.total
                bar.update(step.number - bar.n)
                if interruption.asked:
                    break
        except DivergedError as error:
            return error
        finally:
            record.save()
    return None


def with_hashes(pictures: RunInputs, shares: Sequence[Sequence[float]], recipe: Recipe) -> Recipe:
    """The recipe with the pictures' hashes in it, and a region for each mask with its `shares` of the styles.

    Raises RecipeError if they do not fit.
    """
    regions = _regions(pictures, shares)
    return pictures.named_in(change(recipe, {"regions": regions}) if regions else recipe)


def _recipe_with_hashes(run: StylizeRequest) -> Recipe:
    """The recipe of a run, its pictures named. Raises CheckpointError if a checkpoint is of others."""
    if run.resume is None:
        return with_hashes(run.pictures, run.shares, run.recipe)
    _check_pictures(run.pictures, run.recipe, _regions(run.pictures, run.shares))
    return run.recipe


def _regions(pictures: RunInputs, shares: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    return [
        {"mask": mask.sha256, "shares": list(map(float, each))}
        for mask, each in zip(pictures.masks, shares, strict=True)
    ]


def _check_pictures(pictures: RunInputs, recipe: Recipe, regions: Sequence[dict[str, Any]]) -> None:
    """Raises CheckpointError unless a checkpoint is gone on from with its own pictures; its start is not needed."""
    start = pictures.start.sha256 if pictures.start else recipe.start_picture
    for what, wanted, came in (
        ("content", recipe.content, pictures.content.sha256),
        ("styles", [s.sha256 for s in recipe.styles], [p.sha256 for p in pictures.styles]),
        ("start", recipe.start_picture, start),
        ("masks, with their shares,", [{"mask": r.mask, "shares": list(r.shares)} for r in recipe.regions], regions),
    ):
        if wanted != came:
            raise CheckpointError(f"the checkpoint is of another run: its {what} must be the pictures it began with")


def _check_weights(before: Recipe, now: Recipe) -> None:
    """Raises CheckpointError unless a checkpoint was made with the networks that are here."""
    for network, came in now.provenance.weights.items():
        wanted = before.provenance.weights.get(network, came)
        if wanted != came:
            raise CheckpointError(
                f"the checkpoint was made with weights of {network} whose SHA-256 is {wanted[:12]}, but those here are "
                f"{came[:12]}; go on where it was made, or start anew"
            )


def _check_writable(path: Path) -> None:
    """Raises PictureError where a file cannot be written: better before a run than after it."""
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not there.is_dir() or not os.access(there, os.W_OK):
        raise PictureError(f"{path} must be a file in a folder that can be written to; choose another place")


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise PictureError(f"{path} must be a file that can be written ({error.strerror})") from None


def _encoder(path: Path) -> Callable[[Pixels, Recipe, Bytes | None], bytes]:
    """(picture, recipe, alpha) -> bytes, by the file's ending; only PNG carries the recipe, and JPEG no alpha."""
    kind = path.suffix.lower()
    if kind == ".png":
        return lambda picture, recipe, alpha: to_png(picture, recipe.to_json(), alpha)
    if kind == ".webp":
        return lambda picture, _recipe, alpha: to_webp(picture, alpha=alpha)
    if kind in (".jpg", ".jpeg"):
        return lambda picture, _recipe, _alpha: to_jpeg(picture)
    raise PictureError(f"the output must end in .png, .jpg or .webp, got {path.name}")
