"""The trail, as a program asks it; that it was asked is an event itself."""

import json
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.operating.actor import Actor, acts
from idp.policy.roles import Action
from idp.store import events
from idp.store.db import Work
from idp.store.events import EventRow, Filter

PAGE = 100


class Trail:
    """What happened in one installation."""

    @acts(Action.AUDIT_READ)
    def page(self, work: Work, _actor: Actor, wanted: Filter, limit: int = PAGE) -> list[EventRow]:
        """Return events that match, newest first; `Filter.before_id` pages backwards."""
        found = events.listing(work, wanted, limit)
        asked = {name: value for name, value in vars(wanted).items() if value}
        asked.pop("before_id", None)
        audit.record(work, Event.AUDIT_VIEWED, reason=f"events {json.dumps(asked)}"[:200])
        return found


def described(row: EventRow) -> dict[str, Any]:
    """Return an event as JSON has it."""
    return {
        "id": row.id,
        "at": clock.iso(row.at),
        "event": row.kind,
        "outcome": row.outcome,
        "person": row.person_id,
        "username": row.username,
        "client": row.client_id,
        "sid": row.sid,
        "acr": row.acr,
        "amr": list(row.amr),
        "source": row.source,
        "reason": row.reason,
        "data": json.loads(row.data) if row.data else None,
        "request": row.request_id,
        "times": row.times,
    }
