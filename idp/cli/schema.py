"""The migrations as commands use them: where the schema stands, and how it gets to the newest.

Alembic is imported when a schema is changed: it takes a sixth of a second, which every command and
every start of the server would wait for.
"""

from pathlib import Path
from typing import Any

from idp import shipped
from idp.errors import CommandError
from idp.store.copies import postgresql
from idp.store.db.schema import revision

MIGRATIONS = shipped.folder("migrations")
UNFINISHED = (
    "a restore into this database was not finished: run `acrux restore` again, or name another"
    " database"
)
_DIGITS = 4
"""Revisions are numbers written with so many digits, so that they compare as texts; the files of
the migrations begin with them."""


def newest() -> str:
    """Return the revision that this version needs."""
    return max(path.name[:_DIGITS] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def problem(engine: Any) -> str | None:
    """Say in one line why the schema does not fit this version; None when it does."""
    if postgresql.is_marked(engine):
        return UNFINISHED
    found, needed = revision(engine), newest()
    if found == needed:
        return None
    if found is None:
        return "the database is empty: run `acrux init`"
    if found < needed:
        return f"the schema is at {found} and this version needs {needed}: run `acrux upgrade`"
    return f"the schema is at {found}, newer than this version's {needed}: update Acrux"


def upgrade(engine: Any, *, restoring: bool = False) -> tuple[str | None, str]:
    """Bring the schema to the newest revision; return where it stood and where it stands.

    Only who is `restoring` a database changes one in which that was not finished.

    Raises:
        CommandError: a migration cannot be applied, and nothing was changed.
    """
    if not restoring and postgresql.is_marked(engine):
        raise CommandError(UNFINISHED)
    before, needed = revision(engine), newest()
    if before is not None and before > needed:
        raise CommandError(str(problem(engine)))
    if before != needed:
        import alembic.command
        import alembic.util

        try:
            alembic.command.upgrade(configuration(engine), "head")
        except alembic.util.CommandError as error:
            raise CommandError(f"the schema was not changed: {error}") from None
    return before, needed


def configuration(engine: Any, migrations: Path = MIGRATIONS) -> Any:
    """Return what Alembic's commands are told: the database of `engine`, and where migrations are.

    They make a connection of their own: see `migrations/env.py`.
    """
    from alembic.config import Config

    found = Config(str(migrations / "alembic.ini"))
    # A per cent sign in a path is no reference to another value.
    found.set_main_option("script_location", str(migrations).replace("%", "%%"))
    found.attributes["url"] = engine.url
    return found
