"""`film`: a film painted frame by frame, with progress; what is done can be played, and the rest continued."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nst_core.batch.workers import check_workers, environments_of
from nst_core.cli import work_folder
from nst_core.cli.arguments import build_recipe, files_read, told_of
from nst_core.cli.resuming import check_unchanged
from nst_core.errors import CheckpointError, FilmError, NSTError, StorageError
from nst_core.film import run
from nst_core.film.codecs import FORMATS, check_quality
from nst_core.film.reading import Film
from nst_core.film.spread.files import PartFiles
from nst_core.film.spread.painting import FilmWork, paint_film, seconds_of_frame, take_over
from nst_core.film.spread.plan import PartPlan
from nst_core.film.spread.processes import PartProcesses
from nst_core.film.unfinished import UnfinishedFrames
from nst_core.film.writing import FilmFolder, Pixels
from nst_core.picture.masks import Mask, open_mask
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, change, recipe_from_json
from nst_core.runs import result_file
from nst_core.runs.films import passes
from nst_core.runs.interruption import Interruption, interruptible
from nst_core.runs.opening import load_picture, parse_mask, read_file
from nst_core.runs.regions import check_regions
from nst_core.step import Step
from nst_core.system import disk_errors
from nst_core.system.atomic_files import write_atomic

INTERRUPTED = 130


def film(arguments: argparse.Namespace) -> int:
    """Stylise a film and write it; the exit code is 0, or 130 after an interruption. Raises NSTError."""
    check_workers(arguments.workers)
    result_file.check_writable(arguments.output)
    result_file.check_distinct({"the output": arguments.output}, files_read(arguments))
    places = {"the output": arguments.output}
    if arguments.every:
        places["the pictures on the way"] = result_file.steps_folder(arguments.output)
    if arguments.no_clobber and not arguments.resume:
        result_file.check_absent(places)
    opened = Film.open(arguments.content)
    styles = [load_picture(name) for name in arguments.styles]
    named = [parse_mask(text) for text in arguments.masks]
    masks = [open_mask(read_file(name), (opened.info.width, opened.info.height)) for name, _ in named]
    recipe = _named(film_recipe(arguments), opened, styles, masks, [shares for _, shares in named])
    run.check(opened, recipe)
    check_quality(recipe.film.film_format, arguments.quality)
    result_file.check_every(arguments.every)
    for note in (*told_of(recipe, arguments), *(note for style in styles for note in style.notes)):
        print(f"note: {note}", file=sys.stderr)
    work = arguments.output.with_name(f"{arguments.output.name}.frames")
    environments = environments_of(arguments.workers) if arguments.workers > 1 else [{}]
    os.environ.update(environments[0])  # before TensorFlow is imported
    with work_folder.locked(work):
        recipe = _begun(work, recipe, arguments if arguments.resume else None)
        folder = run.open_folder(work / work_folder.FRAMES, opened, recipe, arguments.quality)
        keep = partial(_keep, recipe, arguments.output, arguments.every)
        with interruptible() as interruption:
            tensors, weights = [style.covered() for style in styles], [mask.weights for mask in masks]
            files = PartFiles(work / work_folder.PARTS, opened, recipe, arguments.quality)
            todo = FilmWork(opened, tensors, recipe, weights, files)
            is_whole, unfinished = _play(todo, folder, environments[1:], keep, interruption)
        for note in _finished(opened, recipe, folder, arguments.output, unfinished):
            print(f"note: {note}", file=sys.stderr)
        if not is_whole:
            print(f"stopped early; saved {arguments.output}; continue with --resume", file=sys.stderr)
            return INTERRUPTED
        work_folder.clear(work)
    print(f"saved {arguments.output}", file=sys.stderr)
    return 0


def film_recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of the command, in the format that the output's name ends with. Raises FilmError and RecipeError."""
    suffix = arguments.output.suffix.lower()
    formats = {form.suffix: key for key, form in FORMATS.items()}
    if suffix not in formats:
        raise FilmError(f"the output must end in {', '.join(formats)}, got {arguments.output.name}")
    return change(build_recipe(arguments), {"medium": "film", "film_format": formats[suffix]})


def _named(
    recipe: Recipe, film: Film, styles: Sequence[Picture], masks: Sequence[Mask], shares: Sequence[Sequence[float]]
) -> Recipe:
    """The recipe with the hashes of the film, the styles and the masks."""
    known: list[dict[str, Any]] = [style.model_dump() for style in recipe.styles] or [{} for _ in styles]
    if len(known) != len(styles):
        raise FilmError(f"the recipe names {len(known)} styles, got {len(styles)}; give each with --style")
    named = [{**settings, "sha256": style.sha256} for settings, style in zip(known, styles, strict=True)]
    regions = [{"mask": m.sha256, "shares": [float(s) for s in of]} for m, of in zip(masks, shares, strict=True)]
    complete = change(recipe, {"content": film.sha256, "styles": named, **({"regions": regions} if masks else {})})
    check_regions(complete, [mask.weights for mask in masks])
    return complete


def _begun(work: Path, recipe: Recipe, resuming: argparse.Namespace | None) -> Recipe:
    """The recipe with its networks loaded; of a resumed film, the one that it was begun with.

    Raises CheckpointError if there is nothing to resume, or it was begun with other settings or networks.
    """
    from nst_core.runs import runner

    path = work / work_folder.RECIPE
    if resuming is None:
        work_folder.clear(work)
        prepared = runner.prepare(recipe)
        write_atomic(path, prepared.to_json().encode())
        return prepared
    try:
        saved = recipe_from_json(path.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(
            f"--resume needs the folder {work.name} of a film that was stopped; leave it out"
        ) from None
    check_unchanged(saved, resuming)
    again = runner.prepare(saved)
    if again.provenance.weights != saved.provenance.weights:
        raise CheckpointError("the film was begun with other networks' weights; leave --resume out to begin anew")
    if (saved.content, saved.styles, saved.regions) != (recipe.content, recipe.styles, recipe.regions):
        raise CheckpointError("the film was begun with another film, styles or masks; leave --resume out to begin anew")
    return again


def _keep(recipe: Recipe, output: Path, every: int | None, step: Step) -> None:
    """Write the frame of a step as a PNG if it is due; in two passes a frame has two. Raises PictureError."""
    if step.picture is None or not result_file.is_due(step.number, every):
        return
    path = result_file.step_file(output, step.number, ".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    result_file.write(path, result_file.encoder(path)(step.picture, recipe, None))


def _play(
    work: FilmWork,
    folder: FilmFolder,
    environments: Sequence[Mapping[str, str]],
    keep: Callable[[Step], None],
    interruption: Interruption,
) -> tuple[bool, Sequence[Pixels]]:
    """Paint all frames, or as many as come before an interruption, with a bar on a terminal.

    A process for each of `environments` paints later scenes meanwhile.
    An error in the middle is told, and the frames before it are kept. Raises NSTError if there are none.

    Returns:
        Whether it was all (the frames are not counted for that: a damaged film may have fewer than its file says), and
        the frames that follow those of the folder; see `UnfinishedFrames`.
    """
    from tqdm import tqdm

    begin = run.steps_done(work.film, work.recipe, folder) // passes(work.recipe)
    unfinished = UnfinishedFrames(folder, begin)
    plan = PartPlan(run.total_frames(work.film, work.recipe), folder.count, (), work.files.begin(folder.count))
    plan.spare(seconds_of_frame(work.film, work.recipe))
    processes = PartProcesses(work, plan, environments, keep)

    def is_stopping() -> bool:
        processes.look()
        return interruption.asked

    def steps() -> Generator[Step, None, None]:
        """The steps of the film; after an interruption also those that follow without a gap."""
        told = replace(work, is_stopping=is_stopping)
        with closing(processes):
            yield from paint_film(
                told, plan, folder, already_seconds=0.0, wait=processes.wait, on_part=lambda _, step: keep(step)
            )
        yield from take_over(told, plan, folder, began)

    began = time.perf_counter()
    with closing(steps()) as playing:
        bar = None
        try:
            for step in playing:
                unfinished.note(step)
                for note in step.notes:
                    print(f"note: {note}", file=sys.stderr)
                if bar is None:
                    is_hidden = not sys.stderr.isatty()
                    bar = tqdm(
                        total=step.total, initial=step.number - 1, disable=is_hidden, unit="frame", file=sys.stderr
                    )
                bar.update(step.number - bar.n)
                if step.state is not None:  # else its own process has kept it
                    keep(step)
            is_whole = not unfinished.frames and not (interruption.asked and folder.count < plan.total)
            return is_whole, unfinished.frames
        except NSTError as error:
            if not folder.count and not unfinished.frames:
                raise
            print(f"{error.code}: {error}", file=sys.stderr)
            return False, unfinished.frames
        finally:
            if bar is not None:
                bar.close()


def _finished(
    film: Film, recipe: Recipe, folder: FilmFolder, output: Path, unfinished: Sequence[Pixels]
) -> tuple[str, ...]:
    """Write the film of the frames so far; returns the notes. Raises StorageError if the disk does not take it."""
    try:
        return run.finish(film, recipe, folder, output, unfinished)
    except OSError as error:
        raise StorageError(
            f"{output.name} cannot be written, because {disk_errors.in_words(error)}; its frames are kept, and "
            "--resume writes it"
        ) from None
