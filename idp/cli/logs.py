"""The log of processes that stay: standard error, one format; ours from INFO, others' warnings."""

import logging
from collections.abc import Mapping

from idp.links import KINDS

_HIDDEN = tuple({kind.path for kind in KINDS.values()})


def log_to_stderr() -> None:
    """Send the log of this process to standard error."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("acrux").setLevel(logging.INFO)


class WithoutLinks(logging.Filter):
    """Takes the token out of the address of a link, in the line of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        values = record.args
        if isinstance(values, Mapping):
            path = str(values.get("path", ""))
            prefix = next((hidden for hidden in _HIDDEN if path.startswith(hidden)), None)
            if prefix is not None:
                record.args = {**values, "path": f"{prefix}…"}
        return True
