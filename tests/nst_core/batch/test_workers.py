"""Several processes: shares of the work, a process that ends, and stopping. Threads stand in for the processes."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from nst_core.batch import workers
from nst_core.batch.session import BatchOptions
from tests.nst_core.batch.conftest import run

TWO = BatchOptions(workers=2, wants_measures=False, sheet_kind="none")


class Threads(ThreadPoolExecutor):
    """As the pool of processes; the work of a picture in `fatal` ends a process."""

    fatal: frozenset[str] = frozenset()
    chunks: list[int]

    def __init__(self, count: int, _: Any, **more: Any) -> None:
        super().__init__(count, **more)

    def submit(self, call: Any, /, items: Any, **_: Any) -> Any:  # type: ignore[override]
        def work(chunk: Any) -> Any:
            if {item.name for item in chunk} & Threads.fatal:
                raise BrokenProcessPool("a process ended")
            return call(chunk)

        Threads.chunks.append(len(items))
        return super().submit(work, items)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, network: Any) -> Any:
    monkeypatch.setattr(workers, "ProcessPoolExecutor", Threads)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(Threads, "chunks", [], raising=False)
    for name in ("NST_WORKERS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.setenv(name, "")  # so that it is put back
    return Threads


def paths(folder: Path) -> tuple[list[Path], list[Path]]:
    return sorted(folder.glob("*.png")), sorted(folder.glob("styles/*.png"))


def test_the_work_is_shared_and_each_process_knows_of_the_others(batch_of: Any, pictures: Path, processes: Any) -> None:
    batch = batch_of(*paths(pictures), options=TWO)
    assert len(run(batch)) == 6
    assert processes.chunks == [1] * 6
    assert batch.count("done") == 6
    assert os.environ["NST_WORKERS"] == "2"
    assert not run(batch_of(*paths(pictures), options=TWO))


def test_a_process_that_ends_costs_only_its_picture(
    batch_of: Any, pictures: Path, processes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Threads, "fatal", frozenset({"b--red.png"}))
    batch = batch_of(*paths(pictures), options=TWO)
    failed = [result for result in run(batch) if result.error]
    assert [(result.item.name, result.code) for result in failed] == [("b--red.png", "worker")]
    assert batch.count("done") == 5


@pytest.mark.usefixtures("processes")
def test_a_stopped_batch_keeps_what_is_finished(batch_of: Any, pictures: Path) -> None:
    first = run(batch_of(*paths(pictures), options=TWO), lambda outcomes: len(outcomes) >= 2)
    assert 2 <= len(first) < 6
    assert len(run(batch_of(*paths(pictures), options=TWO))) == 6 - len(first)


def test_few_items_are_divided_evenly_and_slow_ones_go_one_by_one(batch_of: Any, pictures: Path) -> None:
    many = batch_of(paths(pictures)[0] * 40, paths(pictures)[1]).items
    assert {len(chunk) for chunk in workers._chunks(many, 2)} == {16}
    assert max(len(chunk) for chunk in workers._chunks(many[:16], 2)) == 2
    slow = batch_of(*paths(pictures), method="slow").items
    assert {len(chunk) for chunk in workers._chunks(slow, 1)} == {1}
