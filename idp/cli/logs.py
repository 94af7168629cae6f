"""The log of processes that stay: standard error, one format; ours from INFO, others' warnings.

Owns what must not reach it from errors of others. No line of ours names an address with a token.
"""

import logging
import re

_ROW = re.compile(r"^(DETAIL|CONTEXT): .*?(?=^\S|\Z)", re.M | re.S)
"""Where PostgreSQL quotes the row that it refused, with names and numbers in it."""


class _Formatter(logging.Formatter):
    """Leaves out of an error's text what the database quotes of a row."""

    def format(self, record: logging.LogRecord) -> str:
        return _ROW.sub(r"\1: …\n", super().format(record)).rstrip("\n")


FORMAT = _Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def log_to_stderr() -> None:
    """Send the log of this process to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(FORMAT)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("acrux").setLevel(logging.INFO)
