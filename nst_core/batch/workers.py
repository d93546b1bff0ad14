"""Several processes that paint the items of a batch; each loads the networks once, and they divide cores and GPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from nst_core.batch.folder import OutputFolder
from nst_core.batch.items import BatchItem
from nst_core.batch.runner import BatchRunner, ItemResult, failure
from nst_core.errors import RecipeError, WorkerError
from nst_core.jobs.placement import environments
from nst_core.settings import Settings

MOST_WORKERS = 64
MOST_IN_CHUNK = 16
"""Items that a process gets at once: enough to overlap decoding, painting and writing."""
_POLL_SECONDS = 0.25


def run(
    items: Sequence[BatchItem],
    folder: OutputFolder,
    workers: int,
    *,
    wants_measures: bool,
    should_stop: Callable[[], bool],
) -> Generator[ItemResult, None, None]:
    """Paint items in this process, or in `workers` processes, and yield outcomes; see `BatchRunner.run`."""
    if workers <= 1:
        yield from BatchRunner(folder, wants_measures=wants_measures).run(items, should_stop)
        return
    pending = deque(_chunks(items, workers))
    while pending and not should_stop():
        lost = yield from _until_a_crash(pending, folder, workers, wants_measures, should_stop)
        for item in lost:  # one of these ended a process: each gets one of its own
            if should_stop():
                return
            alone: deque[Sequence[BatchItem]] = deque([[item]])
            if (yield from _until_a_crash(alone, folder, 1, wants_measures, should_stop)):
                yield failure(item, WorkerError("the process that painted it ended; it may need more free memory"))


def check_workers(workers: int) -> None:
    """Raise RecipeError if that many processes are none, or too many."""
    if not 1 <= workers <= MOST_WORKERS:
        raise RecipeError(f"--workers must be from 1 to {MOST_WORKERS}, got {workers}")


def _chunks(items: Sequence[BatchItem], workers: int) -> Iterator[Sequence[BatchItem]]:
    """The items in pieces: fewer at once if there are few of them, and single ones of a method that takes long."""
    fair = max(1, len(items) // (4 * workers))
    size = min(MOST_IN_CHUNK, fair) if all(item.recipe.method == "fast" for item in items) else 1
    return (items[first : first + size] for first in range(0, len(items), size))


def _until_a_crash(
    pending: deque[Sequence[BatchItem]],
    folder: OutputFolder,
    workers: int,
    wants_measures: bool,
    should_stop: Callable[[], bool],
) -> Generator[ItemResult, None, list[BatchItem]]:
    """Paint chunks until all are done, or a process ends; returns the items that were under way then."""
    context = multiprocessing.get_context("spawn")
    stop, places = context.Event(), context.Queue()
    for environment in environments_of(workers):
        places.put(environment)
    start = (places, stop, folder.path, wants_measures)
    running: dict[Future[list[ItemResult]], Sequence[BatchItem]] = {}
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=start)
    try:
        while pending or running:
            while pending and len(running) < workers + 1 and not should_stop():
                chunk = pending.popleft()
                running[pool.submit(_run_chunk, chunk)] = chunk
            if should_stop():
                stop.set()
                pending.clear()
            done, _ = wait(running, _POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                yield from _adopted(future.result(), folder)
                del running[future]
    except BrokenProcessPool:
        return [item for chunk in running.values() for item in chunk]
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _adopted(results: Sequence[ItemResult], folder: OutputFolder) -> Iterator[ItemResult]:
    for result in results:
        if result.entry is not None:
            folder.adopt(result.entry)
        yield result


def environments_of(workers: int) -> Sequence[Mapping[str, str]]:
    """The variables of each process: its share of the cores, or its GPU."""
    told = {"NST_WORKERS": str(workers)}
    placed = environments(replace(Settings.read(), workers=workers))
    return [{**placed[n % len(placed)], **told} for n in range(workers)]


_runner: BatchRunner | None = None
_stop: Event | None = None


def _start(places: Any, stop: Event, path: Path, wants_measures: bool) -> None:
    """Prepare a process: its environment comes before TensorFlow, and Ctrl-C is for the parent alone."""
    global _runner, _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(places.get())
    _runner, _stop = BatchRunner(OutputFolder(path), wants_measures=wants_measures), stop


def _run_chunk(items: Sequence[BatchItem]) -> list[ItemResult]:
    if _runner is None or _stop is None:
        raise RuntimeError("the process was not prepared")
    return list(_runner.run(items, _stop.is_set))
