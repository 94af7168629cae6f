"""People: names, address and number, and the one order of locks."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.crypto import random_name
from idp.errors import CommandError, GoneError
from idp.language import _
from idp.policy.roles import Role
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Person
from idp.store.people import departed
from idp.store.people.groups import ensure
from idp.store.rows import Piece, reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import PERSON

OWN_ROLES = frozenset(role.value for role in Role)
"""What someone may do here. No application is told: anyone who runs the provider is not thereby an
administrator of every application."""


@dataclass(frozen=True)
class PersonRow:
    """A person as stored. `roles` are `OWN_ROLES` or of applications; `methods`: credentials."""

    id: str
    username: str
    email: str
    email_verified: bool
    phone: str | None
    phone_verified: bool
    name: str
    user_type: str
    roles: frozenset[str]
    claims: dict[str, Any]
    created_at: int
    updated_at: int
    disabled_at: int | None
    announced_at: int | None
    methods: frozenset[str]
    locale: str | None = None
    """The language chosen by the person, or of the first sign-in: what messages are written in."""
    password_due_at: int | None = None
    """Since when a new password is demanded: the present one may be known to someone else."""
    offered_at: int | None = None
    """When a passkey was last offered."""
    enrolment_due_at: int | None = None
    """Since when a second factor is to be set up in the place of one that an operator removed."""
    groups: tuple[str, ...] = ()
    """Groups that applications are told of, in alphabetical order."""
    epoch: int = 0
    """How often anything of the person was changed, or ended, until this was read."""
    locale_chosen: bool = False
    quiet_until: int | None = None
    """Until when no recommendation is to be shown."""

    @property
    def chosen_locale(self) -> str | None:
        """Return the language that the person chose: what pages are written in."""
        return self.locale if self.locale_chosen else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text != "[]" else ()


ROW = Sealed(
    PERSON,
    reader(
        PersonRow,
        {Person: "p"},
        methods=Piece("(SELECT {concat} FROM credential c WHERE c.person_id = p.id)"),
        groups=Piece(Person.member_of, _listed),
    ),
    "p",
)
_METHODS = {"sqlite": "group_concat(c.method, ' ')", "postgresql": "string_agg(c.method, ' ')"}


def by_dialect(question: str) -> dict[str, Statement]:
    """Return a question with the columns of `ROW` in it, for each dialect's name."""
    return {n: Statement(question.format(concat=c)) for n, c in _METHODS.items()}


def _person_statements(tail: str) -> dict[str, Statement]:
    return by_dialect(f"SELECT {ROW.columns} FROM person p {tail}")


_BY_ID = _person_statements("WHERE p.id = :id")
_BY_NAME = _person_statements("WHERE p.username = :name OR p.email = :name")
_ALL = _person_statements(f"WHERE p.id {HIDDEN} ORDER BY p.username LIMIT :limit OFFSET :offset")
_AFTER = _person_statements(f"WHERE p.id > :after AND p.id {HIDDEN} ORDER BY p.id LIMIT :limit")


def by_id(work: Work, person_id: str) -> PersonRow | None:
    """Return the person with this `sub`.

    Raises:
        AlteredError: what decides of that row was changed from outside.
    """
    return ROW.sure(work, work.one(_BY_ID[work.engine.dialect.name], id=person_id))


def by_name(work: Work, name: str) -> PersonRow | None:
    """Return the person whose user name or e-mail address is `name`, in its normal form.

    Raises:
        AlteredError: what decides of that row was changed from outside.
    """
    rows = work.all(_BY_NAME[work.engine.dialect.name], name=name)
    return ROW.sure(work, *rows) if len(rows) == 1 else None


def everyone(work: Work, limit: int = 1000, offset: int = 0) -> list[PersonRow]:
    """Return people by user name."""
    return ROW.all(work, work.all(_ALL[work.engine.dialect.name], limit=limit, offset=offset))


def after(work: Work, person_id: str, limit: int) -> list[PersonRow]:
    """Return people by their `sub`, from the one after `person_id` on ("": from the first)."""
    return ROW.all(work, work.all(_AFTER[work.engine.dialect.name], after=person_id, limit=limit))


_ADD = Statement(
    "INSERT INTO person (id, username, email, email_verified, phone, phone_verified, name,"
    " user_type, roles, claims, member_of, created_at, updated_at, tag) VALUES (:id, :username,"
    " :email, :email_verified, :phone, :phone_verified, :name, :user_type, :roles, :claims,"
    " :member_of, :now, :now, :tag)"
)
_SUB_TAKEN = Statement(
    "SELECT (SELECT count(*) FROM person WHERE id = :sub)"
    " + (SELECT count(*) FROM client WHERE id = :sub)"
    " + (SELECT count(*) FROM pairwise WHERE subject = :sub)"
)
_TURN = {
    # There is one writer at a time, from the first write on.
    "sqlite": Statement("UPDATE person SET epoch = epoch WHERE id = ''"),
    "postgresql": Statement(
        "WITH turn AS (SELECT pg_advisory_xact_lock(hashtext('acrux people to add')))"
        " SELECT count(*) FROM turn"
    ),
}
_TAKEN = Statement(
    "SELECT count(*) FROM person WHERE username IN (:username, :email)"
    " OR email IN (:username, :email)"
)


def add(
    work: Work,
    *,
    username: str,
    email: str,
    name: str,
    phone: str | None = None,
    verified: bool = False,
    phone_verified: bool | None = None,
    user_type: str = "user",
    roles: frozenset[str] = frozenset(),
    claims: dict[str, Any] | None = None,
    groups: Collection[str] = (),
    sub: str | None = None,
) -> str:
    """Add a person and return the new `sub`. The caller has normalised and checked every value.

    `verified` is of the address, and of the number where `phone_verified` says nothing.

    Raises:
        CommandError: the user name or the address became somebody's a moment ago; `sub` is given,
            and is or was somebody's or an application's.
    """
    if sub is not None and (departed.known(work, sub) or work.value(_SUB_TAKEN, sub=sub)):
        words = _("the sub %(sub)s is known to applications already", sub=sub)
        raise CommandError(words, "sub-known")
    person_id = sub or random_name(16)
    while sub is None and departed.known(work, person_id):
        person_id = random_name(16)
    decisive = {
        "id": person_id,
        "user_type": user_type,
        "roles": " ".join(sorted(roles)),
        "member_of": json.dumps(sorted(groups)),
    }
    added = work.unless_taken(
        _ADD,
        **decisive,
        tag=PERSON.tag(work, **decisive),
        username=username,
        email=email,
        email_verified=verified,
        phone=phone,
        phone_verified=phone is not None
        and (verified if phone_verified is None else phone_verified),
        name=name,
        claims=json.dumps(claims or {}),
        now=clock.now(),
    )
    if not added:
        words = _("%(name)s or %(email)s belongs to somebody already", name=username, email=email)
        raise CommandError(words, "taken")
    ensure(work, groups)
    return person_id


def take_turn_to_add(work: Work) -> None:
    """Let everyone else who adds several people wait until the commit.

    Two who added the same people in two orders would wait for each other's user names. It comes
    before the lock of any person.
    """
    work.value(_TURN[work.engine.dialect.name])


def taken(work: Work, username: str, email: str) -> bool:
    """Return True if a user name or address already belongs to someone."""
    return bool(work.value(_TAKEN, username=username, email=email))


_DISABLE = Statement(
    "UPDATE person SET disabled_at = :at, updated_at = :now WHERE id = :id"
    " AND (disabled_at IS NULL) = :was_enabled"
)
_LOCK = Statement("UPDATE person SET epoch = epoch + 1 WHERE id = :id")
_ALONE = Statement(
    "WITH held AS (SELECT p.id FROM person p WHERE p.id = :id FOR UPDATE) SELECT count(*) FROM held"
)
_DELETE = Statement("DELETE FROM person WHERE id = :id")
_WAIT = Statement("UPDATE person SET epoch = epoch WHERE id = :id")


def set_disabled(work: Work, person_id: str, disabled: bool) -> bool:
    """Switch an account off or on; False when it was so already."""
    now = clock.now()
    at = now if disabled else None
    return work.run(_DISABLE, id=person_id, at=at, now=now, was_enabled=disabled) == 1


def lock_person(work: Work, person_id: str) -> None:
    """Let every other change of what this person has wait until the commit.

    It comes before the first write of any such change. The order of locks is the same for everyone:
    person, then session, then interaction, then the client (`clients.keep`, `clients.hold`), then
    what hangs on them (proofs, challenges, credentials, links, requests that were pushed or are
    answered elsewhere; tokens before their authorizations). Two who lock in two
    orders wait for each other until the database ends one of them with an error. What was read
    before the lock may be true no longer: anyone who decides by it reads it again. Several people
    are locked in the order of their ids, and before the client that they have in common
    (`authorizations.lock_people_of`). An API is locked before them (`oidc.apis.hold`), and so is a
    group that is changed together with its people (`groups.lock`); the name that it is to have is
    claimed after them.

    Raises:
        GoneError: the person was deleted.

    The person's epoch moves on. An authorization that was decided on in an earlier epoch is not
    stored (`authorizations.add`): what ends holds against everything that was under way.
    """
    if not work.once(_LOCK, f"person {person_id}", id=person_id):
        raise GoneError("that person was deleted a moment ago")


def lock_for_good(work: Work, person_id: str) -> None:
    """Lock a person who is to be deleted: no one even refers to them until the commit.

    As `lock_person`, before anything else is locked: whoever was about to store something of the
    person is done then, or waits and finds no one.

    Raises:
        GoneError: the person was deleted.
    """
    work.value(_ALONE, id=person_id)
    lock_person(work, person_id)


def delete(work: Work, person_id: str) -> None:
    """Delete a person, who is locked for good, and with them all that hangs on them."""
    work.run(_DELETE, id=person_id)


def wait_for_changes(work: Work, person_id: str) -> None:
    """Wait until changes of this person that are under way are done, and let none begin.

    Until the commit, as `lock_person`; for anyone who changes nothing, so the epoch stays.
    """
    work.run(_WAIT, id=person_id)
