"""One run on the command line: progress bar, checkpoints, report. The best picture is saved however the run ends."""

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
from nst_core.system.atomic_files import write_atomic

if TYPE_CHECKING:
    from nst_core.picture.decode import Bytes
    from nst_core.slow.checkpoint import Checkpoint
    from nst_core.step import Pixels, Step

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
    encode = _encoder(request.output)
    for path in filter(None, (request.output, request.checkpoint, request.report)):
        _check_writable(path)
    from nst_core.runs import runner, usage

    timer = usage.RunTimer()
    recipe = runner.prepare(_recipe_with_hashes(request))
    if request.resume is not None:
        _check_weights(request.resume.recipe, recipe)
    timer.mark_loaded(already=float(request.resume.state.get("seconds", 0.0)) if request.resume is not None else 0.0)
    log = RunLog(recipe, request.checkpoint, request.resume)
    content, styles = request.pictures.content.tensor(), [style.tensor() for style in request.pictures.styles]
    steps = runner.run_recipe(
        content,
        styles,
        recipe,
        start=request.pictures.start.tensor() if request.pictures.start else None,
        masks=[mask.weights for mask in request.pictures.masks],
        resume=request.resume.state if request.resume is not None else None,
    )
    with _interruptible() as interruption:
        diverged = _run_steps(steps, log, timer, interruption)
    picture = runner.result_picture(log.best, content, recipe)
    _write(request.output, encode(picture, recipe, runner.result_alpha(request.pictures.content.alpha, recipe)))
    if request.report:
        report = runner.report(content, styles, recipe, picture, timer)
        report |= {**log.report(), "interrupted": interruption.asked}
        _write(request.report, (json.dumps(report, indent=2) + "\n").encode())
    if diverged is not None:
        raise DivergedError(f"{diverged}; the best picture so far is saved as {request.output}")
    print(f"{'stopped early; ' if interruption.asked else ''}saved {request.output}", file=sys.stderr)
    return INTERRUPTED if interruption.asked else 0


class _Interruption:
    """Whether Ctrl-C was pressed."""

    asked = False


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    """Let the first Ctrl-C stop the run after its step, and a second one end the program at once."""
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


def _run_steps(steps: Iterator[Step], log: RunLog, timer: Any, interruption: _Interruption) -> DivergedError | None:
    """Run all steps. If the run diverges after its first step, return the error, since there is a picture to save."""
    from tqdm import tqdm

    first = next(steps, None)
    if first is None:
        raise CheckpointError("all steps of this run are done; give a larger --steps or --seconds to continue it")
    for note in first.notes:
        print(f"note: {note}", file=sys.stderr)
    timer.tick(first)
    log.add(first)
    with tqdm(
        total=first.total, initial=first.number, disable=not sys.stderr.isatty(), unit="step", file=sys.stderr
    ) as bar:
        try:
            for step in steps if not interruption.asked else ():
                timer.tick(step)
                log.add(step)
                bar.total = step.total
                bar.update(step.number - bar.n)
                if interruption.asked:
                    break
        except DivergedError as error:
            return error
        finally:
            log.save()
    return None


def with_hashes(pictures: RunInputs, shares: Sequence[Sequence[float]], recipe: Recipe) -> Recipe:
    """The recipe with the pictures' hashes, and with a region for each mask and its `shares` of the styles.

    Raises RecipeError if the pictures do not fit the recipe.
    """
    regions = _regions(pictures, shares)
    return pictures.named_in(change(recipe, {"regions": regions}) if regions else recipe)


def _recipe_with_hashes(request: StylizeRequest) -> Recipe:
    """The request's recipe with hashes. Raises CheckpointError if the pictures are not those of the checkpoint."""
    if request.resume is None:
        return with_hashes(request.pictures, request.shares, request.recipe)
    _check_pictures(request.pictures, request.recipe, _regions(request.pictures, request.shares))
    return request.recipe


def _regions(pictures: RunInputs, shares: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    return [
        {"mask": mask.sha256, "shares": list(map(float, each))}
        for mask, each in zip(pictures.masks, shares, strict=True)
    ]


def _check_pictures(pictures: RunInputs, recipe: Recipe, regions: Sequence[dict[str, Any]]) -> None:
    """Raise CheckpointError unless the pictures are those of the checkpoint; its start picture may be left out."""
    start = pictures.start.sha256 if pictures.start else recipe.start_picture
    for name, saved, given in (
        ("content", recipe.content, pictures.content.sha256),
        ("styles", [s.sha256 for s in recipe.styles], [p.sha256 for p in pictures.styles]),
        ("start", recipe.start_picture, start),
        ("masks, with their shares,", [{"mask": r.mask, "shares": list(r.shares)} for r in recipe.regions], regions),
    ):
        if saved != given:
            raise CheckpointError(f"the checkpoint is of another run: its {name} must be the pictures it began with")


def _check_weights(before: Recipe, now: Recipe) -> None:
    """Raise CheckpointError unless the checkpoint was made with the weights of this machine."""
    for network, here in now.provenance.weights.items():
        saved = before.provenance.weights.get(network, here)
        if saved != here:
            raise CheckpointError(
                f"the checkpoint was made with weights of {network} whose SHA-256 is {saved[:12]}, but those here are "
                f"{here[:12]}; resume it where it was made, or start a new run"
            )


def _check_writable(path: Path) -> None:
    """Raise PictureError if a file cannot be written; called before the run."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not existing.is_dir() or not os.access(existing, os.W_OK):
        raise PictureError(f"{path} must be a file in a folder that can be written to; choose another place")


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data)
    except OSError as error:
        raise PictureError(f"{path} must be a file that can be written ({error.strerror})") from None


def _encoder(path: Path) -> Callable[[Pixels, Recipe, Bytes | None], bytes]:
    """The encoder for a file name's ending: (picture, recipe, alpha) -> bytes.

    Only PNG stores the recipe; JPEG has no alpha. Raises PictureError if the ending is of another format.
    """
    kind = path.suffix.lower()
    if kind == ".png":
        return lambda picture, recipe, alpha: to_png(picture, recipe.to_json(), alpha)
    if kind == ".webp":
        return lambda picture, _recipe, alpha: to_webp(picture, alpha=alpha)
    if kind in (".jpg", ".jpeg"):
        return lambda picture, _recipe, _alpha: to_jpeg(picture)
    raise PictureError(f"the output must end in .png, .jpg or .webp, got {path.name}")
