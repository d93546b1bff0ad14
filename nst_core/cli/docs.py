"""The README's generated tables: `python -m nst_core docs` writes them, and CI fails where that changes anything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nst_core.bench.report.measured import ROWS
from nst_core.bench.report.tables import table as measured_table
from nst_core.errors import RecipeError
from nst_core.models.weights.sources import NETWORKS
from nst_core.picture import catalogue, samples
from nst_core.recipe import PRESETS, Recipe

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
    """Each setting of a recipe, and of what its lists hold: values or range, default, meaning."""
    rows = [
        (f"`{name}`", _values(knob), _default(knob), knob["description"])
        for name, knob in _knobs(Recipe.model_json_schema())
        if "description" in knob
    ]
    return _table(("setting", "values", "default", "meaning"), rows)


def presets_table() -> str:
    """Each preset: what it does, what it sets, and its source with what differs there and why."""
    rows = [
        (f"`{key}`", preset.title, preset.text, _settings(preset.settings), preset.source)
        for key, preset in PRESETS.items()
    ]
    return _table(("preset", "title", "what it does", "what it sets", "source, what differs, and why"), rows)


def measurements(what: str) -> str:
    """What is kept of one kind of measurement, and below it how it came about."""
    made = measured_table(what)
    return "\n\n".join([_table(made.head, made.rows), *made.notes])


TABLES: dict[str, Callable[[], str]] = {
    "weights": weights_table,
    "pictures": pictures_table,
    "settings": settings_table,
    "presets": presets_table,
    **{what: partial(measurements, what) for what in ROWS},
}


def _knobs(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and JSON Schema of each setting; parts are flattened, entries of lists follow as `list[].entry`."""
    parts = schema["$defs"]
    for name, knob in schema["properties"].items():
        if name in _NOT_SET:
            continue
        of = str(knob.get("$ref", knob.get("items", {}).get("$ref", ""))).rpartition("/")[2]
        if "$ref" not in knob:
            yield name, knob
        for inner, entry in parts[of]["properties"].items() if of else ():
            yield (inner if "$ref" in knob else f"{name}[].{inner}"), entry


_NOT_SET = ("schema_version", "origin")
"""What the program writes into a recipe and nobody sets."""


def _values(knob: Mapping[str, Any]) -> str:
    """What a setting may be, from its JSON Schema."""
    if "enum" in knob:
        return ", ".join(knob["enum"])
    if "anyOf" in knob:
        return ", or ".join(_values(one) for one in knob["anyOf"])
    if knob.get("type") in ("number", "integer"):
        return _range(knob)
    if knob.get("type") == "object":
        return f"{_range(knob['additionalProperties'])} for each layer named"
    if knob.get("type") == "array":
        what = _range(knob["items"]) if "$ref" not in knob["items"] else "entries"
        least, most = knob.get("minItems", 0), knob["maxItems"]
        return f"{what}, {most if least == most else f'{least} to {most}'} of them"
    plain = {"null": "unset", "boolean": "true, false"}
    return plain.get(knob.get("type", "")) or ("SHA-256" if "pattern" in knob else "text")


def _range(knob: Mapping[str, Any]) -> str:
    low, high = (knob.get(end, knob.get(f"exclusive{end.title()}")) for end in ("minimum", "maximum"))
    above = "above " if "exclusiveMinimum" in knob else ""
    below = "below " if "exclusiveMaximum" in knob else ""
    whole = "whole, " if knob["type"] == "integer" else ""
    return f"{whole}{above}{_plain(low)} to {below}{_plain(high)}"


def _default(knob: Mapping[str, Any]) -> str:
    if "default" not in knob:
        return ""
    value = knob["default"]
    return "unset" if value is None else "none" if value == [] else f"`{_text(value)}`"


def _settings(nested: Mapping[str, Any]) -> str:
    """What a preset sets where that is not the default anyway, as `--set` takes it."""
    own = dict(_knobs(Recipe.model_json_schema()))
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= value if isinstance(value, dict) and name not in own else {name: value}
    return ", ".join(f"`{n}={_text(v)}`" for n, v in flat.items() if v != own[n].get("default")) or "the defaults"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps({layer: _number(share) for layer, share in value.items()})
    return json.dumps(value) if isinstance(value, bool) else str(_number(value))


def _number(value: Any) -> Any:
    """A number without a fraction of nothing."""
    return int(value) if isinstance(value, float) and value == int(value) else value


def _plain(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
