"""Codes that a carrier made and checks: which of its verifications belongs to which sign-in.

A challenge of this kind has no code of ours. Its digest names the number; the carrier's own id of
the verification is the `reference` of its message in the outbox.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Outbox
from idp.store.models.sign_in import Challenge
from idp.store.rows import reader


@dataclass(frozen=True)
class SentRow:
    """The newest message of a verification that the carrier took."""

    outbox_id: str
    reference: str
    """The carrier's id of the verification."""
    channel: str


_ROW = reader(SentRow, {Challenge: "c", Outbox: "o"}, reference=Outbox.reference)
_FROM = (
    " FROM challenge c JOIN outbox o ON o.id = c.outbox_id"
    " WHERE c.digest = :digest AND c.expires_at > :now AND o.reference IS NOT NULL"
)
_HERE = " AND c.interaction_id = :interaction_id AND c.purpose = :purpose AND c.used_at IS NULL"
_NEWEST = Statement(
    f"SELECT {_ROW.columns}" + _FROM + _HERE + " AND EXISTS (SELECT 1 FROM"
    " interaction i WHERE i.id = c.interaction_id AND i.person_id = :person_id)"
    " ORDER BY c.created_at DESC LIMIT 1"
)
_OWN = Statement("SELECT DISTINCT o.reference" + _FROM + _HERE)
_FOREIGN = Statement(
    "SELECT DISTINCT o.reference" + _FROM + " AND (c.interaction_id <> :interaction_id"
    " OR c.purpose <> :purpose OR c.used_at IS NOT NULL)"
)


_OF_OTHERS = Statement(
    "SELECT 1" + _FROM + " AND c.used_at IS NULL AND EXISTS (SELECT 1 FROM interaction i"
    " WHERE i.id = c.interaction_id AND i.person_id <> :person_id) LIMIT 1"
)


def of_others(work: Work, person_id: str, digest: str) -> bool:
    """Return True if a verification of this number is under way for someone else."""
    row = work.one(_OF_OTHERS, person_id=person_id, digest=digest, now=clock.now())
    return row is not None


def newest(
    work: Work, interaction_id: str, person_id: str, purpose: str, digest: str
) -> SentRow | None:
    """Return what this person may answer in this sign-in; None when there is nothing."""
    values = {"interaction_id": interaction_id, "purpose": purpose, "digest": digest}
    return _ROW.one(work.one(_NEWEST, **values, person_id=person_id, now=clock.now()))


def own(work: Work, interaction_id: str, purpose: str, digest: str) -> list[str]:
    """Return the verifications of one number that this sign-in has under way for a purpose."""
    values = {"interaction_id": interaction_id, "purpose": purpose, "digest": digest}
    return work.column(_OWN, **values, now=clock.now())


def foreign(work: Work, interaction_id: str, purpose: str, digest: str) -> list[str]:
    """Return those of the same number that are another sign-in's or purpose's, or spent."""
    values = {"interaction_id": interaction_id, "purpose": purpose, "digest": digest}
    return work.column(_FOREIGN, **values, now=clock.now())
