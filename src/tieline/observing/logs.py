"""Lines of log, for people or as JSON; each says which execution it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

_execution: ContextVar[str] = ContextVar("execution", default="")


@contextmanager
def execution(execution_id: str) -> Iterator[None]:
    """What is logged inside belongs to this execution."""
    token = _execution.set(execution_id)
    try:
        yield
    finally:
        _execution.reset(token)


class Text(logging.Formatter):
    """For people: time, level, logger, message, and the execution at the end."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        found = _execution.get()
        line = super().formatMessage(record)
        return f"{line} (execution {found})" if found else line


class Json(logging.Formatter):
    """For programs: an object on each line with time, level, logger, message, execution and error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if found := _execution.get():
            line["execution"] = found
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def set_up(level: str, form: str) -> None:
    """Log to standard error from now on. `form`: text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
