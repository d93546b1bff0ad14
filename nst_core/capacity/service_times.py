"""How long a run of a kind has its worker: from this project's estimates and measurements, none of them new.

The order: earlier runs like it on this machine (`WaitEstimator`, which also shows visitors their waiting times); the
estimate of this machine, once it is calibrated; the estimate of the machine of the published measurements.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nst_core.bench.report import measured
from nst_core.capacity.workload import RunKind
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.views import JobView, expected_steps
from nst_core.jobs.wait_times import FILE, FIRST_EXTRA_SECONDS, WaitEstimator
from nst_core.runs import cost
from nst_core.runs.cost import Calibration

PHOTOGRAPH = (1024, 768)
"""(width, height) of a visitor's photograph, in pixels; only its shape counts."""
MOST_REFERENCE_PX = 1024
"""The largest published size that the reference takes: larger pictures were measured in other sessions."""


@dataclass(frozen=True)
class ServiceTime:
    """The expected time of a run at its worker.

    Attributes:
        seconds: with loading and the measuring of the result.
        source: where the figure comes from, in words.
    """

    seconds: float
    source: str


def here(kind: RunKind, data_dir: Path | None) -> ServiceTime:
    """The time on this machine; `data_dir`: the folder of stored runs, with the durations of earlier ones."""
    if cost.stored() is None:
        return published(kind)
    estimator = WaitEstimator(data_dir and data_dir / FILE)
    recipe = kind.recipe()
    run = ActiveRun(JobView("", "queued", recipe, total_steps=expected_steps(recipe)), size=PHOTOGRAPH)
    return ServiceTime(estimator.whole(run), "this machine: its calibration, and its earlier runs if there are any")


def published(kind: RunKind) -> ServiceTime:
    """The time on the machine of the published measurements, two cores without a GPU."""
    extra = measured_extra().get(kind.method, FIRST_EXTRA_SECONDS[kind.method])
    seconds = cost.of(kind.recipe(), PHOTOGRAPH, machine=reference()).seconds + extra
    return ServiceTime(seconds, "the machine of the published measurements, 2 cores")


def reference() -> Calibration:
    """The speed of the machine of the published measurements: an evaluation with direct convolutions, by size."""
    rows = (row for record in measured.records("slow") for row in record.rows if row["convolutions"] == "direct")
    return Calibration(
        {row["size"]: row["seconds"]["median"] for row in rows if row["size"] <= MOST_REFERENCE_PX}, compiles=True
    )


def measured_extra() -> dict[str, float]:
    """Seconds that runs take beside their estimate, by method, as far as `bench queue` has measured them."""
    return {method: seconds for run in measured.records("queue") for method, seconds in run.report["extra"].items()}
