import io
import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest

from nst_core.server import logs
from nst_core.server.logs import BURST_LINES, FewRepeats, JsonLines, configure


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger with our filter, and what it has written."""
    stream, logger = io.StringIO(), logging.getLogger("test.few_repeats")
    handler = logging.StreamHandler(stream)
    handler.addFilter(FewRepeats())
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    yield logger, stream
    logger.handlers = []


Written = tuple[logging.Logger, io.StringIO]


@pytest.mark.slow
def test_equal_lines_are_counted_and_not_written(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    logger, stream = written
    for number in range(5000):
        try:
            raise OSError(24, "Too many open files")
        except OSError:
            logger.exception("socket.accept() out of system resource\nsocket: <socket fd=%s>", number)
    assert len(stream.getvalue()) < 2000
    monkeypatch.setattr(logs, "REPEAT_SECONDS", 0.0)
    logger.error("socket.accept() out of system resource\nsocket: <socket fd=1>")
    logger.exception("socket.accept() out of system resource\nsocket: <socket fd=1>", exc_info=OSError())
    assert "repeated 4999 times" in stream.getvalue()


def test_lines_of_many_kinds_are_limited_too(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    logger, stream = written
    at = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: at)
    for number in range(5000):
        logger.error(f"kind {number}")
    assert len(stream.getvalue().splitlines()) == BURST_LINES


def test_warnings_that_differ_in_a_value_are_written_each_up_to_a_few(written: Written) -> None:
    logger, stream = written
    for name in ("NST_A", "NST_B", "NST_C"):
        logger.warning("Settings: %s", f"{name} must be a number")
    assert len(stream.getvalue().splitlines()) == 3
    for number in range(500):
        logger.warning("Settings: %s", number)
    assert len(stream.getvalue().splitlines()) == logs.MOST_ALIKE


def test_news_of_different_runs_are_all_written(written: Written) -> None:
    logger, stream = written
    for run in ("a", "b", "c"):
        logger.info("run %s is done", run)
    assert stream.getvalue().splitlines() == ["run a is done", "run b is done", "run c is done"]


def test_json_is_one_object_a_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("nst_core.x", logging.ERROR, "", 0, "it %s\nfailed", ("all",), info)
    line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("error", "nst_core.x", "it all\nfailed")
    assert "ValueError" in told["traceback"]


def test_every_logger_writes_once_through_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    foreign = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(foreign, "handlers", [logging.StreamHandler(io.StringIO())])
    monkeypatch.setattr(foreign, "propagate", False)
    monkeypatch.setattr(foreign, "level", logging.INFO)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    configure("json")
    configure("json")
    logging.captureWarnings(False)
    foreign.error("out of handles")
    foreign.info('198.51.100.9:3333 - "WebSocket /_stcore/stream" [accepted]')
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["out of handles"]
    buggy = threading.Thread(target=lambda: 1 / 0, name="painter")
    buggy.start()
    buggy.join()
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "The thread painter ended with a bug"
    assert "ZeroDivisionError" in json.loads(line)["traceback"]


def test_what_was_left_out_is_told_when_it_is_over(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    logger, _ = written
    few = logger.handlers[0].filters[0]
    assert isinstance(few, FewRepeats)
    logger.info("served")
    logger.info("served")
    for number in range(30):
        logger.warning("run %d waits", number)
    assert few.due() == []
    monkeypatch.setattr(logs, "REPEAT_SECONDS", 0.0)
    assert few.due() == [
        (logger.name, logging.INFO, "served (repeated 1 times)"),
        (logger.name, logging.WARNING, "run 29 waits (one of 20 like it left out)"),
    ]
    assert few.due() == []
