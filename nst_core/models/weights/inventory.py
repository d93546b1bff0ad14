"""What is where: for `python -m nst_core weights list | fetch | verify` and for the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.disk import PART, roots
from nst_core.models.weights.resolver import WeightsSource, find
from nst_core.models.weights.sources import NETWORKS, NetworkSources


@dataclass(frozen=True)
class Status:
    """A network, and either what was found on this machine or why nothing was."""

    name: str
    network: NetworkSources
    found: WeightsSource | None
    missing: str


@dataclass(frozen=True)
class Check:
    """One folder of the cache after hashing all of it; `damage` is "" if it is intact."""

    slot: str
    path: Path
    origin: str
    licence: str
    damage: str

    @property
    def ok(self) -> bool:
        """Whether every file has its recorded and published hash."""
        return not self.damage


def status(network: str) -> Status:
    """What this machine has of a network, without fetching or deleting anything.

    Raises:
        WeightsError: the network is unknown.
    """
    if network not in NETWORKS:
        raise WeightsError(f"network must be one of {', '.join(NETWORKS)}, got {network!r}")
    try:
        return Status(network, NETWORKS[network], find(network, fetch=False), "")
    except WeightsError as error:
        return Status(network, NETWORKS[network], None, str(error))


def verify() -> tuple[Check, ...]:
    """Hash every folder of the cache again and report damage; nothing is changed."""
    folders = ((root, path) for root in roots() for path in sorted(root.glob("*/*")))
    return tuple(_check(root, path) for root, path in folders if path.is_dir() and not path.name.startswith(PART))


def _check(root: Path, folder: Path) -> Check:
    slot = folder.relative_to(root).as_posix()
    try:
        about = cache.check(folder, _pins(slot)).about
    except WeightsError as error:
        return Check(slot, folder, "", "", str(error))
    return Check(slot, folder, about.get("origin", ""), about.get("licence", ""), "")


def _pins(slot: str) -> dict[str, str]:
    network, _, slug = slot.partition("/")
    sources = NETWORKS[network].sources if network in NETWORKS else ()
    return next((source.pins for source in sources if source.slug == slug), {})
