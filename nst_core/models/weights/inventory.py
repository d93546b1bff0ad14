"""The weights on this machine, for `python -m nst_core weights list | fetch | verify` and for the About page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.cache import PART, roots
from nst_core.models.weights.resolver import WeightsSource, find
from nst_core.models.weights.sources import NETWORKS, NetworkSources


@dataclass(frozen=True)
class NetworkStatus:
    """Whether a network's weights are on this machine.

    Attributes:
        name: the network's name in NETWORKS.
        network: its title, licence and sources.
        found: the weights, or None.
        missing: why there are none, or "".
    """

    name: str
    network: NetworkSources
    found: WeightsSource | None
    missing: str


@dataclass(frozen=True)
class EntryCheck:
    """The result of verifying one cache entry.

    Attributes:
        slot: the entry's path below the cache's root.
        path: its folder.
        origin: the source that it came from; "" if damaged.
        licence: of the weights; "" if damaged.
        damage: the reason why the entry is damaged, or "".
    """

    slot: str
    path: Path
    origin: str
    licence: str
    damage: str

    @property
    def ok(self) -> bool:
        """Whether every file has its recorded and published hash."""
        return not self.damage


def status(network: str) -> NetworkStatus:
    """Search a network's weights on this machine; nothing is fetched or deleted.

    Raises:
        WeightsError: the network is unknown.
    """
    if network not in NETWORKS:
        raise WeightsError(f"network must be one of {', '.join(NETWORKS)}, got {network!r}")
    try:
        return NetworkStatus(network, NETWORKS[network], find(network, fetch=False), "")
    except WeightsError as error:
        return NetworkStatus(network, NETWORKS[network], None, str(error))


def verify() -> tuple[EntryCheck, ...]:
    """Hash every cache entry again and report damage; nothing is changed."""
    # `isdir` is False where the folder above may not be entered; a search there would raise an error.
    folders = ((root, path) for root in roots() if os.path.isdir(root) for path in sorted(root.glob("*/*")))
    return tuple(_check_entry(root, path) for root, path in folders if path.is_dir() and not path.name.startswith(PART))


def _check_entry(root: Path, folder: Path) -> EntryCheck:
    slot = folder.relative_to(root).as_posix()
    try:
        about = cache.verify_entry(folder, _pins(slot)).about
    except WeightsError as error:
        return EntryCheck(slot, folder, "", "", str(error))
    return EntryCheck(slot, folder, about.get("origin", ""), about.get("licence", ""), "")


def _pins(slot: str) -> dict[str, str]:
    network, _, slug = slot.partition("/")
    sources = NETWORKS[network].sources if network in NETWORKS else ()
    return next((source.pins for source in sources if source.slug == slug), {})
