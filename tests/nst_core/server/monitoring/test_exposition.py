"""The text that Prometheus reads, parsed by its own client's strict parser."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from nst_core.server.monitoring.exposition import END, ServerMetrics, joined
from tests.nst_core.jobs.servers import Servers, under_way

STREAMLITS = b'# TYPE active_sessions gauge\n# HELP active_sessions Open tabs.\nactive_sessions{a="b"} 2\n# EOF\n'


def names(text: bytes) -> set[str]:
    return {family.name for family in text_string_to_metric_families(text.decode())}  # type: ignore[no-untyped-call]


def test_all_metrics_are_one_valid_text_with_streamlits(servers: Servers) -> None:
    service = servers.start()
    measured = ServerMetrics(service, None)
    under_way(servers, service)
    text = joined(measured.text(), STREAMLITS)
    assert text.count(END) == 1
    needed = {"nst_queue_runs", "nst_wait_seconds", "nst_step_seconds", "nst_run_failures", "nst_log_records"}
    assert needed | {"nst_worker_memory_bytes", "process_resident_memory_bytes", "active_sessions"} <= names(text)


def test_a_text_that_is_not_whole_is_left_out(servers: Servers) -> None:
    own = ServerMetrics(servers.start(), None).text()
    for other in (b"", b"Not found\n", STREAMLITS[:-3]):
        assert joined(own, other) == own
