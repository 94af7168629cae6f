"""Why somebody cannot sign in, in the words of a help desk and as JSON has it."""

from typing import Any

from idp import clock
from idp.people.helpdesk import Explanation
from idp.store.events import EventRow
from idp.store.people import PersonRow

KINDS = {
    "person:factor:rejected": "wrong answer",
    "person:factor:held-back": "held back after too many tries",
    "person:code:held-back": "no further code was sent",
    "person:code:undelivered": "a code did not arrive",
    "person:sign-in:refused": "the sign-in ended",
    "person:sign-in:cancelled": "the sign-in was given up",
    "person:sign-in:abandoned": "the sign-in was left open",
    "person:sign-in:denied": "the person said: this was not me",
    "person:link:refused": "a link did not work",
    "person:password-reset:asked": "no link to a new password was mailed",
    "person:consent:denied": "an application was not let in",
    "client:token:refused": "an application got no token",
    "client:token:reused": "a code or token was used twice",
}
"""What was refused, in words; anything else is shown by the name of its event."""


def words(event: EventRow) -> str:
    """Return what was refused, why, and how often."""
    said = KINDS.get(event.kind, event.kind)
    times = f" ({event.times} times)" if event.times > 1 else ""
    return (f"{said}: {event.reason}" if event.reason else said) + times


def explained(person: PersonRow, found: Explanation) -> dict[str, Any]:
    """Return why a person cannot sign in, or what would be asked, as JSON has it."""
    return {
        "sub": person.id,
        "username": person.username,
        "problems": [{"code": one.code, "text": one.text} for one in found.problems],
        "asked": list(found.asked),
        "factors": [
            {
                "method": one.row.method,
                "title": one.title,
                "since": _when(one.row.created_at),
                "last_used": _when(one.row.last_used_at),
                "note": one.note or None,
            }
            for one in found.enrolled
        ],
        "counters": [
            {
                "method": one.method,
                "what": one.what,
                "count": one.count,
                "held": one.held,
                "free_at": _when(one.free_at),
            }
            for one in found.counters
        ],
        "failures": [
            {
                "at": _when(event.at),
                "kind": event.kind,
                "text": words(event),
                "from": event.source,
            }
            for event in found.failures
        ],
    }


def _when(at: int | None) -> str | None:
    return None if at is None else clock.iso(at)
