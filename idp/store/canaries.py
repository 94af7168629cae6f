"""The canary's people and applications, which are there while it runs, and how the last run went.

They are told from all others by `MARK`, which no `sub` and no `client_id` of another has. Owns
their rows and that they go, with all that hangs on them; what they try is `idp.canary`'s.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Canary
from idp.store.rows import reader
from idp.store.tags.kinds import PERSON

MARK = "canary:"
"""What the id of each of them begins with. A `sub` is base64url, and has no colon."""
HIDDEN = f"NOT LIKE '{MARK}%'"
"""What a question says of an id where the canary is nobody."""
LEASE_SECONDS = 600
"""For how long a run has its turn."""


@dataclass(frozen=True)
class CanaryRow:
    """How the last run went: `state` is `held`, `alarm` or `failed`, and `said` tells more."""

    due_at: int
    ran_at: int | None
    state: str | None
    said: str | None
    tries: int


_ROW = reader(CanaryRow, Canary)
_OF = Statement(f"SELECT {_ROW.columns} FROM canary WHERE id = 1")
_BEGIN = Statement(
    "INSERT INTO canary (id, due_at, tries) VALUES (1, :due_at, 0) ON CONFLICT (id) DO NOTHING"
)
_DUE = "id = 1 AND (due_at <= :now OR due_at > :latest)"
_IS_DUE = Statement(f"SELECT 1 FROM canary WHERE {_DUE}")
_CLAIM = Statement(f"UPDATE canary SET due_at = :until WHERE {_DUE}")
_DONE = Statement(
    "UPDATE canary SET due_at = :due_at, ran_at = :now, state = :state, said = :said,"
    " tries = :tries WHERE id = 1"
)
_ADD = Statement(
    "INSERT INTO person (id, username, email, email_verified, phone, phone_verified, name,"
    " user_type, roles, claims, member_of, created_at, updated_at, tag) VALUES (:id, :username,"
    " :email, :no, NULL, :no, :name, :user_type, :roles, '{}', :member_of, :now, :now, :tag)"
)
_REMOVE = [
    # Browsers that nobody has signed in with are nobody's.
    Statement(
        "DELETE FROM session WHERE id IN"
        f" (SELECT i.session_id FROM interaction i WHERE i.client_id LIKE '{MARK}%')"
    ),
    *(
        Statement(f"DELETE FROM {table} WHERE {column} LIKE '{MARK}%'")
        for table, column in (
            ("interaction", "client_id"),
            ("session", "person_id"),
            ('"authorization"', "client_id"),
            ("client", "id"),
            ("person", "id"),
        )
    ),
]


def add_person(work: Work, name: str, user_type: str, member_of: str) -> str:
    """Add a person of this name, whose `sub` is returned; `member_of` is a list in JSON."""
    person_id = MARK + name
    decisive = {"id": person_id, "user_type": user_type, "roles": "", "member_of": member_of}
    work.run(
        _ADD,
        **decisive,
        tag=PERSON.tag(work, **decisive),
        username=name,
        # RFC 2606: an address that nobody can have.
        email=f"{name}@canary.invalid",
        name="Canary",
        no=False,
        now=clock.now(),
    )
    return person_id


def remove(work: Work) -> None:
    """Take away all of them, with their sign-ins, sessions and tokens."""
    for statement in _REMOVE:
        work.run(statement)


def begin(work: Work, seconds: int) -> None:
    """Let the first run be due in so many seconds, unless one is planned already."""
    work.run(_BEGIN, due_at=clock.now() + seconds)


def due(work: Work, every: int) -> bool:
    """Tell whether a run is due."""
    return work.one(_IS_DUE, **_moments(every)) is not None


def claim(work: Work, every: int) -> bool:
    """Take the turn to run, to be committed at once; False when it is not due."""
    until = clock.now() + LEASE_SECONDS
    return work.run(_CLAIM, **_moments(every), until=until) == 1


def _moments(every: int) -> dict[str, int]:
    """Return what is due by now; later than any plan is what was made before a clock went back."""
    now = clock.now()
    return {"now": now, "latest": now + max(every, LEASE_SECONDS)}


def done(work: Work, state: str, said: str, tries: int, every: int) -> None:
    """Note how a run went, and when the next is due."""
    begin(work, 0)
    now = clock.now()
    values = {"state": state, "said": said[:1000], "tries": tries, "now": now}
    work.run(_DONE, due_at=now + every, **values)


def last(work: Work) -> CanaryRow | None:
    """Return how the last run went; None before the first was planned."""
    return _ROW.one(work.one(_OF))
