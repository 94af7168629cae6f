"""Errors that a command tells in one line, instead of where in the code they came up."""

from idp.errors import AcruxError

GAVE_WAY = (
    "another change of the same rows came in between, and what this one began is undone:"
    " run it again"
)


def sentence(error: BaseException) -> str | None:
    """Return what an operator is told of an error; None for a fault of ours."""
    if isinstance(error, AcruxError):
        return str(error)
    # Not before something failed: who starts a server loads nothing of the database.
    from idp.store.db import trouble
    from idp.store.db.schema import DATABASE_ERRORS, one_line

    if not isinstance(error, DATABASE_ERRORS):
        return None
    return GAVE_WAY if trouble.gave_way(error) else f"the database said: {one_line(error)}"
