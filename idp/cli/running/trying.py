"""Jobs that are done again and again: nothing that one meets ends it, or the process."""

import logging
import traceback
from collections.abc import Callable

from idp.errors import AlteredError, GoneError
from idp.store.db import trouble
from idp.store.db.schema import DATABASE_ERRORS, one_line

_FRAMES = 3
_log = logging.getLogger("acrux.worker")


class Trying:
    """A job, called once more each time it is due; what it cannot do is said, and left for then."""

    def __init__(self, job: Callable[[], object]) -> None:
        self._job = job
        self._known = ""

    def __call__(self) -> None:
        """Do the job.

        That the database is away, and what nobody thought of, is said once, until it is another or
        over: a job of every second would fill the log.
        """
        met = ""
        try:
            self._job()
        except DATABASE_ERRORS as error:
            trouble.note(error)
            met = f"the database said: {one_line(error)}"
            if met != self._known:
                _log.warning("%s", met)
        except AlteredError as error:
            # What rests on a row that was changed from outside is left, and nothing else.
            _log.error("%s", error)
        except GoneError as error:
            # Someone was deleted while there was something to do for them.
            _log.info("%s", error)
        except Exception as error:  # whatever it is, the next time may be without
            met = f"unexpected error, which is not the end: {_named(error)}"
            if met != self._known:
                _log.error("%s", met)
        self._known = met


def _named(error: Exception) -> str:
    """Return of which type an error is and where it came up: its text may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = (f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames)
    return f"{type(error).__name__} in {' < '.join(reversed(list(places)))}"
