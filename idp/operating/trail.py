"""The trail, as a program asks it; that it was asked is an event itself."""

import json
from dataclasses import dataclass
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.operating.actor import Actor, acts
from idp.policy.roles import Action
from idp.store import events
from idp.store.audit import counts, sign_ins
from idp.store.audit.counts import Means
from idp.store.audit.sign_ins import Line
from idp.store.db import Work
from idp.store.events import EventRow, Filter

PAGE = 100


@dataclass(frozen=True)
class SignInsWanted:
    """Which sign-ins: each narrows, "" leaves open. `before` pages backwards."""

    client: str = ""
    person: str = ""
    """By `sub`."""
    acr: str = ""
    amr: str = ""
    before: tuple[int, int] | None = None
    limit: int = PAGE


@dataclass(frozen=True)
class SignIn:
    """A sign-in, and what its tokens said."""

    line: Line
    means: Means

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        line = self.line
        return {
            "at": clock.iso(line.at),
            "client": line.client_id,
            "person": line.person_id,
            "username": line.username,
            "sid": line.sid,
            "jti": line.jti,
            "acr": self.means.acr,
            "amr": list(self.means.amr),
            "after": f"{line.at}.{line.seq}",
        }


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

    @acts(Action.AUDIT_READ)
    def sign_ins(self, work: Work, _actor: Actor, wanted: SignInsWanted) -> list[SignIn]:
        """Return sign-ins that applications got tokens of, newest first, as far as counted."""
        known = counts.means(work)
        numbers = tuple(
            number
            for number, means in known.items()
            if means.acr and wanted.acr in ("", means.acr) and wanted.amr in ("", *means.amr)
        )
        asked = sign_ins.Wanted(
            numbers,
            wanted.client,
            (wanted.person,) if wanted.person else None,
            before=wanted.before or (sign_ins.LAST, sign_ins.LAST),
        )
        found = sign_ins.listing(work, asked, wanted.limit)
        told = {name: value for name, value in vars(wanted).items() if value}
        told = {name: value for name, value in told.items() if name not in ("before", "limit")}
        audit.record(work, Event.AUDIT_VIEWED, reason=f"sign-ins {json.dumps(told)}"[:200])
        return [SignIn(line, known[line.means]) for line in found]


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
