"""The migrations as commands use them: where the schema stands, and how it gets to the newest."""

from typing import Any

import alembic.command
import alembic.util
from alembic.script import ScriptDirectory
from flask import Flask

from idp.app import ROOT
from idp.errors import CommandError
from idp.store.db.schema import revision


def newest() -> str:
    """Return the revision that this version needs."""
    return str(ScriptDirectory(str(ROOT / "migrations")).get_current_head())


def problem(engine: Any) -> str | None:
    """Say in one line why the schema does not fit this version; None when it does.

    Revisions are numbers written with four digits, so that they compare as texts.
    """
    found, needed = revision(engine), newest()
    if found == needed:
        return None
    if found is None:
        return "the database is empty: run `acrux init`"
    if found < needed:
        return f"the schema is at {found} and this version needs {needed}: run `acrux upgrade`"
    return f"the schema is at {found}, newer than this version's {needed}: update Acrux"


def upgrade(app: Flask, engine: Any) -> tuple[str | None, str]:
    """Bring the schema to the newest revision; return where it stood and where it stands.

    Raises:
        CommandError: a migration cannot be applied, and nothing was changed.
    """
    before, needed = revision(engine), newest()
    if before is not None and before > needed:
        raise CommandError(str(problem(engine)))
    if before != needed:
        with app.app_context():
            config = app.extensions["migrate"].migrate.get_config()
            try:
                alembic.command.upgrade(config, "head")
            except alembic.util.CommandError as error:
                raise CommandError(f"the schema was not changed: {error}") from None
    return before, needed
