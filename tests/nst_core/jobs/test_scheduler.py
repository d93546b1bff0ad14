"""What the worker's events, its end and people's wishes mean for the runs."""

import time
from collections.abc import Callable

import pytest

from nst_core.errors import JobError
from nst_core.jobs import scheduler
from nst_core.jobs import service as desks
from nst_core.jobs.inspections import InspectionRequest
from nst_core.runs.inputs import RunInputs
from tests.nst_core.jobs.servers import Servers, numbers, picture, submit, under_way, until


def test_a_worker_that_dies_is_replaced_and_the_run_goes_on_so_often(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    for _ in range(scheduler.MAX_ATTEMPTS):
        servers.worker.die("it was killed")
        assert desk.view(job).state == "queued"
        servers.worker.ready()
        assert servers.worker.order()["job"] == job
        servers.worker.begin(job, [0, 1])
        assert numbers(desk, job) == [0, 1]
    assert desk.view(job).notes == 2 * ("The process that paints ended unexpectedly; this run went on from step 1.",)
    servers.worker.die("it was killed")
    view = desk.view(job)
    assert view.state == "failed"
    assert view.error == (
        "the process that paints ended 3 times in the middle of this run, the last time because it was killed; "
        "try a smaller size"
    )


def test_one_who_waits_passes_a_run_that_is_held_for_long(servers: Servers, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "PREEMPT_SECONDS", 0.0)
    desk = servers.start()
    job = under_way(servers, desk)
    desk.pause(job)
    behind = submit(desk, "bob")
    with desk._lock:
        desk._scheduler.reap_idle(30)
    assert servers.worker.asked[-1] == {"do": "shelve", "job": job}
    servers.worker.tell("shelved", job=job)
    assert servers.worker.order()["job"] == behind
    assert (desk.view(job).state, desk.view(behind).state) == ("paused", "running")
    desk.resume(job)
    assert desk.view(job).position == 1


def test_a_run_that_nobody_looks_at_is_stopped_and_says_so(servers: Servers) -> None:
    desk = servers.start()
    job, waiting = under_way(servers, desk), submit(desk)
    for minutes, asked in ((30.0, "run"), (1e-9, "stop")):
        time.sleep(0.001)
        with desk._lock:
            desk._scheduler.reap_idle(minutes)
        assert servers.worker.asked[-1]["do"] == asked
    assert desk.view(waiting).state == "stopped"
    assert desk.view(waiting).notes[-1].endswith("so it left the line.")
    servers.worker.finish(job, "stopped")
    view = desk.view(job)
    assert (view.state, view.result) == ("stopped", b"png")
    assert "Nobody had looked at this run" in view.notes[-1]
    assert view.notes[-1].endswith("so it was stopped with the picture it had.")


@pytest.mark.parametrize(("minutes", "asked"), [("0.001", "stop"), ("0", "run"), ("30", "run")])
def test_the_operator_says_for_how_long_nobody_need_look(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, minutes: str, asked: str
) -> None:
    monkeypatch.setenv("NST_UNSEEN_MINUTES", minutes)
    monkeypatch.setattr(desks, "HOUSEKEEPING_SECONDS", 0.02)
    desk = servers.start()
    under_way(servers, desk)
    time.sleep(0.4)
    assert servers.worker.asked[-1]["do"] == asked


def test_looking_keeps_a_run_going(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    run = desk._repository.active[job]
    for look in (lambda: desk.view(job), lambda: desk.runs("ann"), lambda: desk.wait(job, 0)):
        run.last_seen = 0.0
        look()
        assert run.last_seen > 0
    run.last_seen = 0.0
    desk.runs("bob")
    assert run.last_seen == 0


def test_a_run_that_is_deleted_in_the_middle_makes_room(servers: Servers) -> None:
    desk = servers.start()
    job, behind = under_way(servers, desk), submit(desk)
    desk.delete(job)
    with pytest.raises(JobError, match="not here"):
        desk.view(job)
    assert servers.worker.asked[-1] == {"do": "stop", "job": job}
    servers.worker.tell("stopped", job=job, report={})
    assert servers.worker.order()["job"] == behind


@pytest.mark.parametrize("job", ["nobody", "../../etc", "", "a/b"])
def test_a_run_that_is_none_is_refused_everywhere(servers: Servers, job: str) -> None:
    desk = servers.start()
    asks: list[Callable[[], object]] = [
        lambda: desk.view(job),
        lambda: desk.picture_at(job, 1),
        lambda: desk.inputs(job),
        lambda: desk.publish(job, listed=True),
        lambda: desk.delete(job),
        lambda: desk.stop(job),
        lambda: desk.wait(job, 1),
    ]
    for ask in asks:
        with pytest.raises(JobError, match="not here"):
            ask()


def test_a_run_that_diverged_keeps_its_best_picture_and_its_curve(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    recipe = desk.view(job).recipe.model_dump(mode="json")
    servers.worker.tell("result", [b"png"], job=job)
    servers.worker.tell("failed", job=job, message="it diverged", report={"recipe": recipe, "size": [7, 5]})
    before = desk.view(job)
    assert (before.state, before.error, before.result) == ("failed", "it diverged", b"png")
    assert before.report is not None
    assert before.ended >= before.created
    assert servers.start().view(job) == before
    assert [point.step for point in before.points] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("event", "facts"),
    [("step", {"number": 4}), ("began", {}), ("done", {"report": {"recipe": {"steps": -1}}}), ("done", {})],
)
def test_an_event_that_cannot_be_taken_in_fails_its_run_alone(
    servers: Servers, capfd: pytest.CaptureFixture[str], event: str, facts: dict[str, object]
) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    behind = submit(desk, "bob")
    servers.worker.tell(event, job=job, **facts)
    view = desk.view(job)
    assert view.state == "failed"
    assert (view.error or "").startswith("an internal error ended this run (")
    assert "Traceback" in capfd.readouterr().err
    if event != "done":  # the worker is still at it, and told to end
        assert servers.worker.asked[-1] == {"do": "stop", "job": job}
        servers.worker.step(job, 5)
        servers.worker.finish(job, "stopped")
    assert desk.view(job).state == "failed"
    assert servers.worker.order()["job"] == behind
    servers.worker.begin(behind)
    servers.worker.finish(behind)
    assert desk.view(behind).state == "done"


def test_an_answer_that_cannot_be_taken_in_fails_its_look_alone(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    questions = [InspectionRequest("features", "block1_conv1"), InspectionRequest("features", "block2_conv1")]
    for question in questions:
        desk.inspect(question, picture())
    servers.worker.tell("looked", job="")
    failed, asked = (desk.inspect(question, picture()) for question in questions)
    assert (failed.state, asked.state) == ("failed", "waiting")
    assert servers.worker.asked[-1]["question"]["layer"] == "block2_conv1"
    servers.worker.step(job, 4)
    assert desk.view(job).step == 4


def test_a_run_whose_pictures_cannot_be_handed_over_makes_room(servers: Servers, monkeypatch) -> None:
    desk = servers.start()
    job, behind = under_way(servers, desk), submit(desk, "bob")
    desk = servers.start()
    read = desk._repository.store.inputs

    def broken(asked: str) -> RunInputs:
        if asked == job:
            raise MemoryError
        return read(asked)

    monkeypatch.setattr(desk._repository.store, "inputs", broken)
    servers.worker.ready()
    until(lambda: desk.view(job).state == "failed")
    assert "MemoryError" in (desk.view(job).error or "")
    assert servers.worker.order()["job"] == behind
