"""The log of processes that stay: standard error, one format; ours from INFO, others' warnings."""

import logging


def log_to_stderr() -> None:
    """Send the log of this process to standard error."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("acrux").setLevel(logging.INFO)
