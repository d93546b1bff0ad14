"""A worker that hangs is found by its missing signs of life.

A worker with long steps, or a suspended machine, is not reported.
"""

import os
import signal
import time

import pytest

from nst_core.executors.local import LocalExecutor
from nst_core.jobs import heartbeat, housekeeping, scheduler
from nst_core.jobs.heartbeat import HeartbeatMonitor
from nst_core.jobs.messages import Beat, Ready, Stop
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import ANN, Servers, save, submit, under_way, until

SILENCE = 30.0
READY = Ready(device="an abacus", precision="float32", sources={})


class Watch:
    """A heartbeat monitor with rounds two seconds apart, and the faults that the rounds found."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.monitor = HeartbeatMonitor(lambda: self.now)

    def rounds(self, seconds: float, *, cpu: float | None = None, busy: bool = True, loading: bool = False) -> str:
        """Run rounds for `seconds`, with beats that report this share of a core if given; returns the first fault."""
        for _ in range(int(seconds / 2)):
            self.now += 2
            if cpu is not None:
                self.monitor.on_event(Beat(cpu_seconds=cpu * self.now))
            fault = self.monitor.fault(SILENCE, is_busy=busy, is_loading=loading)
            if fault:
                return fault.reason
        return ""


@pytest.fixture
def watch() -> Watch:
    watch = Watch()
    watch.monitor.on_event(Beat(cpu_seconds=0.0))
    watch.monitor.on_event(READY)
    return watch


@pytest.mark.parametrize("busy", [True, False])
def test_a_silent_worker_is_at_fault_whether_or_not_it_has_a_run(watch: Watch, busy: bool) -> None:
    assert watch.rounds(SILENCE, busy=busy) == ""
    assert watch.rounds(4, busy=busy) == "it did not answer for 32 seconds"


def test_each_event_ends_a_silence(watch: Watch) -> None:
    for event in (READY, Beat(cpu_seconds=1.0), READY):
        assert watch.rounds(SILENCE) == ""
        watch.monitor.on_event(event)


def test_a_first_beat_may_take_longer() -> None:
    watch = Watch()
    assert watch.rounds(10 * SILENCE) == ""
    assert watch.rounds(4)


@pytest.mark.parametrize("gap", [60.0, 3600.0, 1e7])
def test_a_time_in_which_we_slept_ourselves_does_not_count(watch: Watch, gap: float) -> None:
    for _ in range(4):
        assert watch.rounds(4) == ""
        watch.now += gap


def test_a_clock_that_goes_back_finds_no_fault(watch: Watch) -> None:
    watch.now -= 1e6
    assert watch.rounds(SILENCE) == ""


@pytest.mark.parametrize(
    ("cpu", "loading", "factor"),
    [(0.0, False, heartbeat.IDLE_FACTOR), (0.5, False, heartbeat.BUSY_FACTOR), (0.0, True, heartbeat.BUSY_FACTOR)],
    ids=["waits", "computes", "downloads"],
)
def test_a_worker_that_beats_and_makes_no_progress_is_at_fault_in_the_end(
    watch: Watch, cpu: float, loading: bool, factor: float
) -> None:
    watch.rounds(2, cpu=cpu, busy=False)
    assert watch.rounds(factor * SILENCE, cpu=cpu, loading=loading) == ""
    assert watch.rounds(4, cpu=cpu, loading=loading) == f"it made no progress for {factor * SILENCE / 60:.0f} minutes"


def test_a_worker_without_a_run_may_beat_for_ever(watch: Watch) -> None:
    assert watch.rounds(10 * heartbeat.BUSY_FACTOR * SILENCE, cpu=0.0, busy=False) == ""


def test_zero_watches_nothing(watch: Watch) -> None:
    for _ in range(1000):
        watch.now += 2
        assert watch.monitor.fault(0, is_busy=True, is_loading=False) is None


def hang(service: JobService) -> None:
    """Let the watch find that the worker is silent."""
    with service._lock:
        service._scheduler.pool.slots[0].supervisor._heartbeat._silent = 1e6
        service._scheduler.watch_workers(SILENCE)


def test_the_run_of_a_hung_worker_continues_with_a_note(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    hung = servers.worker
    hang(service)
    assert (len(servers.workers), service.view(job).state) == (2, "queued")
    hung.step(job, 7)  # too late
    hung.die("it was killed")
    servers.worker.ready()
    assert servers.worker.run_command().job == job
    servers.worker.begin(job, [0, 1])
    assert service.view(job).notes == (
        "The process that paints did not answer any more and was replaced; this run went on from step 1.",
    )
    servers.worker.finish(job)
    assert service.view(job).state == "done"


def test_a_run_that_hung_before_its_first_step_is_told_too(servers: Servers) -> None:
    service = servers.start()
    job = submit(service)
    servers.worker.ready()
    hang(service)
    servers.worker.ready()
    servers.worker.begin(job)
    assert service.view(job).notes[-1].endswith("was replaced; this run began again.")


def test_a_run_that_hangs_every_worker_fails_with_the_reason(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    for _ in range(scheduler.MAX_ATTEMPTS):
        hang(service)
        servers.worker.ready()
    hang(service)
    assert "3 times in the middle of this run, the last time because it did not answer for" in (
        service.view(job).error or ""
    )


def test_stop_on_a_hung_worker_ends_the_run_with_its_picture_after_the_replacement(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    save(servers)
    service.stop(job, ANN)
    assert servers.worker.commands[-1] == Stop(job=job)
    hang(service)
    servers.worker.ready()
    assert servers.worker.run_command().stop
    servers.worker.finish(job, stopped=True)
    assert (service.view(job).state, service.view(job).result) == ("stopped", b"png")


BEATING = """
import sys, time
from nst_core.jobs import heartbeat, messages
heartbeat.BEAT_SECONDS = 0.05
heartbeat.start(lambda event: messages.write(sys.stdout.buffer, event))
time.sleep(60)
"""


@pytest.mark.slow
def test_a_stopped_process_is_replaced_and_a_beating_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 0.1)
    service = JobService(executor=LocalExecutor(("-c", BEATING)))
    service._housekeeping._silence_seconds = 1.5
    supervisor = service._scheduler.pool.slots[0].supervisor
    service.warm()
    first = supervisor.pid
    assert first is not None
    until(lambda: supervisor._heartbeat._has_beaten)
    time.sleep(2)
    assert supervisor.pid == first
    os.kill(first, signal.SIGSTOP)
    until(lambda: supervisor.pid not in (first, None))
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    service.close()


def test_a_failed_return_of_memory_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[float] = []

    def fail() -> None:
        failures.append(time.monotonic())
        raise OSError("no more memory maps")

    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 0.02)
    monkeypatch.setattr(housekeeping, "TRIM_SECONDS", 0.0)
    monkeypatch.setattr("nst_core.system.allocator.release_freed", fail)
    service = JobService()
    try:
        deadline = time.monotonic() + 10
        while len(failures) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        service.close()
    assert len(failures) >= 3
