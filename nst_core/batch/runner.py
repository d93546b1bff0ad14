"""The items of one process: while the network paints, threads decode the next pictures and finish the last ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from nst_core.batch import painting
from nst_core.batch.finishing import Finisher, PaintedItem
from nst_core.batch.folder import Entry, OutputFolder
from nst_core.batch.items import BatchItem
from nst_core.batch.loading import LoadedItem, Loader
from nst_core.errors import NSTError

AHEAD = 8
"""Items that are decoded before it is their turn; items that follow each other share pictures."""
UNFINISHED_BYTES = 128 * 2**20
"""Results that wait to be written, in bytes of float32; above it the network waits."""
THREADS = 2
"""Threads that decode, and as many that finish."""


@dataclass(frozen=True)
class ItemResult:
    """The outcome of an item.

    Attributes:
        item: what was asked for.
        entry: the note of the written file; None if there is none.
        error: why there is none, in one sentence.
        code: the error's code.
        thumbnail: a small JPEG of the result.
    """

    item: BatchItem
    entry: Entry | None = field(default=None, repr=False)
    error: str = ""
    code: str = ""
    thumbnail: bytes | None = field(default=None, repr=False)


class BatchRunner:
    """Paints items one group after another. The networks and the last pictures stay loaded between calls of `run`."""

    def __init__(self, folder: OutputFolder, *, wants_measures: bool) -> None:
        self._loader = Loader()
        self._finisher = Finisher(folder, wants_measures=wants_measures)

    def run(self, items: Sequence[BatchItem], should_stop: Callable[[], bool]) -> Iterator[ItemResult]:
        """Paint items and yield the outcome of each as soon as it is written.

        After `should_stop` returns True, pictures that are painted are still written; the others have no outcome.
        """
        loads: deque[tuple[BatchItem, Future[LoadedItem]]] = deque()
        finishing: deque[tuple[PaintedItem, Future[tuple[Entry, bytes]]]] = deque()
        waiting = iter(items)
        with ThreadPoolExecutor(THREADS, "nst-batch-load") as loaders, ThreadPoolExecutor(THREADS) as finishers:
            try:
                while not should_stop():
                    _fill(loads, waiting, lambda item: loaders.submit(self._loader.load, item))
                    if not loads:
                        break
                    group, failed = _take_group(loads)
                    yield from failed
                    painted = painting.paint(group, should_stop, self._finisher.keep_step) if group else ()
                    for loaded, outcome in painted:
                        if isinstance(outcome, PaintedItem):
                            finishing.append((outcome, finishers.submit(self._finisher.finish, outcome)))
                        elif outcome is not None:
                            yield failure(loaded.item, outcome)
                        yield from _finished(finishing, UNFINISHED_BYTES)
                yield from _finished(finishing, 0)
            finally:
                loaders.shutdown(wait=False, cancel_futures=True)


def failure(item: BatchItem, error: BaseException) -> ItemResult:
    """The outcome of an item that has no result."""
    if isinstance(error, NSTError):
        return ItemResult(item, None, str(error), error.code)
    return ItemResult(item, None, f"an unexpected {type(error).__name__}: {error}", "unexpected")


def _fill(
    loads: deque[tuple[BatchItem, Future[LoadedItem]]],
    waiting: Iterator[BatchItem],
    load: Callable[[BatchItem], Future[LoadedItem]],
) -> None:
    """Begin to decode the next items, up to `AHEAD` of them."""
    while len(loads) < AHEAD and (item := next(waiting, None)) is not None:
        loads.append((item, load(item)))


def _take_group(
    loads: deque[tuple[BatchItem, Future[LoadedItem]]],
) -> tuple[list[LoadedItem], list[ItemResult]]:
    """The next items that share a pass, and the outcomes of those that could not be opened.

    It waits for the next item to be decoded, so that groups, and with them the last bits of results, are always alike.
    """
    group: list[LoadedItem] = []
    failed = []
    while loads:
        item, future = loads[0]
        try:
            loaded = future.result()
        except Exception as error:  # noqa: BLE001 - one picture's failure must not stop the others
            failed.append(failure(item, error))
            loads.popleft()
            continue
        if group and not painting.has_room(group, loaded):
            break
        group.append(loaded)
        loads.popleft()
        if painting.shared_pixels(loaded) is None:
            break
    return group, failed


def _finished(
    finishing: deque[tuple[PaintedItem, Future[tuple[Entry, bytes]]]], most_bytes: int
) -> Iterator[ItemResult]:
    """The outcomes of finished items in order; it waits while those that remain take more than `most_bytes`."""
    while finishing and (
        finishing[0][1].done() or sum(painted.picture.nbytes for painted, _ in finishing) > most_bytes
    ):
        painted, future = finishing.popleft()
        item = painted.loaded.item
        try:
            entry, small = future.result()
        except Exception as error:  # noqa: BLE001 - as above
            yield failure(item, error)
        else:
            yield ItemResult(item, entry, thumbnail=small)
