"""Rows of before there were tags: they get theirs in the upgrade, once in an installation's life.

Whoever gives tags vouches for all that stands in the rows. So it is done when the schema comes from
before that, and noted in the instance folder, where nobody who only writes to the database comes:
a schema that was set back makes nobody's row ours.
"""

from idp import clock
from idp.backup import whole_files
from idp.errors import CommandError
from idp.installation import Installation
from idp.store.db.schema import revision
from idp.store.tags import walking

SINCE = "0026"
"""The revision of the schema from which on rows have tags."""
_NOTE = "rows-have-tags"
_BEGUN, _DONE = "begun", "done"


def begin(installation: Installation, *, trusted: bool = False) -> None:
    """Note that old rows are to get their tags, before the schema is changed for it.

    `trusted`: they are vouched for, whatever the note says: by a backup's manifest, or an operator.

    Raises:
        CommandError: they got them before, so these rows are not those; or no note can be made.
    """
    before = revision(installation.engine)
    if before is not None and before >= SINCE and not trusted:
        return
    said = _read(installation)
    if said.startswith(_DONE) and before is not None and not trusted:
        raise CommandError(
            f"the schema is at {before}, but the rows of this installation got their tags"
            f" {said.removeprefix(_DONE).strip()}: someone set it back, or this is the database of"
            " then. Put a backup in its place with `acrux restore`; `acrux upgrade --trust-rows`"
            " takes every row as it stands"
        )
    _write(installation, _BEGUN)


def finish(installation: Installation) -> str | None:
    """Give old rows their tags if that was begun; return what was done, in one line."""
    said = _read(installation)
    if said.startswith(_DONE):
        return None
    # A database that was made, or restored, with tags has no row without one.
    given = walking.give(installation.engine) if said == _BEGUN else {}
    _write(installation, f"{_DONE} {clock.iso(clock.now())}")
    if not given:
        return None
    return f"Tags: given to {', '.join(f'{n} of {table}' for table, n in given.items())}."


def _read(installation: Installation) -> str:
    try:
        return (installation.settings.instance_path / _NOTE).read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CommandError(f"{_NOTE} in the instance folder: {error.strerror}") from None


def _write(installation: Installation, text: str) -> None:
    path = installation.settings.instance_path / _NOTE
    with whole_files.draft(path) as draft:
        draft.write_text(text + "\n")
        whole_files.sync(draft)
        draft.replace(path)
