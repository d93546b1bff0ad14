"""Effects on the runs of the worker's events, its end and the visitors' requests."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from nst_core.errors import JobError
from nst_core.jobs import housekeeping, scheduler
from nst_core.jobs.messages import (
    Began,
    Failed,
    Finished,
    Inspect,
    Inspected,
    Preempt,
    Preempted,
    ResultReady,
    RunEvent,
    Stepped,
    Stop,
)
from nst_core.jobs.owners import owner_of
from nst_core.jobs.service import InspectionRequest
from nst_core.runs.inputs import RunInputs
from tests.nst_core.jobs.servers import ANN, Servers, numbers, picture, submit, under_way, until


def test_the_run_of_a_dead_worker_continues_a_bounded_number_of_times(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    for _ in range(scheduler.MAX_ATTEMPTS):
        servers.worker.die("it was killed")
        assert service.view(job).state == "queued"
        servers.worker.ready()
        assert servers.worker.run_command().job == job
        servers.worker.begin(job, [0, 1])
        assert numbers(service, job) == [0, 1]
    assert service.view(job).notes == 2 * ("The process that paints ended unexpectedly; this run went on from step 1.",)
    servers.worker.die("it was killed")
    view = service.view(job)
    assert view.state == "failed"
    assert view.error == (
        "the process that paints ended 3 times in the middle of this run, the last time because it was killed; "
        "try a smaller size"
    )


def test_a_queued_run_that_is_paused_begins_only_after_it_is_resumed(servers: Servers) -> None:
    service = servers.start()
    first, held, behind = under_way(servers, service), submit(service), submit(service, "bob")
    service.pause(held, ANN)
    assert (service.view(held).state, service.view(held).position) == ("paused", 0)
    assert service.view(behind).position == 1
    servers.worker.finish(first)
    assert servers.worker.run_command().job == behind
    servers.worker.begin(behind, range(2))
    service.resume(held, ANN)
    assert (service.view(held).state, service.view(held).position) == ("queued", 1)
    servers.worker.finish(behind)
    assert servers.worker.run_command().job == held
    assert not servers.worker.run_command().paused


def test_a_queued_run_that_is_paused_is_held_after_a_restart_and_can_be_stopped(servers: Servers) -> None:
    service = servers.start()
    under_way(servers, service)
    held = submit(service)
    service.pause(held, ANN)
    until(lambda: service._repository.store.has_inputs(held), 10)
    service = servers.start()
    service.warm()
    servers.worker.ready()
    assert servers.worker.run_command().job != held
    assert service.view(held).state == "paused"
    service.stop(held, ANN)
    assert service.view(held).state == "stopped"


def test_a_waiting_run_preempts_one_that_is_paused_for_long(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "PREEMPT_SECONDS", 0.0)
    service = servers.start()
    job = under_way(servers, service)
    service.pause(job, ANN)
    behind = submit(service, "bob")
    with service._lock:
        service._scheduler.reap_idle(30)
    assert servers.worker.commands[-1] == Preempt(job=job)
    servers.worker.report(Preempted(job=job))
    until(lambda: servers.worker.run_command().job == behind)  # read from the disk by a thread, if it is there already
    assert (service.view(job).state, service.view(behind).state) == ("paused", "running")
    service.resume(job, ANN)
    assert service.view(job).position == 1


def test_an_unseen_run_is_stopped_with_a_note(servers: Servers) -> None:
    service = servers.start()
    job, waiting = under_way(servers, service), submit(service)
    for minutes, kind in ((30.0, "run"), (1e-9, "stop")):
        time.sleep(0.001)
        with service._lock:
            service._scheduler.reap_idle(minutes)
        assert servers.worker.commands[-1].kind == kind
    assert service.view(waiting).state == "stopped"
    assert service.view(waiting).notes[-1].endswith("so it left the queue.")
    servers.worker.finish(job, stopped=True)
    view = service.view(job)
    assert (view.state, view.result) == ("stopped", b"png")
    assert "Nobody had looked at this run" in view.notes[-1]
    assert view.notes[-1].endswith("so it was stopped with the picture it had.")


@pytest.mark.parametrize(("minutes", "kind"), [("0.001", "stop"), ("0", "run"), ("30", "run")])
def test_the_operator_sets_how_long_a_run_may_be_unseen(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, minutes: str, kind: str
) -> None:
    monkeypatch.setenv("NST_UNSEEN_MINUTES", minutes)
    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 0.02)
    service = servers.start()
    rounds: list[float] = []
    reap = service._scheduler.reap_idle
    monkeypatch.setattr(service._scheduler, "reap_idle", lambda minutes: None)
    under_way(servers, service)
    servers.worker.run_command()  # only then: the shortest of the minutes may be over before the worker has the run
    monkeypatch.setattr(service._scheduler, "reap_idle", lambda minutes: rounds.append(minutes) or reap(minutes))
    until(lambda: len(rounds) >= 10)  # that many times 0.02 s: more than the shortest of the minutes
    assert servers.worker.commands[-1].kind == kind


def test_a_request_of_its_owner_keeps_a_run_going(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    run = service._repository.active[job]
    for request in (lambda: service.view(job), lambda: service.runs(owner_of(ANN)), lambda: service.wait(job, 0)):
        run.last_seen = 0.0
        request()
        assert run.last_seen > 0
    run.last_seen = 0.0
    service.runs("bob")
    assert run.last_seen == 0


def test_a_deleted_run_frees_the_worker(servers: Servers) -> None:
    service = servers.start()
    job, behind = under_way(servers, service), submit(service)
    service.delete(job, ANN)
    with pytest.raises(JobError, match="deleted by its owner"):
        service.view(job)
    assert servers.worker.commands[-1] == Stop(job=job)
    servers.worker.report(Finished(job=job, report={}, stopped=True))
    assert servers.worker.run_command().job == behind


@pytest.mark.parametrize("job", ["nobody", "../../etc", "", "a/b"])
def test_an_unknown_run_is_refused_by_every_method(servers: Servers, job: str) -> None:
    service = servers.start()
    asks: list[Callable[[], object]] = [
        lambda: service.view(job),
        lambda: service.picture_at(job, 1),
        lambda: service.inputs(job),
        lambda: service.publish(job, ANN, listed=True),
        lambda: service.delete(job, ANN),
        lambda: service.stop(job, ANN),
        lambda: service.wait(job, 1),
    ]
    for ask in asks:
        with pytest.raises(JobError, match=r"no run of this id is known here|the id of a run has"):
            ask()


def test_a_run_that_diverged_keeps_its_best_picture_and_its_curve(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    recipe = service.view(job).recipe.model_dump(mode="json")
    servers.worker.report(ResultReady(job=job, png=b"png"))
    servers.worker.report(Failed(job=job, message="it diverged", report={"recipe": recipe, "size": [7, 5]}))
    before = service.view(job)
    assert (before.state, before.error, before.result) == ("failed", "it diverged", b"png")
    assert before.report is not None
    assert before.ended >= before.created
    assert servers.start().view(job) == before
    assert [point.step for point in before.points] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(Stepped, {}), (Began, {}), (Finished, {"report": {"recipe": {"steps": -1}}}), (Finished, {"report": {}})],
)
def test_an_event_that_fails_ends_its_run_alone(
    servers: Servers, caplog: pytest.LogCaptureFixture, kind: type[RunEvent], fields: dict[str, Any]
) -> None:
    service = servers.start()
    job = under_way(servers, service)
    behind = submit(service, "bob")
    servers.worker.report(kind.model_construct(job=job, **fields))  # as no worker can make it: not validated
    view = service.view(job)
    assert view.state == "failed"
    assert (view.error or "").startswith("an internal error ended this run (")
    assert "Traceback" in caplog.text
    if kind is not Finished:  # the worker still has the run, and gets a command to end it
        assert servers.worker.commands[-1] == Stop(job=job)
        servers.worker.step(job, 5)
        servers.worker.finish(job, stopped=True)
    assert service.view(job).state == "failed"
    assert servers.worker.run_command().job == behind
    servers.worker.begin(behind)
    servers.worker.finish(behind)
    assert service.view(behind).state == "done"


def test_an_answer_that_fails_ends_its_question_alone(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    questions = [InspectionRequest("features", "block1_conv1"), InspectionRequest("features", "block2_conv1")]
    for question in questions:
        service.inspect(question, picture())
    servers.worker.report(Inspected.model_construct(blob=None))
    failed, waiting = (service.inspect(question, picture()) for question in questions)
    assert (failed.state, waiting.state) == ("failed", "waiting")
    assert isinstance(servers.worker.commands[-1], Inspect)
    assert servers.worker.commands[-1].question.layer == "block2_conv1"
    servers.worker.step(job, 4)
    assert service.view(job).step == 4


def test_a_run_whose_pictures_cannot_be_read_frees_the_worker(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = servers.start()
    job, behind = under_way(servers, service), submit(service, "bob")
    service = servers.start()
    read = service._repository.store.inputs

    def broken(wanted: str) -> RunInputs:
        if wanted == job:
            raise MemoryError
        return read(wanted)

    monkeypatch.setattr(service._repository.store, "inputs", broken)
    servers.worker.ready()
    until(lambda: service.view(job).state == "failed")
    assert "MemoryError" in (service.view(job).error or "")
    assert servers.worker.run_command().job == behind


def test_without_room_for_another_thread_the_queue_goes_on(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = under_way(servers, servers.start())
    service = servers.start()  # which reads the pictures of that run from the disk

    def no_room(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_room)
    servers.worker.ready()
    jobs = [resumed]
    for _ in range(2):
        jobs.append(submit(service))
        assert servers.worker.run_command().job == jobs[-2]
        servers.worker.begin(jobs[-2])
        servers.worker.finish(jobs[-2])  # whose duration is written, too
    assert servers.worker.run_command().job == jobs[-1]
    assert [service.view(job).state for job in jobs] == ["done", "done", "running"]
