"""A request for help in a sign-in, and the reference by which support finds whose it is.

The reference is short enough to be read out, and made of the sign-in's id: it opens nothing.
"""

import re

from idp import audit, clock, crypto
from idp.audit import Event
from idp.signin.interaction import Interaction
from idp.store import events, spent
from idp.store.db import Work

DAY = 86400
KEPT = 30 * DAY
"""Seconds for which a reference finds its person."""
_FORM = re.compile(r"([0-9A-F]{4})[- ]?([0-9A-F]{4})")


def reference(interaction_id: str) -> str:
    """Return the reference of a sign-in, such as `7F3A-92C1`."""
    hashed = crypto.from_base64url(crypto.digest(f"help {interaction_id}"))
    found = hashed[:4].hex().upper()
    return f"{found[:4]}-{found[4:]}"


def note(work: Work, interaction: Interaction, what: str) -> None:
    """Record, once in a sign-in, that its person was told whom to ask; `what` is the matter."""
    person = interaction.person
    if person is None or not spent.claim(work, "help", interaction.id, lifetime=DAY):
        return
    audit.record(
        work,
        Event.HELP_ASKED,
        person=person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        reason=f"{what}; reference {reference(interaction.id)}",
    )


def whose(work: Work, text: str) -> str | None:
    """Return the `sub` of the person with this reference; None when it is none, or too old."""
    found = _FORM.fullmatch(text.strip().upper())
    if found is None:
        return None
    words = f"reference {found[1]}-{found[2]}"
    return events.person_of(work, Event.HELP_ASKED.value, words, clock.now() - KEPT)
