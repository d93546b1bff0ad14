"""Every query of the dashboard names metrics and labels that this server has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY

from nst_core.server.monitoring import exposition
from nst_core.server.monitoring.exposition import described

DASHBOARD = json.loads(Path(exposition.__file__).with_name("dashboard.json").read_text())
QUERIES = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "unknown": ("",)}
GROUPED = re.compile(r"\b(?:by|without) \(([^)]*)\)")
WORD = re.compile(r"[a-zA-Z_:][\w:]*")


def metrics_in(query: str) -> set[str]:
    """The names in a PromQL query that are neither functions nor labels, ranges or texts."""
    rest = re.sub(r'\[[^\]]*\]|\{[^}]*\}|"[^"]*"', "", GROUPED.sub("", query))
    return {match[0] for match in WORD.finditer(rest) if not rest[match.end() :].lstrip().startswith("(")} - {"by"}


def labels_in(query: str) -> set[str]:
    grouped = {name.strip() for names in GROUPED.findall(query) for name in names.split(",")}
    return grouped | {
        name for inside in re.findall(r"\{([^}]*)\}", query) for name in re.findall(r"(\w+)\s*[=!]", inside)
    }


def sample_names() -> Iterator[str]:
    for family in described():
        yield from (f"{family.name}{suffix}" for suffix in SUFFIXES[family.type])


def test_the_names_in_a_query_are_found() -> None:
    query = 'histogram_quantile(0.5, sum by (le, kind) (rate(a_bucket{b="c_d"}[5m]))) / sum(rate(a_count[$__x]))'
    assert metrics_in(query) == {"a_bucket", "a_count"}
    assert labels_in(query) == {"le", "kind", "b"}


def test_each_query_names_metrics_that_exist() -> None:
    known = {*sample_names(), ACTIVE_SESSIONS_FAMILY}
    assert len(QUERIES) > 12
    for title, query in QUERIES:
        assert metrics_in(query), title
        assert metrics_in(query) <= known, title


def test_each_of_our_metrics_is_on_the_dashboard() -> None:
    shown = set().union(*(metrics_in(query) for _, query in QUERIES))
    for family in described():
        if family.name.startswith("nst_"):
            assert any(f"{family.name}{suffix}" in shown for suffix in SUFFIXES[family.type]), family.name


def test_each_label_of_a_query_and_of_its_legend_is_one_of_its_metric() -> None:
    source = "".join(path.read_text() for path in Path(exposition.__file__).parent.glob("*_metrics.py"))
    legends = [target["legendFormat"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    used = set().union(*(labels_in(query) for _, query in QUERIES)) - {"le"}
    used |= {label for legend in legends for label in re.findall(r"\{\{(\w+)\}\}", legend)}
    assert used == {"method", "up_to_px", "state", "code", "level"}
    assert all(f'"{label}"' in source for label in used)


def test_panels_have_a_place_of_their_own_and_say_what_they_show() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in DASHBOARD["panels"]})
    assert all(panel["description"] for panel in DASHBOARD["panels"])
