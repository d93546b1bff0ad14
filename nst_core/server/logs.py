"""The log of the web process: one format for all loggers, as text or as JSON, without endless repetitions.

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
"""Time within which equal lines are counted, not written again."""
MOST_ALIKE = 10
"""The most warnings and errors within `REPEAT_SECONDS` that differ only in values such as a run's id."""
MOST_LINES_PER_SECOND = 20.0
"""The most lines of all kinds, on average; further lines are counted, not written."""
BURST_LINES = 200
"""The most lines that are written at once."""
_NOT_A_FAULT = "ASGI callable returned without completing handshake."
"""Uvicorn's false error for a WebSocket that was refused with an HTTP answer, as ours are."""
_FIELDS = ("run", "state")
"""Fields of a log record that are copied to its JSON."""
_KNOWN_LINES = 256
"""The most different lines that are remembered."""
_FOREIGN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "streamlit", "asyncio")


@dataclass
class _Lines:
    """A group of lines that count as equal: the first one's time and text, and how many were written and left out."""

    since: float
    level: int
    text: str
    written: int = 1
    skipped: int = 0


LineKey = tuple[str, ...]


class FewRepeats(logging.Filter):
    """Writes each line once in `REPEAT_SECONDS`, a few similar ones, and `MOST_LINES_PER_SECOND` in all.

    The next line that is written tells how many were left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._equal: OrderedDict[LineKey, _Lines] = OrderedDict()
        self._alike: OrderedDict[LineKey, _Lines] = OrderedDict()
        self._room, self._refilled, self._dropped = float(BURST_LINES), time.monotonic(), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; a note about lines left out may be added to it."""
        if record.msg == _NOT_A_FAULT:
            return False
        now, text = time.monotonic(), _text(record)
        with self._lock:
            equal = _fresh(self._equal, (record.name, text), now)
            alike = _fresh(self._alike, _kind(record), now) if record.levelno >= logging.WARNING else None
            for lines, most in ((equal, 1), (alike, MOST_ALIKE)):
                if lines is not None and lines.written >= most:
                    lines.skipped, lines.text = lines.skipped + 1, text
                    return False
            if not self._has_room(now):
                self._dropped += 1
                return False
            notes = self._notes(record, text)
            _note(self._equal, (record.name, text), _Lines(now, record.levelno, text))
            if alike is not None:
                alike.written += 1
            elif record.levelno >= logging.WARNING:
                _note(self._alike, _kind(record), _Lines(now, record.levelno, text))
        if notes:
            record.msg, record.args = f"{record.getMessage()} ({', '.join(notes)})", ()
        return True

    def _has_room(self, now: float) -> bool:
        """Whether another line may be written now; if so, it is counted."""
        self._room = min(BURST_LINES, self._room + (now - self._refilled) * MOST_LINES_PER_SECOND)
        self._refilled = now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    def _notes(self, record: logging.LogRecord, text: str) -> list[str]:
        """A note about the lines left out since the last line like this one."""
        equal, alike = self._equal.get((record.name, text)), self._alike.get(_kind(record))
        notes = [f"repeated {equal.skipped} times"] if equal and equal.skipped else []
        if alike and alike.skipped and record.levelno >= logging.WARNING:
            notes.append(f"{alike.skipped} lines like it left out")
            alike.skipped = 0
        notes += [f"{self._dropped} other lines left out"] if self._dropped else []
        self._dropped = 0
        return notes

    def due(self) -> list[tuple[str, int, str]]:
        """The lines left out that were not repeated lately, as (logger, level, text with the number of repeats)."""
        now = time.monotonic()
        with self._lock:
            equal, alike = _quiet(self._equal, now), _quiet(self._alike, now)
        return [
            *((name, lines.level, f"{lines.text} (repeated {lines.skipped} times)") for name, lines in equal),
            *((name, lines.level, f"{lines.text} (one of {lines.skipped} like it left out)") for name, lines in alike),
        ]


def _fresh(known: OrderedDict[LineKey, _Lines], key: LineKey, now: float) -> _Lines | None:
    """The lines of a key within the last `REPEAT_SECONDS`."""
    lines = known.get(key)
    return lines if lines is not None and now - lines.since < REPEAT_SECONDS else None


def _note(known: OrderedDict[LineKey, _Lines], key: LineKey, lines: _Lines) -> None:
    known[key] = lines
    known.move_to_end(key)
    while len(known) > _KNOWN_LINES:
        known.popitem(last=False)


def _quiet(known: OrderedDict[LineKey, _Lines], now: float) -> list[tuple[str, _Lines]]:
    """Drop the groups that were not repeated lately.

    Returns those of which lines were left out, with the logger's name.
    """
    quiet = [(key, lines) for key, lines in known.items() if now - lines.since >= REPEAT_SECONDS]
    for key, _ in quiet:
        del known[key]
    return [(key[0], lines) for key, lines in quiet if lines.skipped]


def _text(record: logging.LogRecord) -> str:
    """The first line of a record, with the kind of its error.

    Asyncio adds further lines about the objects concerned.
    """
    error = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
    return f"{record.getMessage().partition(chr(10))[0]} {error.__name__ if error else ''}".strip()


def _kind(record: logging.LogRecord) -> LineKey:
    """A key that is equal for records that differ only in their values."""
    return (record.name, str(record.msg).partition("\n")[0])


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
    """Write how often lines were left out that were not repeated since; called regularly."""
    for name, level, text in _REPEATS.due():
        logging.getLogger(name).log(level, "%s", text)


def configure(style: str) -> None:
    """Write every logger's records to stderr, each kind of line at most a few times; it may be called twice.

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
    """Log an exception that was not caught in its thread; Python itself would write it to stderr, outside the log."""
    if end.exc_value is not None and not isinstance(end.exc_value, SystemExit):
        error = (end.exc_type, end.exc_value, end.exc_traceback)
        name = end.thread.name if end.thread else "unknown"
        logging.getLogger(__name__).error("The thread %s ended with a bug", name, exc_info=error)


def adopt_loggers() -> None:
    """Make the servers' loggers write through ours. Called regularly, since importing them creates new loggers.

    The handlers of these would write without a limit.
    """
    known = [
        name for name in logging.root.manager.loggerDict if name.startswith(("uvicorn", "streamlit", "websockets"))
    ]
    for name in {*_FOREIGN, *known}:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        if name.startswith("uvicorn"):
            logger.setLevel(logging.WARNING)  # this logger writes the full address of each visitor
