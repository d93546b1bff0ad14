"""The generated tables of the READMEs, and the OpenAPI document: `python -m nst_core docs` writes them.

CI fails if that changes a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from nst_core import api
from nst_core.api import description
from nst_core.bench.report.measured import ROWS
from nst_core.bench.report.tables import table as measured_table
from nst_core.capacity import page
from nst_core.cli import notebooks
from nst_core.errors import RecipeError
from nst_core.models.weights.sources import NETWORKS
from nst_core.picture import catalogue, samples
from nst_core.recipe import PRESETS, Recipe
from nst_core.server.monitoring.exposition import described
from nst_core.settings import Settings, default_of, variable_of
from nst_core.system.host_profile import LEAST_MB, PROFILES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = tuple(
    ROOT / "nst_core" / package / "README.md"
    for package in (".", "recipe", "bench", "models/weights", "picture", "api", "notebooks", "server", "capacity")
)
"""The files that hold generated tables."""

MARK = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewrite_all() -> None:
    """Update every generated table of `DOCUMENTS` and the OpenAPI document, and tidy the example notebooks."""
    for path in notebooks.paths():
        notebooks.rewrite(path)
    for document in DOCUMENTS:
        rewrite(document)
    description.COMMITTED.write_text(description.as_text(api.document()))


def rewrite(document: Path) -> None:
    """Update every generated table of one Markdown file. Raises RecipeError if it names a table that does not exist."""

    def table(match: re.Match[str]) -> str:
        make = TABLES.get(match["name"])
        if make is None:
            raise RecipeError(f"a generated table must be one of {', '.join(TABLES)}, got {match['name']}")
        return f"{match[1]}\n{make()}\n{match[3]}"

    document.write_text(MARK.sub(table, document.read_text()))


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
    """Each setting of a recipe, and of the entries of its lists: values or range, default, meaning."""
    rows = [
        (f"`{name}`", _values(setting), _default(setting), setting["description"])
        for name, setting in _settings_of(Recipe.model_json_schema())
        if "description" in setting
    ]
    return _table(("setting", "values", "default", "meaning"), rows)


def presets_table() -> str:
    """Each preset: its effect, its settings, and its source with the differences and their reasons."""
    rows = [
        (f"`{key}`", preset.title, preset.text, _settings(preset.settings), preset.source)
        for key, preset in PRESETS.items()
    ]
    return _table(("preset", "title", "effect", "settings", "source, differences and their reasons"), rows)


def operator_table() -> str:
    """Each setting of the operator: its variable, values, default, meaning."""
    rows = [
        (f"`{variable.name}`", variable.values.text, _link(default_of(setting)), variable.meaning)
        for setting in fields(Settings)
        for variable in [variable_of(setting)]
    ]
    return _table(("variable", "values", "default", "meaning"), rows)


def hosts_table() -> str:
    """The sizes of runs by the memory of the host."""
    rows = [
        (
            f"{host.from_mb:,} MB" if host.from_mb else f"less; {LEAST_MB:,} MB are needed",
            f"{host.slow_edge_px:,} px",
            f"{host.fast_edge_px:,} px",
        )
        for host in PROFILES
    ]
    return _table(("memory from", "slow and balanced up to", "fast up to"), rows)


def metrics_table() -> str:
    """Each metric of a server: its name as Prometheus stores it, its type, its meaning."""
    ours = (each for each in described() if each.name.startswith("nst_"))
    rows = [(f"`{each.name}{_STORED_AS[each.type]}`", each.type, each.documentation) for each in ours]
    return _table(("metric", "type", "meaning"), rows)


_STORED_AS = {"counter": "_total", "histogram": "_bucket, _sum, _count", "gauge": ""}
"""What Prometheus adds to the names of metrics of a type."""


def notebooks_table() -> str:
    """Each example notebook, with a badge that opens it in Colab."""
    return _table(("notebook", "content", ""), notebooks.rows())


def routes_table() -> str:
    """Each route of the API, its name for generated clients, and its purpose."""
    rows = [
        (f"`{method.upper()} {path.removeprefix('/v1')}`", f"`{operation['operationId']}`", operation["summary"])
        for path, method, operation in description.operations(api.document())
    ]
    return _table(("route", "name", "what it does"), rows)


def _capacity_table(name: str) -> str:
    """One of the tables of needs, computed from assumptions and published service times."""
    head, rows = page.TABLES[name]
    return _table(head, rows())


def measurements(kind: str) -> str:
    """The stored figures of one benchmark, with the commands and machines that they were measured with."""
    measured = measured_table(kind)
    return "\n\n".join([_table(measured.head, measured.rows), *measured.notes])


TABLES: dict[str, Callable[[], str]] = {
    "weights": weights_table,
    "pictures": pictures_table,
    "settings": settings_table,
    "presets": presets_table,
    "operator": operator_table,
    "routes": routes_table,
    "hosts": hosts_table,
    "metrics": metrics_table,
    "notebooks": notebooks_table,
    **{name: partial(_capacity_table, name) for name in page.TABLES},
    **{kind: partial(measurements, kind) for kind in ROWS},
}


def _settings_of(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and JSON Schema of each setting; nested models are flattened, entries of lists follow as `list[].entry`."""
    return _settings_in(schema["properties"], schema["$defs"])


def _settings_in(
    properties: Mapping[str, Any], models: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, setting in properties.items():
        if name in _WRITTEN_BY_THE_PROGRAM:
            continue
        model = str(setting.get("$ref", setting.get("items", {}).get("$ref", ""))).rpartition("/")[2]
        if "$ref" not in setting:
            yield f"{prefix}{name}", setting
        if model:
            yield from _settings_in(models[model]["properties"], models, "" if "$ref" in setting else f"{name}[].")


_WRITTEN_BY_THE_PROGRAM = ("schema_version", "provenance")
"""Fields of a recipe that are not settings."""


def _values(setting: Mapping[str, Any]) -> str:
    """The allowed values of a setting, from its JSON Schema."""
    if "enum" in setting:
        return ", ".join(setting["enum"])
    if "anyOf" in setting:
        return ", or ".join(_values(option) for option in setting["anyOf"])
    if setting.get("type") in ("number", "integer"):
        return _range(setting)
    if setting.get("type") == "object":
        return f"{_range(setting['additionalProperties'])} for each layer named"
    if setting.get("type") == "array":
        item = _range(setting["items"]) if "$ref" not in setting["items"] else "entries"
        least, most = setting.get("minItems", 0), setting["maxItems"]
        return f"{item}, {most if least == most else f'{least} to {most}'} of them"
    plain = {"null": "unset", "boolean": "true, false"}
    return plain.get(setting.get("type", "")) or ("SHA-256" if "pattern" in setting else "text")


def _range(setting: Mapping[str, Any]) -> str:
    low, high = (setting.get(end, setting.get(f"exclusive{end.title()}")) for end in ("minimum", "maximum"))
    above = "above " if "exclusiveMinimum" in setting else ""
    below = "below " if "exclusiveMaximum" in setting else ""
    whole = "whole, " if setting["type"] == "integer" else ""
    return f"{whole}{above}{_plain(low)} to {below}{_plain(high)}"


def _default(setting: Mapping[str, Any]) -> str:
    if "default" not in setting:
        return ""
    value = setting["default"]
    return "unset" if value is None else "none" if value == [] else f"`{_text(value)}`"


def _link(text: str) -> str:
    return f"<{text}>" if text.startswith("https://") else text


def _settings(nested: Mapping[str, Any]) -> str:
    """The settings of a preset that differ from the defaults, as `--set` takes them."""
    schemas = dict(_settings_of(Recipe.model_json_schema()))
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= value if isinstance(value, dict) and name not in schemas else {name: value}
    changed = (f"`{name}={_text(value)}`" for name, value in flat.items() if value != schemas[name].get("default"))
    return ", ".join(changed) or "the defaults"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps({layer: _number(share) for layer, share in value.items()})
    return json.dumps(value) if isinstance(value, bool) else str(_number(value))


def _number(value: Any) -> Any:
    """A whole number without ".0"."""
    return int(value) if isinstance(value, float) and value == int(value) else value


def _plain(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; a "|" inside a cell becomes "/"."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
