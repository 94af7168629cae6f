"""What happened: the names of all events (`event`), and the one function that records them.

An event is written in the transaction of the change it tells of, so there is never one without the
other. It carries no secret, no code, no token and no full number. An event that decides what later
tokens are worth (`DECIDING`) has a leaf in the ledger of evidence, which holds its digest; tokens
have theirs from the issuer.

What anyone may cause without an account is counted: one event, the first, stands for all that are
alike in its minute, so that a stranger fills neither the table nor the auditor's day.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from idp import clock, crypto
from idp.audit.event import ANYBODYS, AUTHORIZATION, DECIDING, NAMELESS, Event, Outcome
from idp.ledger import writing
from idp.policy.throttling import throttle_keys
from idp.store import events
from idp.store.db import Work

__all__ = [
    "ANYBODYS",
    "AUTHORIZATION",
    "DECIDING",
    "NAMELESS",
    "Event",
    "Outcome",
    "hear",
    "record",
    "row_refused",
]

MINUTE, HOUR, DAY = 60, 3600, 86400
MOST_A_DAY = 2_000
MOST_OF_ONE = 50
"""So many events of strangers are told apart in a day, all together and of one person. After that
they are one event a day for each kind, application and person: no one fills the disk, whatever
addresses they have."""
_KINDS_OF_REASON = 64
"""A reason may quote the stranger, so that each is another: no more than so many count apart."""


Heard = Callable[[Event, Outcome, Mapping[str, Any]], None]
_heard: list[Heard] = []


def hear(call: Heard) -> None:
    """Have `call` told of every event of this process once it is committed, with its row."""
    _heard[:] = [call]


def record(
    work: Work,
    event: Event,
    outcome: Outcome = Outcome.DONE,
    *,
    person: str | None = None,
    client: str | None = None,
    interaction: str | None = None,
    sid: str | None = None,
    requested: str | None = None,
    acr: str | None = None,
    amr: Iterable[str] | None = None,
    auth_time: int | None = None,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Append `event`, to be committed with the change. `reason` says why, in words.

    Without a `person`, it is of who acts in the console; of another person, it says `by` whom.

    Of refusals that anyone may cause, those with the same source (of IPv6, its /64), client,
    person and reason are one event a minute: the first, with their number. So is what one auditor
    looks at, in an hour. Once there are `MOST_A_DAY` of them, they are told apart no more.
    """
    now, acting = clock.now(), work.caller.acting
    if acting is not None and person not in (None, acting):
        data["by"] = acting
    if work.caller.program is not None:
        data["program"] = work.caller.program
    person = person or acting
    decides = event in DECIDING
    values = {
        "at": now,
        "kind": event.value,
        "outcome": outcome.value,
        "person_id": person,
        "client_id": client,
        "interaction_id": interaction,
        "sid": sid,
        "requested": requested[:400] if requested else requested,
        "acr": acr,
        "amr": None if amr is None else " ".join(amr),
        "auth_time": auth_time,
        "source": work.caller.address,
        "reason": reason,
        "data": json.dumps(data) if data else None,
        "request_id": work.caller.request,
        # So that no one who has the ledger alone can guess what its digest is of.
        "salt": crypto.random_token(16) if decides else None,
    }
    if outcome is Outcome.REFUSED and _anybodys(event, person):
        source = throttle_keys.source(work.caller.address)
        kind: int | str | None = _kind_of_reason(f"{reason} {data.get('redirect_uri', '')}")
        if event is Event.ROW_REFUSED:
            # Whoever meets the row, it is one row.
            source, person, kind = "", None, reason
        alike = [event.value, source, client, person, kind, now // MINUTE]
        _count(work, event, alike, values)
    elif event is Event.AUDIT_VIEWED:
        alike = [event.value, person, _kind_of_reason(str(reason)), now // HOUR]
        events.count(work, crypto.digest(json.dumps(alike)), values)
    else:
        events.add(work, **values)
    if decides:
        _add_leaf(work, event, values)
    for call in _heard:
        work.after_commit(partial(call, event, outcome, values))


def _count(
    work: Work, event: Event, alike: list[str | int | None], values: Mapping[str, Any]
) -> None:
    """Count a stranger's event with those that are alike, or, late on a busy day, with many."""
    person, day = values["person_id"], values["at"] // DAY
    if event is Event.ROW_REFUSED:
        # An alarm, and no stranger's: no flood hides it.
        events.count(work, crypto.digest(json.dumps(alike)), values)
        return
    limit, most = f"told-apart:{day}:{person or ''}", MOST_OF_ONE if person else MOST_A_DAY
    if events.counted(work, limit) < most:
        events.count(work, crypto.digest(json.dumps(alike)), values, limit)
        return
    alike = [event.value, values["client_id"], person, day]
    # What only the first of them would say is left out.
    kept = ("at", "kind", "outcome", "person_id", "client_id")
    rest = {name: values[name] if name in kept else None for name in values}
    rest["reason"] = f"more than {most} kinds of refusal that day: told apart no more"
    events.count(work, crypto.digest(json.dumps(alike)), rest)


def _add_leaf(work: Work, event: Event, values: Mapping[str, Any]) -> None:
    written = writing.of(work.engine)
    if written is not None:
        written.add_change(work, event.value, values, values["person_id"])


def row_refused(work: Work, table: str, name: str, person: str | None) -> None:
    """Record that a row which decides is not ours: see `store.tags`. One event a minute and row."""
    reason = f"{table} {name}: not written by this installation, or not like this"
    record(work, Event.ROW_REFUSED, Outcome.REFUSED, person=person, reason=reason, table=table)


def _anybodys(event: Event, person: str | None) -> bool:
    return event in ANYBODYS or (person is None and event in NAMELESS)


def _kind_of_reason(reason: str) -> int:
    return int.from_bytes(hashlib.sha256(reason.encode()).digest()[:2]) % _KINDS_OF_REASON
