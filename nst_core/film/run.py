"""A film's run: its frames read, stylised and stored one by one; it continues where its folder ends."""

from __future__ import annotations

import contextlib
import io
import itertools
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nst_core.errors import CheckpointError, FilmError, RecipeError, StorageError
from nst_core.film.info import FilmLimits
from nst_core.film.reading import Film, FilmFrame, frames
from nst_core.film.writing import FilmFolder
from nst_core.film.writing import Pixels as Frame
from nst_core.picture.coverage import on_white
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe
from nst_core.runs.films import clip_of, keeps_alpha, lost_of, passes
from nst_core.runs.runner import crop_styles
from nst_core.step import Pixels, Step
from nst_core.system import disk_errors

if TYPE_CHECKING:
    from nst_core.film.engines.frames import FilmState, FilmStep, FinishedFrame


def run_film(  # noqa: PLR0913 - the arguments of a run, and the folder
    film: Film,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    masks: Sequence[Weights] = (),
    folder: FilmFolder,
    resume: object = None,
    is_stopping: Callable[[], bool] = lambda: False,
    goes_on: Callable[[int], bool] = lambda _: True,
    already_seconds: float | None = None,
) -> Generator[Step, Recipe | None, None]:
    """Stylise a film: one Step for each frame, and with two passes two of them.

    A folder with frames is continued, and then holds the same frames, bit for bit, as that of a run that was never
    stopped. `finish` makes a film of the folder at any time.

    Args:
        film: the film.
        styles: the originals, each [1, h, w, 3] in [0, 1], one for each of `recipe.styles`.
        recipe: every setting, from `runner.prepare`; a recipe that is sent applies from the next frame on.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1], as they lie in the first frame.
        folder: where the frames go, from `open_folder`; that of a part begins with a scene.
        resume: ignored, since the folder knows how far the run is; every run has this parameter.
        is_stopping: asked after each step of the slow method; once it says yes, the frame under way is left as it is,
            and is the last Step, but is not stored.
        goes_on: whether the frame of a number is to be painted; the first one that is not ends the run.
        already_seconds: how long the run has lasted; by default as the folder says.

    Raises:
        FilmError: the film cannot be read, or the clip is empty or too long.
        RecipeError: the recipe is of a picture, or styles, masks and recipe do not fit.
        CheckpointError: the folder's state is of another run.
        StorageError: the disk does not take a frame; those before it are stored.
        NSTError: see the engines.
    """
    check(film, recipe)
    began, total = time.perf_counter(), total_frames(film, recipe)
    if folder.count >= total:
        return
    next_index, stored = folder.first, None
    if folder.count > folder.first:
        values = _unpacked(folder, film)
        next_index, began = int(values[_NEXT]), began - float(values[_SECONDS])
        stored = values if _RESULT in values else None
    if already_seconds is not None:
        began = time.perf_counter() - already_seconds
    number, sent = passes(recipe) * next_index, None
    with closing(_painted(film, styles, recipe, masks, next_index, stored, is_stopping, goes_on)) as painted:
        while True:
            try:
                done = painted.send(sent)
            except StopIteration:
                return
            number, seconds = number + 1, time.perf_counter() - began
            _store(folder, done, film, seconds)
            sent = yield _step(done, number, passes(recipe) * total, seconds)


def check(film: Film, recipe: Recipe) -> None:
    """Raise RecipeError or FilmError if a recipe is not for a film, or its clip is not possible."""
    if recipe.medium != "film":
        raise RecipeError("the recipe must be for a film: set medium to film")
    FilmLimits.read().check_clip(film.info, clip_of(recipe))


def total_frames(film: Film, recipe: Recipe) -> int:
    """The number of frames of the result. Raises FilmError if the clip is empty."""
    return clip_of(recipe).frames(film.info)


def steps_done(film: Film, recipe: Recipe, folder: FilmFolder) -> int:
    """The number of the last Step that `run_film` does not repeat; 0 if it begins anew. Raises CheckpointError."""
    if folder.count == folder.first:
        return passes(recipe) * folder.first
    return passes(recipe) * int(_unpacked(folder, film)[_NEXT])


def open_folder(path: Path, film: Film, recipe: Recipe, quality: int | None = None, first: int = 0) -> FilmFolder:
    """The folder of a film's run, or of a part of it, made or opened; `quality` and `first` as of `FilmFolder`.

    Raises:
        CheckpointError: it holds a film of another rate, format or quality, or is damaged.
        OSError: it cannot be read or written.
    """
    return FilmFolder(path, clip_of(recipe).rate(film.info), recipe.film.film_format, quality, first)


def finish(
    film: Film, recipe: Recipe, folder: FilmFolder, output: Path, unfinished: Sequence[Frame] = ()
) -> tuple[str, ...]:
    """Write a playable film of the frames so far, with sound if the recipe keeps it; see `FilmFolder.finish`."""
    sound = film.path if recipe.film.keep_audio and film.info.has_audio else None
    alphas = partial(_alphas, film, recipe) if keeps_alpha(film, recipe) else None
    return (*folder.finish(output, sound, clip_of(recipe), unfinished, alphas), *lost_of(film, recipe))


def _alphas(film: Film, recipe: Recipe) -> Iterator[Frame | None]:
    """The opacity of each frame, as in `FilmFrame`, up to the end or to where the film cannot be read."""
    with contextlib.suppress(FilmError), closing(_read(film, recipe, 0)) as contents:
        for frame in contents:
            yield frame.alpha


def _painted(  # noqa: PLR0913 - the arguments of a run, and where it continues
    film: Film,
    styles: Sequence[Pixels],
    recipe: Recipe,
    masks: Sequence[Weights],
    next_index: int,
    stored: Mapping[str, np.ndarray] | None,
    is_stopping: Callable[[], bool],
    goes_on: Callable[[int], bool],
) -> Generator[FilmStep, Recipe | None, None]:
    """The frames from `next_index` on, painted; `stored` as `_unpacked` returns it."""
    begin = max(next_index - 1, 0)
    with method(recipe, is_stopping) as stylise, closing(_read(film, recipe, begin)) as contents:
        # The frame before is read again: the motion leads from it.
        before = next(contents, None) if next_index else None
        state = _state(before, stored) if before else None
        first = before if before and begin == 0 else _first(film, recipe) if before else None
        rest: Iterator[FilmFrame] = contents
        if first is None:
            first = next(contents)
            rest = itertools.chain([first], contents)
        elif before and stored is None:
            rest = _from_a_cut(before, contents)
        rest = itertools.takewhile(lambda frame: goes_on(frame.index), rest)
        yield from stylise(rest, crop_styles(styles, recipe), recipe, masks, state, first=first.pixels)


@contextlib.contextmanager
def method(recipe: Recipe, is_stopping: Callable[[], bool]) -> Iterator[Callable[..., Iterator[FilmStep]]]:
    """The function that stylises frames by a recipe's method, as `engines.fast.stylise`; see `run_film`."""
    from nst_core.film.engines import fast, slow
    from nst_core.models import gpu_memory

    with gpu_memory.explained():
        yield fast.stylise if recipe.method == "fast" else partial(slow.stylise, is_stopping=is_stopping)


def _state(before: FilmFrame, stored: Mapping[str, np.ndarray] | None) -> FilmState:
    """What the frame before left; at the beginning of a part nothing but itself, at which the scene's cut is found."""
    from nst_core.film.engines.frames import FilmState

    if stored is None:
        return FilmState(before.pixels, before.pixels)
    return FilmState(before.pixels, stored[_RESULT], _carried(stored))


def _from_a_cut(before: FilmFrame, contents: Iterator[FilmFrame]) -> Iterator[FilmFrame]:
    """The frames of a part. Raises FilmError if no scene begins with them: they would need the last result."""
    from nst_core.film.scenes import is_cut

    for number, frame in enumerate(contents):
        if number == 0 and not is_cut(before.pixels, frame.pixels):
            raise FilmError(f"a part of a film must begin with a scene, and frame {frame.index} does not")
        yield frame


def _read(film: Film, recipe: Recipe, first: int) -> Generator[FilmFrame, None, None]:
    kept = keeps_alpha(film, recipe)
    yield from frames(film.path, clip_of(recipe), recipe.longest_edge_px, first=first, keeps_alpha=kept)


def _first(film: Film, recipe: Recipe) -> FilmFrame:
    """The clip's first frame, which colours are matched to."""
    with closing(_read(film, recipe, 0)) as contents:
        return next(contents)


def _step(done: FilmStep, number: int, total: int, seconds: float) -> Step:
    cover = None if done.alpha is None else np.asarray(done.alpha, np.float32) / np.float32(255)
    picture = on_white(np.asarray(done.picture[None], np.float32) / np.float32(255), cover)
    return Step(
        number,
        total,
        max(done.picture.shape[:2]),
        seconds,
        done.losses,
        picture,
        state=lambda: {"shown": picture, "number": number, "seconds": seconds, "frame": done.index},
        events=done.events,
        notes=done.notes,
    )


_RESULT, _NEXT, _SECONDS, _FILM, _CARRIED = "result", "next", "seconds", "film", "carried/"
"""Names in a packed state: the last result, the next frame's number, seconds so far, hash of the film, small arrays."""
_AS_SHOWN = "as shown"
"""In place of the last result, where it is the folder's last picture."""


def _store(folder: FilmFolder, done: FilmStep, film: Film, seconds: float) -> None:
    """Append the frames that are finished; those that the folder has already, of a group begun anew, are left out.

    Raises StorageError.
    """
    first = done.index  # of several frames, the step is that of the first
    for index, frame in enumerate(done.finished, first):
        if index == folder.count:
            try:
                folder.append(frame.picture, _packed(frame, film, seconds))
            except OSError as error:
                raise StorageError(f"the film cannot be stored, because {disk_errors.in_words(error)}") from error


def _packed(frame: FinishedFrame, film: Film, seconds: float) -> bytes:
    values: dict[str, np.ndarray] = {
        _NEXT: np.array(frame.next_index),
        _SECONDS: np.array(seconds),
        _FILM: np.frombuffer(bytes.fromhex(film.sha256), np.uint8),
    }
    if frame.state is not None:
        # Where the result is the stored picture, a second copy of each frame would only take room.
        values |= {_AS_SHOWN: np.array(1)} if frame.state.result is frame.picture else {_RESULT: frame.state.result}
        values |= {f"{_CARRIED}{name}": value for name, value in frame.state.carried.items()}
    file = io.BytesIO()
    np.savez(file, **values)  # type: ignore[arg-type]
    return file.getvalue()


def _unpacked(folder: FilmFolder, film: Film) -> dict[str, np.ndarray]:
    """What the last frame of a folder was stored with. Raises CheckpointError if it is not of this film."""
    try:
        with np.load(io.BytesIO(folder.state()), allow_pickle=False) as file:
            values = {name: file[name] for name in file.files}
        given, _ = values[_FILM].tobytes().hex(), (values[_NEXT], values[_SECONDS])
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"the film's folder must hold how far it is, but that cannot be read ({error})") from None
    if given != film.sha256:
        raise CheckpointError("the folder is of another film; give the film that it was begun with, or a new folder")
    last = folder.last()
    return values | {_RESULT: last} if _AS_SHOWN in values and last is not None else values


def _carried(stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(_CARRIED): value for name, value in stored.items() if name.startswith(_CARRIED)}
