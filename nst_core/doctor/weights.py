"""The networks' weights: where they are, whether their hashes are right, and the sources that were tried."""

from __future__ import annotations

from collections.abc import Iterator

from nst_core.doctor.finding import Finding, ok, problem, warning
from nst_core.models import weights
from nst_core.models.weights import NetworkStatus
from nst_core.net.download import is_remote
from nst_core.settings import MAGENTA_HANDLE, Settings

NEEDED = ("vgg19", "magenta")
"""Networks without which the worker does not start; others are fetched when a run asks for them."""


def check() -> Iterator[Finding]:
    """A line for each network, and one for each damaged entry of the cache; nothing is fetched or deleted."""
    for name in weights.NETWORKS:
        yield from _network(weights.status(name))
    for entry in weights.verify():
        if not entry.ok:
            yield problem(
                f"the weights in {entry.path} are damaged: {entry.damage}",
                "they are fetched again when they are needed, or now: python -m nst_core weights fetch",
            )


def _network(status: NetworkStatus) -> Iterator[Finding]:
    found = status.found
    if found is None and status.name in NEEDED:
        yield problem(status.missing, "python -m nst_core weights fetch")
    elif found is None and status.name == "litert":
        yield warning(
            f"{status.network.title}, is not on this machine: pages that paint on the visitor's device cannot start",
            "python -m nst_core weights fetch litert",
        )
    elif found is None:
        yield ok(f"{status.network.title} is not on this machine; it is fetched when a run asks for it")
    else:
        tried = f"; tried before: {'; '.join(found.tried)}" if found.tried else ""
        yield ok(f"{status.network.title} comes from {found.source}, its hashes are right, at {found.path}{tried}")
        for sentence in found.unusable:
            yield problem(sentence, "correct or unset that setting, and start the server again")
        yield from _handle_to_fetch(status.name, found.source)


def _handle_to_fetch(network: str, source: str) -> Iterator[Finding]:
    """A warning if the operator's handle is an address whose network is not on this machine yet."""
    handle = Settings.read().hub_handle
    if network == "magenta" and handle != MAGENTA_HANDLE and is_remote(handle) and source not in ("tf-hub", "operator"):
        yield warning(
            "the network that NST_HUB_HANDLE names is not on this machine; the worker fetches it when it starts",
            "to see now whether that works: python -m nst_core weights fetch magenta",
        )
