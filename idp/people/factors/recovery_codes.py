"""Recovery codes for a person: shown once, and in force from the moment they are said to be kept.

What was shown travels sealed in the form of its own page and is accepted once; so a page that is
reloaded, or left, changes nothing.
"""

import base64
from dataclasses import dataclass, field

from idp import audit, crypto
from idp.audit import Event
from idp.authenticators.recovery import Recovery
from idp.errors import SealError
from idp.store import changes, spent
from idp.store.db import Work
from idp.store.people import PersonRow

DRAFT_LIFETIME = 86400
"""Seconds for which codes that were shown may still be accepted, and are remembered as such."""


@dataclass(frozen=True)
class Draft:
    """Ten codes on a page, and the same sealed."""

    codes: tuple[str, ...] = field(repr=False)
    sealed: str = field(repr=False)


def draft(recovery: Recovery, person: PersonRow) -> Draft:
    """Return new codes; nothing is stored yet."""
    codes, sealed = recovery.draft(person.id)
    return Draft(codes, base64.urlsafe_b64encode(sealed).decode())


def keep(
    work: Work, recovery: Recovery, person: PersonRow, sealed: str, interaction: str | None = None
) -> bool:
    """Let the codes of a draft replace all earlier ones; False when it is none, or was used."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        codes = recovery.read_draft(person.id, raw)
    except (SealError, ValueError):
        return False
    # By what it says, not by how it was spelled: stray characters are passed over in reading.
    once = crypto.digest(base64.urlsafe_b64encode(raw).decode())
    if not spent.claim(work, "recovery-draft", once, lifetime=DRAFT_LIFETIME):
        return False
    recovery.keep(work, person, codes)
    changes.note(work, person.id, changes.CODES, method=recovery.method)
    audit.record(
        work,
        Event.RECOVERY_CODES_MADE,
        person=person.id,
        interaction=interaction,
        reason=f"{len(codes)} new codes; the earlier ones are dead",
    )
    return True
