"""Structured logs: one JSON object a line, with ids and never with contents.

Keys in an address are capabilities, so every address is masked before it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any

SECRETS_IN_PATHS = re.compile(r"(/(?:in/[a-z]+|calendar|a|setup|reset/key|push/acknowledge|chat/link)/)[^/?\s\"']+")
ROWS_IN_ERRORS = re.compile(r"(?:DETAIL|CONTEXT): .*")
PLAIN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}  # Django's request quotes its address


class OneLine(logging.Formatter):
    """A record as one line of JSON. Values given as `extra` become fields of their own."""

    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        row |= {name: mask(value) if isinstance(value, str) else value for name, value in record.__dict__.items() if name not in PLAIN}
        if record.exc_info and record.exc_info[0]:
            row["error"] = record.exc_info[0].__name__
            row["trace"] = mask(self.formatException(record.exc_info))
        return json.dumps(row, default=str, ensure_ascii=False)


def mask(text: str) -> str:
    """Hide keys, feed tokens and signed links, and the rows that a database error quotes."""
    return ROWS_IN_ERRORS.sub("DETAIL: left out", SECRETS_IN_PATHS.sub(r"\1***", text))


class _Named(logging.Filter):
    """Says which process wrote the line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def filter(self, record: logging.LogRecord) -> bool:
        record.part = self.process
        return True


def configure(process: str, level: str = "INFO") -> None:
    """Send the logs of this process to standard error. Called once by each process."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = OneLine()
    handler.setFormatter(formatter)
    handler.addFilter(_Named(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for quiet in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(quiet).setLevel("WARNING")
