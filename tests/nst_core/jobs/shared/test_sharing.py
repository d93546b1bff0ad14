"""Two job services on one store: what one has, the other shows, changes for its owner, and takes over when it dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_core.errors import LostRunError, NotYoursError, QueueFullError, StorageError
from nst_core.jobs import undo
from nst_core.jobs.messages import Pause, Preempt, Resume, Steer, Stop
from nst_core.jobs.service import JobService, owner_of
from nst_core.recipe import make
from tests.nst_core.jobs import films
from tests.nst_core.jobs.servers import ANN, BEN, FakeWorker, Workers, numbers, picture, submit, until
from tests.nst_core.jobs.shared.servers import SharedServers, die

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


class Host:
    """A job service with workers whose events the test sends."""

    def __init__(self) -> None:
        self.workers: list[FakeWorker] = []
        self.service = JobService(executor=Workers(self._spawn))

    def _spawn(self, *arguments: object) -> FakeWorker:
        self.workers.append(FakeWorker(*arguments))  # type: ignore[arg-type]
        return self.workers[-1]

    @property
    def worker(self) -> FakeWorker:
        until(lambda: bool(self.workers))
        return self.workers[-1]

    def ready(self) -> None:
        self.service.warm()
        self.worker.ready()

    def commands(self, kind: type) -> int:
        return sum(isinstance(command, kind) for command in self.worker.commands)

    def has(self, job: str) -> bool:
        """Whether the worker was given this run."""
        return any(getattr(command, "recipe", None) and command.job == job for command in self.worker.commands)  # type: ignore[union-attr]


@pytest.fixture
def hosts(shared_store: dict[str, str]) -> Iterator[tuple[Host, Host]]:
    hosts = Host(), Host()
    yield hosts
    for host in hosts:
        host.service.close(save_seconds=0)


def begun(here: Host, steps: int = 4) -> str:
    """A run of Ann's that has done so many steps at a host, and has stored them."""
    here.ready()
    job = submit(here.service)
    until(lambda: here.has(job))
    here.worker.begin(job)
    for number in range(steps):
        here.worker.step(job, number)
    until(lambda: here.service._repository.is_stored(job))
    return job


def test_a_run_is_seen_at_both_with_its_curve_and_its_pictures(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    until(lambda: numbers(there.service, job) == [0, 1, 2, 3])
    view = there.service.view(job)
    assert (view.state, view.snapshot, view.owner) == ("running", b"jpeg 3", owner_of(ANN))
    assert there.service.picture_at(job, 1) == b"jpeg 1"
    assert there.service.inputs(job).content.sha256 == picture().sha256
    assert [run.id for run in there.service.runs(owner_of(ANN))] == [job]
    assert len(there.service.progress(job).points) == 4
    here.worker.finish(job)
    assert there.service.wait(job, 30).state == "done"
    assert there.service.view(job).result == b"png"


def test_its_owner_changes_it_at_the_other_and_a_stranger_does_not(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    for act in (there.service.stop, there.service.pause, there.service.delete, there.service.trash.put):
        with pytest.raises(NotYoursError):
            act(job, BEN)
    with pytest.raises(NotYoursError):
        there.service.steer(job, BEN, {"style_weight": 7.0})
    there.service.pause(job, ANN)
    assert here.commands(Pause) == 1
    there.service.resume(job, ANN)
    there.service.steer(job, ANN, {"style_weight": 7.0})
    assert (here.commands(Resume), here.commands(Steer)) == (1, 1)
    until(lambda: there.service.view(job).recipe.objective.style_weight == 7.0)
    there.service.publish(job, ANN, listed=True)
    assert here.service.view(job).listed
    there.service.stop(job, ANN)
    assert here.commands(Stop) == 1
    here.worker.finish(job, stopped=True)
    until(lambda: there.service.view(job).state == "stopped")
    assert [run.id for run in there.service.runs()] == [job]
    there.service.publish(job, ANN, listed=False)
    assert here.service.runs() == ()


def test_a_run_that_is_deleted_at_the_other_is_ended_and_leaves_nothing(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    there.service.delete(job, ANN)
    until(lambda: here.commands(Stop) == 1)
    here.worker.step(job, 4)
    time.sleep(1.0)
    for host in hosts:
        with pytest.raises(LostRunError, match="deleted by its owner"):
            host.service.view(job)
    assert not here.service._repository.store._blobs.has(job)


def test_an_idle_server_takes_the_runs_that_wait_at_a_busy_one(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    begun(here)
    second, third = submit(here.service), submit(here.service, BEN)
    until(
        lambda: not {second, third} & set(here.service._repository.active)
    )  # stored, so that any server may have them
    until(lambda: there.service.load().waiting == 2)
    assert [there.service.view(job).position for job in (second, third)] != [0, 0]
    there.ready()
    until(lambda: there.has(third) or there.has(second))
    taken, left = (third, second) if there.has(third) else (second, third)
    assert taken == third, "Ann was served last, so Ben comes first"
    there.worker.begin(taken)
    there.worker.finish(taken)
    until(lambda: there.has(left))
    assert not here.has(second)
    assert not here.has(third)


def test_limits_count_the_runs_of_all_servers(hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = hosts
    submit(here.service)
    submit(there.service)
    for host in hosts:
        with pytest.raises(QueueFullError, match="2 of your runs are waiting already"):
            submit(host.service)
        with pytest.raises(QueueFullError):
            host.service.admission.check_room(owner_of(ANN))
    for host, seed in zip(hosts, "cd", strict=True):
        host.service.submit(make(settings={"steps": 9}), picture(), [picture(1)], owner=owner_of(seed), address="x")
    submit(here.service, BEN)
    until(lambda: there.service.load().waiting == 5)


def test_a_queued_run_is_paused_resumed_and_stopped_where_its_owner_is(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = submit(here.service)
    until(lambda: job not in here.service._repository.active)  # nobody has it now
    there.service.pause(job, ANN)
    until(lambda: here.service.view(job).state == "paused")
    here.ready()
    time.sleep(1.0)
    assert not here.has(job)
    there.service.resume(job, ANN)
    until(lambda: here.has(job))
    waiting = submit(there.service)
    until(lambda: waiting not in there.service._repository.active)
    here.service.stop(waiting, ANN)
    assert there.service.wait(waiting, 30).state == "stopped"


def test_the_run_of_a_dead_server_goes_on_at_another_from_its_checkpoint(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    path = Path(here.worker.run_command().checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"of step 2")
    here.worker.step(job, 4)
    until(lambda: numbers(there.service, job)[-1:] == [4])
    die(here.service)
    there.ready()
    until(lambda: there.has(job))
    command = there.worker.run_command()
    assert Path(command.checkpoint).read_bytes() == b"of step 2"
    assert command.checkpoint != str(path)
    there.worker.begin(job, range(3))
    view = there.service.view(job)
    assert (view.state, [point.step for point in view.points]) == ("running", [0, 1, 2])
    assert view.notes[-1] == "The server that had this run ended unexpectedly; this run went on from step 2."
    here.worker.step(job, 5)  # of the worker of a server that is not quite dead
    there.worker.step(job, 3)
    there.worker.finish(job)
    until(lambda: there.service._repository.is_stored(job))
    assert numbers(there.service, job) == [0, 1, 2, 3]


def test_the_film_of_a_dead_server_goes_on_at_another_with_its_frames(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    here, there = hosts
    here.ready()
    job = films.submit(here.service, tmp_path / "upload")
    files = here.worker.run_command().film
    assert files is not None
    work = Path(files.work)
    (work / "frames").mkdir()
    for name in ("frames/1", "frames/2", "frames/3", "curve.log"):
        (work / name).write_bytes(name.encode())
    here.worker.begin(job)
    here.worker.step(job, 3)
    until(lambda: here.service._repository.is_stored(job))
    (work / "frames" / "3").unlink()  # it is painted again
    (work / "frames" / ".4.part").write_bytes(b"half")
    here.worker.step(job, 4)
    until(lambda: here.service._repository.is_stored(job) and 4 in numbers(there.service, job))
    die(here.service)
    there.ready()
    until(lambda: there.has(job))
    taken = there.worker.run_command().film
    assert taken is not None
    assert taken.work != files.work
    assert {str(each.relative_to(taken.work)) for each in Path(taken.work).rglob("*") if each.is_file()} == {
        "frames/1",
        "frames/2",
        "curve.log",
    }
    assert Path(taken.path).read_bytes() == films.film(tmp_path / "upload").path.read_bytes()
    there.worker.begin(job)
    films.write_result(there.worker)
    there.worker.report_film_end(job, films.recipe())
    until(lambda: job not in there.service._repository.active)
    until(lambda: not Path(taken.result).exists())  # this server's copy goes when the run is over
    assert there.service.film_result(job).path.read_bytes() == b"a film"


def test_runs_go_on_while_the_database_is_away_and_are_stored_afterwards(
    hosts: tuple[Host, Host], shared_servers: SharedServers
) -> None:
    here, there = hosts
    job = begun(here)
    shared_servers.pause_database()
    try:
        here.worker.step(job, 4)
        until(lambda: bool(here.service.status().storage_fault), 20)
        with pytest.raises(StorageError):
            submit(here.service, BEN)
        here.worker.step(job, 5)
    finally:
        shared_servers.resume_database()
    there.ready()  # and does not take over what only could not be told
    until(lambda: numbers(there.service, job) == list(range(6)), 30)
    assert not here.service.status().storage_fault
    assert there.service.view(job).state == "running"
    assert not there.has(job)
    assert submit(there.service, BEN)


def test_a_server_that_hangs_for_long_drops_what_others_took_over(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    sharing = here.service._sharing
    assert sharing is not None
    beat, sharing._beat = sharing._beat, lambda: None  # type: ignore[method-assign]
    there.ready()
    until(lambda: there.has(job))
    here.worker.step(job, 7)
    sharing._beat = beat  # type: ignore[method-assign]
    until(lambda: job not in here.service._repository.active)
    until(lambda: here.commands(Stop) == 1)
    there.worker.begin(job, range(2))
    until(lambda: there.service._repository.is_stored(job))
    assert numbers(here.service, job) == [0, 1]


def test_a_server_that_ends_in_order_hands_its_runs_over_at_once(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    there.ready()
    here.service.close(save_seconds=0)
    until(lambda: there.has(job))
    there.worker.begin(job, range(4))
    until(lambda: there.service.view(job).state == "running")
    assert not any("ended unexpectedly" in note for note in there.service.view(job).notes), "nobody missed the server"
    assert here.commands(Preempt) == 1


def test_a_run_that_ends_servers_again_and_again_fails(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = submit(here.service)
    until(lambda: job not in here.service._repository.active)
    claims = there.service._repository.store.claims
    assert claims is not None
    claims._database.run("UPDATE nst_work SET attempts = 3 WHERE job = %s", job)
    there.ready()
    assert there.service.wait(job, 30).state == "failed"
    assert "3 times in the middle of this run" in (there.service.view(job).error or "")


def test_a_stop_is_undone_at_the_other_server(hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = hosts
    job = begun(here)
    path = Path(here.worker.run_command().checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")
    here.worker.step(job, 4)
    here.service.stop(job, ANN)
    here.worker.finish(job, stopped=True)
    until(lambda: there.service.view(job).state == "stopped")
    assert there.service.stopped.can_reopen(there.service.view(job))
    there.service.stopped.reopen(job, ANN)
    until(lambda: here.service.view(job).state in ("queued", "running"))
    there.ready()
    until(lambda: there.has(job) or sum(getattr(each, "job", "") == job for each in here.worker.commands) > 2)


def test_a_hidden_run_is_hidden_everywhere_until_that_is_undone(hosts: tuple[Host, Host]) -> None:
    here, there = hosts
    job = begun(here)
    there.service.trash.put(job, ANN)
    assert here.commands(Stop) == 1
    here.worker.finish(job, stopped=True)
    until(lambda: bool(there.service.trash.runs(owner_of(ANN))))
    with pytest.raises(LostRunError) as refused:
        here.service.view(job)
    assert str(refused.value) == undo.HIDDEN
    until(lambda: job not in here.service._repository.active)
    there.service.trash.restore(job, ANN)
    until(lambda: not here.service._repository.hidden_since(job))
    assert here.service.view(job).state == "stopped"


def test_follow_ups_are_submitted_once_although_pages_of_two_servers_ask(hosts: tuple[Host, Host]) -> None:
    from nst_core.jobs.followups import FollowUps

    here, there = hosts
    job = submit(here.service)
    until(lambda: job not in here.service._repository.active)
    recipes = {"fast": make(settings={"method": "fast"})}
    here.service.followups.add(FollowUps("slow", job, recipes, owner=owner_of(ANN)))
    stale = there.service.followups._load(job)
    assert stale is not None
    first = here.service.followups.advance(job)
    stale.advance(there.service)
    assert first is not None
    assert first.jobs == stale.jobs
    assert len(here.service.runs(owner_of(ANN))) == 2


def test_a_run_that_a_page_of_the_other_server_shows_is_not_unseen(
    hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = hosts
    job = begun(here)
    run = here.service._repository.active[job]
    run.last_seen -= 1000
    there.service.view(job)
    until(lambda: time.monotonic() - run.last_seen < 100)
