"""The tables of README.md: rows of text, made of `needs` and `service_times`."""

from __future__ import annotations

from dataclasses import asdict

from nst_core.capacity import needs, service_times
from nst_core.capacity.needs import ORIGINS, TYPICAL, VISITORS, Assumptions
from nst_core.capacity.report import duration

Rows = list[tuple[str, ...]]
ON_DEVICE = (0.0, 0.5, 0.9)
"""Shares of runs that visitors' devices paint."""


def assumption_rows() -> Rows:
    """Value, meaning and origin of each assumption."""
    visitors = [
        (f"{TYPICAL.runs_each:g}", "runs that a visitor starts", "assumed"),
        (f"{TYPICAL.peak:g}", "runs of the busiest hour, as a multiple of an average hour's", "assumed"),
    ]
    values = asdict(Assumptions())
    return [*visitors, *((f"{values[name]:,g}", text, origin) for name, (text, origin) in ORIGINS.items())]


def time_rows() -> Rows:
    """Each kind of run: share, time at a worker of two cores, the part beside painting, time with the assumed GPU."""
    given, rows = Assumptions(), Rows()
    for kind in TYPICAL.kinds:
        seconds = service_times.published(kind).seconds
        part = f"{needs.measuring_share(kind):.0%}"
        rows.append((kind.name, f"{kind.share:.0%}", duration(seconds), part, duration(needs.on_gpu(seconds, given))))
    on_cores, with_gpu = needs.services(TYPICAL, given)
    return [*rows, ("mean", "", duration(on_cores.seconds), "", duration(with_gpu.seconds))]


def need_rows() -> Rows:
    """What each number of visitors needs."""
    rows = Rows()
    for visitors in VISITORS:
        found = needs.of_visitors(visitors)
        rows.append(
            (
                f"{visitors:,}",
                _count(found.runs_an_hour),
                f"{found.workers:,}",
                f"{found.cores:,}",
                f"{found.gpus:,}",
                f"{found.web_processes:,}",
                _amount(found.memory_gb, "GB"),
                _amount(found.storage_gb, "GB"),
                _amount(found.network_mbit, "Mbit/s"),
            )
        )
    return rows


def bottleneck_rows() -> Rows:
    """How many times what one server has each number of visitors needs, and the resource that ends first."""
    rows = Rows()
    for visitors in VISITORS:
        shares = needs.of_visitors(visitors).shares_of_one(Assumptions())
        first = max(shares, key=lambda name: shares[name])
        verdict = first if shares[first] > 1 else f"none; the {first} first"
        rows.append((f"{visitors:,}", *(_count(share) for share in shares.values()), verdict))
    return rows


def device_rows() -> Rows:
    """What painting on visitors' devices takes off the server."""
    rows = Rows()
    for visitors in VISITORS[1:]:
        for share in ON_DEVICE:
            found = needs.of_visitors(visitors, share)
            amounts = _amount(found.storage_gb, "GB"), _amount(found.network_mbit, "Mbit/s")
            rows.append((f"{visitors:,}", f"{share:.0%}", f"{found.cores:,}", f"{found.gpus:,}", *amounts))
    return rows


TABLES = {
    "assumptions": (("value", "assumption", "origin"), assumption_rows),
    "times": (("run", "share of runs", "at a worker, 2 cores", "not painting", "with the assumed GPU"), time_rows),
    "needs": (
        (
            "visitors a day",
            "runs an hour",
            "workers",
            "cores",
            "or GPUs",
            "web processes",
            "memory",
            "storage",
            "network",
        ),
        need_rows,
    ),
    "bottlenecks": (
        ("visitors a day", "workers", "web process", "storage", "network", "first bottleneck"),
        bottleneck_rows,
    ),
    "devices": (("visitors a day", "on devices", "cores", "or GPUs", "storage", "network"), device_rows),
}
"""Name of a generated table -> its head, and what makes its rows."""


def _count(number: float) -> str:
    """A number in two digits."""
    return f"{number:,.0f}" if number >= 10 else f"{number:#.2g}"


def _amount(value: float, unit: str) -> str:
    return f"{_count(value)} {unit}"
