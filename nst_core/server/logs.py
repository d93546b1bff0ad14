"""The log of the web process: one format for all loggers, as text or as JSON, and no line over and over.

A line never holds a picture, a full address, or a run's id beside an address.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

REPEAT_SECONDS = 30.0
"""Equal lines within this time are counted, not written."""
MOST_LINES_PER_SECOND = 20.0
"""Lines of all kinds, on average; above it, lines are counted, not written."""
BURST_LINES = 200
"""Lines that may come at once."""
_NOT_A_FAULT = "ASGI callable returned without completing handshake."
"""Uvicorn's error for a WebSocket that was refused with an HTTP answer, as ours are."""
_FIELDS = ("run", "state")
"""Fields of a record that are fields of its JSON too."""
_KNOWN_LINES = 256
"""How many different lines are remembered."""
_FOREIGN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "streamlit", "asyncio")


@dataclass
class _Repeats:
    since: float
    level: int
    skipped: int = 0


class FewRepeats(logging.Filter):
    """Lets each line pass once in `REPEAT_SECONDS`, and not more than `MOST_LINES_PER_SECOND` in all.

    The next line that passes says how often a line was left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], _Repeats] = OrderedDict()
        self._room, self._refilled, self._dropped = float(BURST_LINES), time.monotonic(), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; it may get a note about those before it."""
        if record.msg == _NOT_A_FAULT:
            return False
        now = time.monotonic()
        with self._lock:
            key = _kind(record)
            seen = self._seen.get(key)
            if seen is not None and now - seen.since < REPEAT_SECONDS:
                seen.skipped += 1
                return False
            self._room = min(BURST_LINES, self._room + (now - self._refilled) * MOST_LINES_PER_SECOND)
            self._refilled = now
            if self._room < 1:
                self._dropped += 1
                return False
            self._room -= 1
            notes = [f"repeated {seen.skipped} times"] if seen and seen.skipped else []
            notes += [f"{self._dropped} other lines left out"] if self._dropped else []
            self._dropped = 0
            self._seen[key] = _Repeats(now, record.levelno)
            self._seen.move_to_end(key)
            while len(self._seen) > _KNOWN_LINES:
                self._seen.popitem(last=False)
        if notes:
            record.msg, record.args = f"{record.getMessage()} ({', '.join(notes)})", ()
        return True

    def due(self) -> list[tuple[str, int, str]]:
        """The lines that have not come again for a while, as (logger, level, text with the number of repeats)."""
        now = time.monotonic()
        with self._lock:
            quiet = [(key, seen) for key, seen in self._seen.items() if now - seen.since >= REPEAT_SECONDS]
            for key, _ in quiet:
                del self._seen[key]
        return [
            (name, seen.level, f"{text.strip()} (repeated {seen.skipped} times)")
            for (name, text), seen in quiet
            if seen.skipped
        ]


def _kind(record: logging.LogRecord) -> tuple[str, str]:
    """What makes two records equal: logger and text; of warnings and errors the text before its values."""
    error = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
    text = record.getMessage() if record.levelno < logging.WARNING else str(record.msg)
    text = text.partition("\n")[0]  # asyncio's lines go on with the objects concerned
    return record.name, f"{text} {error.__name__ if error else ''}"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message; a run's id and state; the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


_REPEATS = FewRepeats()


def report_repeats() -> None:
    """Write how often lines were left out that have not come again since; called now and then."""
    for name, level, text in _REPEATS.due():
        logging.getLogger(name).log(level, "%s", text)


def configure(style: str) -> None:
    """Write every logger's records to stderr, each kind of line a few times at most; calling it twice is harmless.

    Args:
        style: "json" for one object a line; anything else for plain text.
    """
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if style == "json" else plain)
    handler.addFilter(_REPEATS)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    threading.excepthook = _log_end_of_thread
    logging.captureWarnings(True)
    adopt_loggers()


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    """Log an exception that nothing in its thread has caught; Python itself would write it past the log."""
    if end.exc_value is not None and not isinstance(end.exc_value, SystemExit):
        error = (end.exc_type, end.exc_value, end.exc_traceback)
        name = end.thread.name if end.thread else "unknown"
        logging.getLogger(__name__).error("The thread %s ended with a bug", name, exc_info=error)


def adopt_loggers() -> None:
    """Let the servers' loggers write through ours; again now and then, since they make new ones as they are imported.

    Those bring handlers of their own, which would write without a limit.
    """
    known = [
        name for name in logging.root.manager.loggerDict if name.startswith(("uvicorn", "streamlit", "websockets"))
    ]
    for name in {*_FOREIGN, *known}:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        if name.startswith("uvicorn"):
            logger.setLevel(logging.WARNING)  # it tells the full address of each visitor
