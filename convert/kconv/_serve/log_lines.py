"""Log lines: with time, level and the request they are about, as text or as JSON.

A line that comes again and again is written a few times, and then counted: what a client can
make a server log has a bound as well.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from kconv._serve.request_id import request_id

REPEATS = 20
"""How often the same message may be logged within `WINDOW_SECONDS`."""

WINDOW_SECONDS = 10.0

_UNLIMITED = "kconv.access"
_MOST_KEPT = 1000


class TextLines(logging.Formatter):
    """``2026-11-28T06:00:00.123Z WARNING [request] message``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of a traceback."""
        name = request_id.get().decode("latin-1")
        about = f" [{name}]" if name else ""
        text = f"{_moment(record)} {record.levelname}{about} {_message(record)}"
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return text


class JsonLines(logging.Formatter):
    """An object a line: time, level, logger, message, request_id, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if name := request_id.get():
            line["request_id"] = name.decode("latin-1")
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class RepeatLimit(logging.Filter):
    """Lets a message through a number of times within a window, and says how many it left out."""

    def __init__(self, most: int = REPEATS, seconds: float = WINDOW_SECONDS) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record; the first after a pause tells of those left out."""
        if record.name == _UNLIMITED:
            return True
        key = (record.name, str(record.msg))
        now = time.monotonic()
        began, count = self._seen.get(key, (now, 0))
        if now - began > self._seconds:
            if count > self._most:
                record.left_out = count - self._most
            began, count = now, 0
        if len(self._seen) > _MOST_KEPT:
            self._seen.clear()
        self._seen[key] = (began, count + 1)
        return count < self._most


def configure(format: str = "text", level: str = "info") -> None:
    """Log to standard error in this process; ``format`` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if format == "json" else TextLines())
    handler.addFilter(RepeatLimit())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    # What libraries tell of their ordinary doings is nobody's news here.
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.getLogger("kconv").setLevel(level.upper())


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    left_out = getattr(record, "left_out", 0)
    return f"{text} ({left_out} more like it were left out)" if left_out else text
