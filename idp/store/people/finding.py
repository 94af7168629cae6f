"""People found by what is typed of them, by their user type, or by a group, page by page."""

import json
from functools import cache

from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.people import ROW, PersonRow, by_dialect

_LIKE = (
    "(p.username LIKE :begin ESCAPE '!' OR p.email LIKE :begin ESCAPE '!'"
    " OR lower(p.name) LIKE :within ESCAPE '!'"
    # Of letters beyond ASCII a database may know no small ones: Āwhina is found by her capital.
    " OR p.name LIKE :titled ESCAPE '!')"
)
_TYPE = "p.user_type = :user_type"
_GROUP = "replace(p.member_of, :grouped, '') <> p.member_of"
"""Unlike LIKE, of which SQLite takes capitals for small letters."""


def found(
    work: Work, search: str, username: str, limit: int, *, user_type: str = "", group: str = ""
) -> list[PersonRow]:
    """Return people by user name, from the one after `username` on ("": from the first).

    With `search`, in small letters, those whose user name or address begins so, or whose name has
    it in it; with `user_type` those of this type, with `group` those in this group.
    """
    wanted = ((_LIKE, search), (_TYPE, user_type), (_GROUP, group))
    statements = _statements(tuple(condition for condition, value in wanted if value))
    values = {}
    if search:
        text = search.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values = {"begin": f"{text}%", "within": f"%{text}%", "titled": f"%{text.title()}%"}
    if user_type:
        values["user_type"] = user_type
    if group:
        # As it stands in the list of JSON, with both its quotation marks.
        values["grouped"] = json.dumps(group)
    statement = statements[work.engine.dialect.name]
    return ROW.all(work, work.all(statement, after=username, limit=limit, **values))


@cache
def _statements(conditions: tuple[str, ...]) -> dict[str, Statement]:
    where = " AND ".join(("p.username > :after", f"p.id {HIDDEN}", *conditions))
    return by_dialect(
        f"SELECT {ROW.columns} FROM person p WHERE {where} ORDER BY p.username LIMIT :limit"
    )
