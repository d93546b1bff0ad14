"""The README's generated tables: `python -m nst_core docs` writes them, and CI fails where that changes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from nst_core.errors import RecipeError
from nst_core.models.weights.sources import NETWORKS
from nst_core.picture import catalogue, samples
from nst_core.recipe import bounds, choices, default, describe, names

MARK = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewrite(readme: Path) -> None:
    """Write every generated table of the file anew. Raises RecipeError if it names a table that does not exist."""

    def table(match: re.Match[str]) -> str:
        make = TABLES.get(match["name"])
        if make is None:
            raise RecipeError(f"a generated table must be one of {', '.join(TABLES)}, got {match['name']}")
        return f"{match[1]}\n{make()}\n{match[3]}"

    readme.write_text(MARK.sub(table, readme.read_text()))


def weights_table() -> str:
    """Each network with its sources, hashes and licences."""
    rows = [
        (network.title, source.name, f"`{source.hash[:19]}…`" if source.hash else "on first use", source.licence)
        for network in NETWORKS.values()
        for source in network.sources
    ]
    return _table(("network", "source, in order", "hash", "licence"), rows)


def pictures_table() -> str:
    """Each bundled picture and each painting known by address, with its maker and licence."""
    bundled = [(s.title, s.kind, s.artist, s.year, s.licence) for s in (*samples.contents(), *samples.styles())]
    known = [(f"[{p.title}]({p.page})", "by address", p.artist, p.year, p.licence) for p in catalogue.paintings()]
    return _table(("picture", "offered as", "made by", "year", "licence"), [*bundled, *known])


def settings_table() -> str:
    """Each setting of a recipe: range or choices, default, meaning."""
    return _table(
        ("setting", "values", "default", "meaning"),
        [(f"`{name}`", _values(name), f"`{default(name)}`", describe(name)) for name in names() if describe(name)],
    )


TABLES: dict[str, Callable[[], str]] = {
    "weights": weights_table,
    "pictures": pictures_table,
    "settings": settings_table,
}


def _values(name: str) -> str:
    low, high = bounds(name)
    if low is not None and high is not None:
        return f"{_plain(low)} to {_plain(high)}"
    return ", ".join(choices(name))


def _plain(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
