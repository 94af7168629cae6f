"""Sign-ins in progress: begun, made a person's, refused, finished once."""

from dataclasses import dataclass

from idp import clock
from idp.policy.steps import OF_BROWSER, Mark
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.sign_in import Interaction
from idp.store.rows import reader
from idp.store.signin import challenges


@dataclass(frozen=True)
class InteractionRow:
    """A sign-in in progress. `request` is JSON: what the application asked, checked."""

    id: str
    session_id: str
    client_id: str | None
    request: str
    person_id: str | None
    username: str
    created_at: int
    expires_at: int
    claimed_at: int | None
    marks: Mark
    pending: bytes | None
    refused: str | None


_ROW = reader(InteractionRow, Interaction)
_FIND = Statement(f"SELECT {_ROW.columns} FROM interaction WHERE id = :id AND expires_at > :now")
_IS_OPEN = Statement(
    "SELECT 1 FROM interaction WHERE id = :id AND claimed_at IS NULL AND expires_at > :now"
)
_CLIENT = Statement("SELECT client_id FROM interaction WHERE id = :id")
_SAME = "x.session_id = i.session_id AND x.person_id = i.person_id"
_STILL_OPEN = Statement(
    "SELECT 1 FROM interaction i JOIN session s ON s.id = i.session_id WHERE i.id = :id"
    " AND i.claimed_at IS NULL AND i.refused IS NULL AND s.ended_at IS NULL"
    " AND (i.person_id = :person_id OR COALESCE(i.person_id, '') = :before)"
)
_PROVED_IN = Statement(
    "SELECT 1 FROM interaction WHERE session_id = :id AND person_id IS NOT NULL"
    " AND claimed_at IS NULL AND expires_at > :now LIMIT 1"
)
_LEFT_OPEN = Statement(
    f"SELECT {_ROW.columns} FROM interaction i WHERE expires_at < :until AND claimed_at IS NULL"
    " AND refused IS NULL AND person_id IS NOT NULL"
    " AND (expires_at > :after OR (expires_at = :after AND id > :after_id))"
    " AND EXISTS (SELECT 1 FROM proof p WHERE p.interaction_id = i.id"
    ' AND p.person_id = i.person_id AND p.session_id IS NULL AND p."first" = :yes)'
    f" AND NOT EXISTS (SELECT 1 FROM interaction x WHERE {_SAME} AND x.refused IS NULL"
    " AND (x.claimed_at >= i.created_at OR (x.claimed_at IS NULL AND x.created_at >= i.created_at"
    " AND x.expires_at >= :until AND i.expires_at >= :patient_until)))"
    # What finished before may already be deleted; the browser's session keeps its proofs.
    f" AND NOT EXISTS (SELECT 1 FROM proof x WHERE {_SAME} AND x.at >= i.created_at)"
    " ORDER BY expires_at, id LIMIT :limit"
)
_ADD = Statement(
    "INSERT INTO interaction (id, session_id, client_id, request, person_id, username, created_at,"
    " expires_at, marks) VALUES (:id, :session_id, :client_id, :request, :person_id, :username,"
    " :now, :expires_at, 0)"
)
_LIVE = " WHERE id = :id AND claimed_at IS NULL"
_FORGET_THE_REST = f", marks = marks & {OF_BROWSER.value}, pending = NULL"
"""What ends with the person whose sign-in it was, beside proofs and codes."""
_IDENTIFY = Statement(
    "UPDATE interaction SET person_id = :person_id, username = :username" + _FORGET_THE_REST + _LIVE
)
_OF_PERSON = (
    " WHERE person_id = :person_id AND claimed_at IS NULL AND refused IS NULL"
    " AND session_id <> :spared"
)
_ANONYMOUS = Statement(
    # Those of someone who is switched off stay theirs, to be refused.
    "UPDATE interaction SET person_id = (SELECT p.id FROM person p WHERE p.id ="
    " interaction.person_id AND p.disabled_at IS NOT NULL)" + _FORGET_THE_REST + _OF_PERSON
)
_FORGET_ALL_CHALLENGES = Statement(
    "DELETE FROM challenge WHERE interaction_id IN (SELECT id FROM interaction" + _OF_PERSON + ")"
)
_FORGET_PROOFS = Statement("DELETE FROM proof WHERE interaction_id = :id AND session_id IS NULL")
_PENDING = Statement(
    "UPDATE interaction SET pending = :pending" + _LIVE + " AND person_id = :person_id"
)
_SET_REQUEST = Statement("UPDATE interaction SET request = :request" + _LIVE)
_REFUSE = Statement("UPDATE interaction SET refused = :error" + _LIVE)
_CLAIM_PENDING = Statement(
    "UPDATE interaction SET pending = NULL" + _LIVE + " AND pending IS NOT NULL"
)
_CLAIM = Statement(
    "UPDATE interaction SET claimed_at = :now"
    " WHERE id = :id AND claimed_at IS NULL AND expires_at > :now"
)
_CLAIM_FOR = Statement(
    "UPDATE interaction SET claimed_at = :now WHERE id = :id AND claimed_at IS NULL"
    " AND expires_at > :now AND person_id = :person_id AND refused IS NULL"
)


def find(work: Work, interaction_id: str) -> InteractionRow | None:
    """Return the interaction unless it has expired."""
    return _ROW.one(work.one(_FIND, id=interaction_id, now=clock.now()))


def still_open(work: Work, interaction_id: str, person_id: str, before: str) -> bool:
    """Return True if a sign-in goes on, in a session that does, and is this person's.

    It may also be still that of `before`, whom this person takes it over from; "": no one's.
    """
    values = {"id": interaction_id, "person_id": person_id, "before": before}
    return work.one(_STILL_OPEN, **values) is not None


def proved_in(work: Work, session_id: str) -> bool:
    """Return True if a sign-in is open in a session in which someone has proved something."""
    return work.one(_PROVED_IN, id=session_id, now=clock.now()) is not None


def is_open(work: Work, interaction_id: str) -> bool:
    """Return True if a sign-in can still go on, in whatever browser began it."""
    if not _plausible(interaction_id):
        return False
    return work.one(_IS_OPEN, id=interaction_id, now=clock.now()) is not None


def client_of(work: Work, interaction_id: str) -> str | None:
    """Return the application that a sign-in is or was for, for as long as its row is kept.

    "" where a page of ours asked for it, None where that is not known any more.
    """
    row = work.one(_CLIENT, id=interaction_id) if _plausible(interaction_id) else None
    if row is None:
        return None
    (client_id,) = row
    return client_id or ""


def _plausible(interaction_id: str) -> bool:
    """Spare the database what no sign-in is called, and what PostgreSQL takes for no text."""
    return len(interaction_id) <= 64 and interaction_id.isascii() and interaction_id.isprintable()


def left_open(
    work: Work, until: int, patience: int, after: tuple[int, str], limit: int
) -> list[InteractionRow]:
    """Return sign-ins over before `until` that passed a first step and were not followed up.

    Followed up: finished later on by the same person in the same browser. One that is under way
    there is waited for, `patience` seconds at most. In order of `expires_at` and `id`, beyond
    `after`.
    """
    values = {"until": until, "patient_until": until - patience, "limit": limit, "yes": True}
    return _ROW.all(work.all(_LEFT_OPEN, after=after[0], after_id=after[1], **values))


def add(
    work: Work,
    *,
    interaction_id: str,
    session_id: str,
    client_id: str | None,
    request: str,
    person_id: str | None,
    username: str,
    lifetime: int,
) -> None:
    """Store a new interaction of `lifetime` seconds."""
    now = clock.now()
    work.run(
        _ADD,
        id=interaction_id,
        session_id=session_id,
        client_id=client_id,
        request=request,
        person_id=person_id,
        username=username,
        now=now,
        expires_at=now + lifetime,
    )


def identify(work: Work, interaction_id: str, person_id: str | None, username: str) -> bool:
    """Say who it is, or (None) that it is no one yet. False once the interaction is finished.

    Nothing that another person did in this interaction counts for this one: proofs, sent codes,
    marks (but for the browser's) and a begun enrolment are dropped.
    """
    challenges.drop(work, interaction_id)
    work.run(_FORGET_PROOFS, id=interaction_id)
    values = {"id": interaction_id, "person_id": person_id, "username": username}
    return work.run(_IDENTIFY, **values) == 1


def begin_anew(work: Work, person_id: str, spared: str = "") -> None:
    """Let every open sign-in of a person be no one's again: nothing done in it counts any more.

    But for those in the session `spared`.
    """
    work.run(_FORGET_ALL_CHALLENGES, person_id=person_id, spared=spared)
    work.run(_ANONYMOUS, person_id=person_id, spared=spared)


def set_request(work: Work, interaction_id: str, request: str) -> None:
    """Keep what a sign-in is for from now on, as JSON."""
    work.run(_SET_REQUEST, id=interaction_id, request=request)


def set_pending(work: Work, interaction_id: str, person_id: str, pending: bytes | None) -> bool:
    """Keep (sealed) what this person's enrolment under way needs; None drops it."""
    return work.run(_PENDING, id=interaction_id, person_id=person_id, pending=pending) == 1


def claim_pending(work: Work, interaction_id: str) -> bool:
    """Use up what an enrolment kept: True for exactly one caller."""
    return work.run(_CLAIM_PENDING, id=interaction_id) == 1


def refuse(work: Work, interaction_id: str, error: str) -> bool:
    """Note that the person said no; `error` is what the application is told."""
    return work.run(_REFUSE, id=interaction_id, error=error) == 1


def claim(work: Work, interaction_id: str) -> bool:
    """Finish the interaction: True for exactly one caller."""
    return work.run(_CLAIM, id=interaction_id, now=clock.now()) == 1


def claim_for(work: Work, interaction_id: str, person_id: str) -> bool:
    """Finish it as this person's: False also when it was refused, or is already no one's."""
    values = {"id": interaction_id, "person_id": person_id, "now": clock.now()}
    return work.run(_CLAIM_FOR, **values) == 1
