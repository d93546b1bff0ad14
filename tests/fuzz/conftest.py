"""Reports how many examples a long run of the fuzz tests tried."""

import pytest

from tests.fuzz.fuzzing import COUNTS, MINUTES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MINUTES and COUNTS:
        terminalreporter.section("examples tried")
        for name, count in COUNTS.most_common():
            terminalreporter.write_line(f"{count:10,}  {name}")
        terminalreporter.write_line(f"{sum(COUNTS.values()):10,}  in all")
