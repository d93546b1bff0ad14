"""What every executor keeps, with two toy workers: `nst_core.jobs.executor` says it in words."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_core.bench.service.toy_worker import loss
from nst_core.executors.local import LocalExecutor
from nst_core.film.reading import Film
from nst_core.jobs.messages import (
    AskForPart,
    Beat,
    Began,
    Finished,
    PartEnded,
    PartLeft,
    PartOffered,
    PartStepped,
    Pause,
    Preempt,
    Preempted,
    Ready,
    ResultReady,
    Resume,
    Steer,
    Stepped,
    Stop,
)
from nst_core.slow import checkpoint
from tests.nst_core.executors.contract import Place, WatchedWorker, film_command, half_white, run_command, seconds_of
from tests.nst_core.executors.ray_clusters import TOY, TOY_WORKER
from tests.nst_core.film.clips import pan
from tests.nst_core.film.films import video
from tests.nst_core.jobs.servers import until

pytestmark = pytest.mark.slow
Pair = tuple[WatchedWorker, WatchedWorker]


def kill_process(worker: WatchedWorker) -> None:
    assert worker.handle.pid is not None
    os.kill(worker.handle.pid, signal.SIGKILL)


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=pytest.mark.cluster)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """An executor with room for two workers."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NST_WORKERS", "2")
        patched.setenv("NST_DEVICE", "cpu")
        if request.param == "local":
            yield Place(LocalExecutor(TOY), kill_process)
            return
        from nst_core.executors.cluster.executor import ClusterExecutor

        with request.getfixturevalue("ray_cluster").machines(2) as cluster:
            executor = ClusterExecutor(TOY_WORKER)
            yield Place(executor, cluster.kill_actor_of)
            executor.close()


@pytest.fixture(scope="module")
def pair(place: Place) -> Iterator[tuple[WatchedWorker, WatchedWorker]]:
    """Two workers, which all tests of the module share."""
    workers = WatchedWorker(place.executor, 0), WatchedWorker(place.executor, 1)
    yield workers
    for worker in workers:
        worker.handle.end()


def test_a_worker_is_started_without_waiting_and_says_when_it_is_ready(place: Place, pair: Pair) -> None:
    assert place.executor.capacity == 2
    for worker in pair:
        (ready,) = worker.wait(Ready)
        assert (ready.device, worker.ends) == ("a toy", [])
        assert ready.memory_mb > 1


def test_a_run_is_reported_from_its_beginning_to_its_end(pair: Pair) -> None:
    worker, _ = pair
    worker.run("whole", settings={"steps": 9})
    (end,) = worker.wait(Finished, "whole")
    assert worker.kinds("whole") == ["began", "stepped", "result-ready", "finished"]
    assert worker.steps("whole") == list(range(10))
    assert [event.point.losses["total"] for event in worker.all(Stepped, "whole")] == [loss(n) for n in range(10)]
    assert not end.stopped


def test_a_large_picture_arrives_whole_and_the_result_comes_back(pair: Pair) -> None:
    worker, _ = pair
    worker.run("large", content=half_white(1600, 1200), settings={"steps": 1, "longest_edge_px": 1600})
    (began,) = worker.wait(Began, "large")
    shown = np.asarray(Image.open(io.BytesIO(began.content)).convert("L"))
    assert shown.shape == (1200, 1600)
    assert shown[:590].max() < 20
    assert shown[610:].min() > 235
    (result,) = worker.wait(ResultReady, "large")
    painted = np.asarray(Image.open(io.BytesIO(result.png)).convert("L"))
    assert painted.shape == (1200, 1600)
    worker.wait(Finished, "large")


def test_two_runs_go_on_at_once_and_a_command_reaches_the_one_that_it_names(pair: Pair) -> None:
    first, second = pair
    first.run("a")
    second.run("b")
    for worker, job in ((first, "a"), (second, "b")):
        worker.wait(Stepped, job, 5)
    first.send(Pause(job="a"))
    at, other = first.stands("a"), second.steps("b")[-1]
    assert other > 5
    first.send(Steer(job="a", settings={"style_weight": 7.0}))
    first.send(Resume(job="a"))
    first.wait(Stepped, "a", at + 5)
    (steered,) = [event.point for event in first.all(Stepped, "a") if event.point.weights and event.point.step > 0]
    assert steered.weights["style"] == 7
    assert at < steered.step <= at + 2
    first.send(Stop(job="a"))
    (end,) = first.wait(Finished, "a")
    assert end.stopped
    assert first.steps("a") == list(range(first.steps("a")[-1] + 1))
    assert second.all(Finished, "b") == []
    second.send(Stop(job="b"))
    second.wait(Finished, "b")
    assert (first.all(Stepped, "b"), second.all(Stepped, "a")) == ([], [])


def test_a_run_that_is_preempted_goes_on_with_another_worker_at_the_next_step(pair: Pair, tmp_path: Path) -> None:
    first, second = pair
    path = tmp_path / "run" / "checkpoint.npz"
    path.parent.mkdir()
    first.run("moved", path)
    first.wait(Stepped, "moved", 8)
    first.send(Preempt(job="moved"))
    first.wait(Preempted, "moved")
    last = first.steps("moved")[-1]
    assert checkpoint.load(path).state["number"] == last
    second.run("moved", path)
    (began,) = second.wait(Began, "moved")
    assert [point.step for point in began.curve] == list(range(last + 1))
    second.wait(Stepped, "moved", 3)
    assert second.steps("moved")[0] == last + 1
    second.send(Stop(job="moved"))
    second.wait(Finished, "moved")


def test_a_pause_has_written_a_checkpoint(pair: Pair, tmp_path: Path) -> None:
    worker, _ = pair
    path = tmp_path / "checkpoint.npz"
    worker.run("held", path)
    worker.wait(Stepped, "held", 4)
    worker.send(Pause(job="held"))
    at = worker.stands("held")
    assert checkpoint.load(path).state["number"] == at
    worker.send(Stop(job="held"))
    worker.wait(Finished, "held")


def test_a_worker_beats_while_it_has_nothing_to_do_and_while_it_works(pair: Pair) -> None:
    worker, idle = pair
    worker.run("long")
    worker.wait(Stepped, "long")
    before = len(worker.all(Beat)), len(idle.all(Beat))
    worker.wait(Beat, count=before[0] + 2)
    idle.wait(Beat, count=before[1] + 2)
    worker.send(Stop(job="long"))
    worker.wait(Finished, "long")


def test_two_workers_paint_a_film_together(pair: Pair, tmp_path: Path) -> None:
    """The second one paints a scene; the first one makes the film of both, as if it had painted all of it."""
    first, second = pair
    path = tmp_path / "in.mp4"
    scenes = [pan(count, 0.5, key) for key, count in (("astronaut", 100), ("coffee", 15), ("chelsea", 12))]
    path.write_bytes(video([one.pixels for scene in scenes for one in scene]))
    given = Film.open(path)
    for job in ("alone", "together"):
        (tmp_path / job / "work").mkdir(parents=True)
        first.send(film_command(job, given, tmp_path / job))
        if job == "together":
            first.send(AskForPart(job=job))
            (offer,) = first.wait(PartOffered, job)
            assert offer.part == (100, 115)
            second.send(
                film_command(job, given, tmp_path / job).model_copy(update={"part": offer.part, "recipe": offer.recipe})
            )
            (left,) = second.wait(PartEnded, job)
            assert (left.first, left.is_whole, left.is_refused) == (100, True, False)
            assert [event.steps for event in second.all(PartStepped, job)] == list(range(1, 16))
            first.send(PartLeft(job=job, first=100, is_whole=True))
        first.wait(Finished, job)
        assert first.steps(job) == list(range(1, 128))
        assert not [path for path in (tmp_path / job / "work" / "parts").rglob("*") if path.is_file()]
    results = [(tmp_path / job / "result.mp4").read_bytes() for job in ("alone", "together")]
    assert results[0] == results[1]


def test_the_death_of_a_worker_is_told_once_and_its_place_can_be_filled(place: Place, pair: Pair) -> None:
    _, other = pair
    other.run("beside")
    other.wait(Stepped, "beside")
    pair[0].handle.end()  # its place is for the worker that this test kills
    until(lambda: len(pair[0].ends) == 1)
    worker = WatchedWorker(place.executor, 0)
    worker.wait(Ready)
    worker.run("killed")
    worker.wait(Stepped, "killed", 3)
    place.kill(worker)
    until(lambda: bool(worker.ends), 30)
    assert len(worker.ends[0]) > 10
    reported = len(worker.events)
    assert seconds_of(lambda: worker.send(run_command("lost"))) < 1
    worker.handle.kill()
    assert seconds_of(worker.handle.end) < 3
    next_one = WatchedWorker(place.executor, 0)
    next_one.wait(Ready)
    next_one.run("after", settings={"steps": 2})
    next_one.wait(Finished, "after")
    next_one.handle.end()
    until(lambda: len(next_one.ends) == 1)
    assert (len(worker.ends), len(worker.events)) == (1, reported)
    other.send(Stop(job="beside"))
    other.wait(Finished, "beside")
    assert other.ends == []
