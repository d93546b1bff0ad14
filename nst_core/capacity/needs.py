"""What a number of visitors needs: cores or GPUs, memory, storage, network. Arithmetic on stated assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nst_core.bench.report import measured
from nst_core.capacity import queueing, service_times
from nst_core.capacity.queueing import Service
from nst_core.capacity.workload import DEFAULT_MIX, SECONDS_A_DAY, RunKind, Workload, read_mix
from nst_core.jobs.wait_times import FIRST_EXTRA_SECONDS
from nst_core.settings import Settings

VISITORS = (10, 1_000, 100_000, 1_000_000)
"""Visitors a day, a row of the page each."""
TYPICAL = Workload(1, read_mix(DEFAULT_MIX))
"""The assumed visitors; `replace` gives their number."""


@dataclass(frozen=True)
class Assumptions:
    """The figures beside service times; each field has its text and its origin in `ORIGINS`."""

    wait_seconds: float = 60.0
    cores_a_worker: int = 2
    worker_gb: float = Settings.worker_mb / 1000
    web_gb: float = 0.25
    page_mb: float = 3.0
    visitors_a_web_process: int = 100
    visit_minutes: float = 10.0
    run_mb: float = 2.2
    kept_days: float = 30.0
    disk_gb: float = 500.0
    first_load_mb: float = 4.0
    upload_mb: float = 3.0
    watching_mb: float = 2.0
    device_mb: float = 10.0
    gpu_gflops: float = 8100.0
    gpu_share: float = 0.3
    gpu_fixed_seconds: float = 1.0
    line_mbit: float = 100.0


ORIGINS: Mapping[str, tuple[str, str]] = {
    "wait_seconds": ("the wait, in seconds, that 95 of 100 runs should not exceed", "a goal"),
    "cores_a_worker": ("processor cores of a worker", "the machine of the published measurements"),
    "worker_gb": ("memory of a worker, in GB", "above it a worker is replaced (`NST_WORKER_MB`)"),
    "web_gb": ("memory of a web process without visitors, in GB", "measured: `bench pages`"),
    "page_mb": ("memory of an open page in the web process, in MB", "assumed, of the size that load tests showed"),
    "visitors_a_web_process": ("visitors at once that a web process serves", "assumed; load tests went to 200"),
    "visit_minutes": ("minutes that a visitor stays", "assumed"),
    "run_mb": ("files of a stored run, in MB", "measured: the mean of 33 stored runs of many sizes"),
    "kept_days": ("days for which runs are kept", "assumed; a server of today keeps 200 unlisted runs"),
    "disk_gb": ("the disk of one server, in GB", "assumed"),
    "first_load_mb": ("the page's own files for a new visitor, in MB", "assumed"),
    "upload_mb": ("a visitor's pictures, in MB", "assumed: one phone's photograph"),
    "watching_mb": ("pictures and curves of a run that is watched, in MB", "assumed"),
    "device_mb": ("networks and programs for a visitor's device, in MB", "assumed; the networks alone: `bench export`"),
    "gpu_gflops": ("a GPU's float32 operations a second, in thousand millions", "NVIDIA T4, by its data sheet"),
    "gpu_share": ("the share of them that a run attains", "assumed; **no GPU was measured**"),
    "gpu_fixed_seconds": ("a run's seconds that a GPU does not shorten", "assumed"),
    "line_mbit": ("what one server sends and receives, in Mbit/s", "assumed"),
}
"""Field of `Assumptions` -> what it is, and where its value comes from."""


@dataclass(frozen=True)
class Needs:
    """What a day's visitors need in the busiest hour.

    Attributes:
        runs_an_hour: at the server.
        busy: workers that are busy on average, of two cores each.
        workers: the least number with which the wait stays within the goal.
        cores: of these workers, and one for each web process.
        gpus: the least number instead of these workers, each one worker.
        web_processes: for the visitors at once.
        memory_gb: of workers on processors and of web processes.
        storage_gb: of the runs that are kept.
        network_mbit: in both directions.
    """

    visitors: float
    runs_an_hour: float
    busy: float
    workers: int
    cores: int
    gpus: int
    web_processes: int
    memory_gb: float
    storage_gb: float
    network_mbit: float

    def shares_of_one(self, given: Assumptions) -> dict[str, float]:
        """How many times what one server has is needed, by resource: the largest is the bottleneck."""
        return {
            "workers": self.busy,
            "web process": self._at_once(given) / given.visitors_a_web_process,
            "storage": self.storage_gb / given.disk_gb,
            "network": self.network_mbit / given.line_mbit,
        }

    def _at_once(self, given: Assumptions) -> float:
        return visitors_at_once(self.visitors, given)


def visitors_at_once(visitors: float, given: Assumptions) -> float:
    """Open pages in the busiest hour, for visitors a day: Little's law."""
    return visitors / SECONDS_A_DAY * TYPICAL.peak * 60 * given.visit_minutes


def needs(workload: Workload, given: Assumptions = Assumptions()) -> Needs:
    """The needs of a day's visitors, with the published service times."""
    service, with_gpu = services(workload, given)
    load = workload.arrivals_a_second * service.seconds
    workers = queueing.least_workers(load, service, given.wait_seconds)
    gpus = queueing.least_workers(workload.arrivals_a_second * with_gpu.seconds, with_gpu, given.wait_seconds)
    at_once = visitors_at_once(workload.visitors, given)
    web = max(-int(-at_once // given.visitors_a_web_process), 1)
    served = 1 - workload.on_device
    a_visitor_mb = given.first_load_mb + given.upload_mb * served + workload.runs_each * served * given.watching_mb
    a_visitor_mb += given.device_mb * workload.on_device
    return Needs(
        visitors=workload.visitors,
        runs_an_hour=3600 * workload.arrivals_a_second,
        busy=load,
        workers=workers,
        cores=workers * given.cores_a_worker + web,
        gpus=gpus,
        web_processes=web,
        memory_gb=workers * given.worker_gb + web * given.web_gb + at_once * given.page_mb / 1000,
        storage_gb=workload.runs_a_day * given.kept_days * given.run_mb / 1000,
        network_mbit=8 * a_visitor_mb * workload.visitors / SECONDS_A_DAY * workload.peak,
    )


def of_visitors(visitors: float, on_device: float = 0.0) -> Needs:
    """The needs of so many typical visitors a day, of whose runs a share is painted on their own devices."""
    return needs(replace(TYPICAL, visitors=visitors, on_device=on_device))


def services(workload: Workload, given: Assumptions) -> tuple[Service, Service]:
    """The times of runs at a worker on two cores, and at one with the assumed GPU: computed, never measured."""
    seconds = [service_times.published(kind).seconds for kind in workload.kinds]
    shares = [kind.share for kind in workload.kinds]
    return Service.of(seconds, shares), Service.of([on_gpu(each, given) for each in seconds], shares)


def on_gpu(seconds: float, given: Assumptions) -> float:
    """The time with the assumed GPU of a run that takes so many seconds on two cores."""
    return given.gpu_fixed_seconds + seconds / gpu_factor(given)


def gpu_factor(given: Assumptions) -> float:
    """How many times as fast as the two measured cores the assumed GPU computes."""
    rates = [
        row["gflop"] / row["seconds"]["median"]
        for record in measured.records("slow")
        for row in record.rows
        if row["convolutions"] == "direct" and row["size"] == 512
    ]
    return given.gpu_gflops * given.gpu_share / float(max(rates))


def measuring_share(kind: RunKind) -> float:
    """The part of a kind's time at its worker that is not painting: mainly the measuring of the result."""
    extra = service_times.measured_extra().get(kind.method, FIRST_EXTRA_SECONDS[kind.method])
    return extra / service_times.published(kind).seconds
