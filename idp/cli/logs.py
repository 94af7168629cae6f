"""The log of processes that stay: standard error; ours from INFO, others' warnings.

Lines of text, or JSON objects of one line each (`log.format`). Owns what must not reach it from
errors of others. No line of ours names an address with a token.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from idp.caller import request_id

_ROW = re.compile(r"^(DETAIL|CONTEXT): .*?(?=^\S|\Z)", re.M | re.S)
"""Where PostgreSQL quotes the row that it refused, with names and numbers in it."""


def _without_rows(text: str) -> str:
    return _ROW.sub(r"\1: …\n", text).rstrip("\n")


class _Formatter(logging.Formatter):
    """Leaves out of an error's text what the database quotes of a row."""

    def format(self, record: logging.LogRecord) -> str:
        return _without_rows(super().format(record))


class _Json(logging.Formatter):
    """One object a line, under stable keys; `request` is the request that the thread is at."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        found: dict[str, Any] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": _without_rows(record.getMessage()),
        }
        if called := request_id.current.get():
            found["request"] = called
        found |= getattr(record, "fields", {})
        if record.exc_info:
            found["error"] = _without_rows(self.formatException(record.exc_info))
        return json.dumps(found, ensure_ascii=False, default=str)


FORMAT = _Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
_FORMATS: dict[str, logging.Formatter] = {"text": FORMAT, "json": _Json()}
_handler = logging.StreamHandler()


def log_to_stderr(form: str = "text") -> None:
    """Send the log of this process to standard error; until settings are read it is text."""
    _handler.setFormatter(_FORMATS[form])
    logging.basicConfig(level=logging.WARNING, handlers=[_handler])
    logging.getLogger("acrux").setLevel(logging.INFO)
