"""What all pages of the auditor share: who may look, that it is noted, filters in the address.

Owns how people, applications and moments stand in their tables. Nothing is shown by an identifier
alone where it has a name, and nothing by its name alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote, urlencode

from flask import Response, request

from idp import audit, clock, moments, web
from idp.audit import Event, export
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin import entry, frame
from idp.pages.gate import Admits
from idp.policy.assurance import EXPIRED
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.audit import names
from idp.store.audit.counts import DAY
from idp.store.audit.names import Named
from idp.store.events import EventRow

P = ParamSpec("P")
BASE = frame.AUDIT
ROWS = 100
"""Lines of one page."""
MOST_CLIENTS = 200
"""Applications that a filter offers by name; of more, one is typed by its identifier."""
DAYS, MOST_DAYS = 30, 92
"""Days that are counted where nothing else is asked for, and at most."""
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """A question: where it is answered, and by which names in the address it is narrowed."""

    id: str
    title: Words
    fields: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return BASE + self.id

    def same(self, **values: str) -> str:
        """Return the address of the view that was asked for, to come back to."""
        below = "".join(quote(value, safe="") for value in values.values())
        return self.path + below + query(request.args, (*self.fields, "before"))


def query(values: Mapping[str, Any], names: Iterable[str], **more: Any) -> str:
    """Return those of `values` as the query of an address, "" when there are none."""
    pairs = {name: values[name] for name in names if values.get(name)} | more
    # Longer ones are refused by the page; they need not survive a sign-in.
    kept = {name: str(value)[: export.LONGEST] for name, value in pairs.items() if value}
    return "?" + urlencode(kept) if kept else ""


def asks(installation: Installation, page: Page) -> Admits:
    """Put a question behind a sign-in of someone who may read the trail; that is noted."""
    admits = entry.acts(installation, page.same, Action.AUDIT_READ)

    def over(view: Callable[Concatenate[Authorized, P], Response], /) -> Callable[P, Response]:
        @wraps(view)
        def noted(who: Authorized, /, *args: P.args, **values: P.kwargs) -> Response:
            _note(page, {**request.args, **values})
            return view(who, *args, **values)

        return admits(noted)

    return over


def _note(page: Page, values: Mapping[str, Any]) -> None:
    """Record what is looked at; alike in an hour, it is one event and a number."""
    asked = {
        # What is refused by the page is noted as well, but for what no text may hold.
        name: "".join(filter(str.isprintable, str(value)[: export.LONGEST]))
        for name, value in values.items()
        if value and (name in page.fields or name in ("jti", "interaction"))
    }
    about = " ".join(f"{name}={value}" for name, value in sorted(asked.items()))
    reason = f"{page.id or 'questions'} {about}".strip()[: 2 * export.LONGEST]
    audit.record(web.work(), Event.AUDIT_VIEWED, reason=reason, page=page.id, filters=asked)


def show(template: str, who: Authorized, page: Page, **values: Any) -> Response:
    """Render the answer to a question, with what its address narrows it by."""
    given = {name: request.args.get(name, "") for name in page.fields}
    return frame.show(
        f"audit/{template}",
        who,
        place=BASE,
        **{"title": page.title, "error": None}
        | values
        | {
            "filters": given,
            "page": page.id,
            "back": BASE,
            "keeps": query(given, page.fields),
            "may_be_kept": bool(page.id and page.fields),
        },
    )


def number(values: Mapping[str, str], name: str = "before") -> int | None:
    """Return the number of the row that a list goes on behind.

    Raises:
        FilterError: it is none.
    """
    text = values.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_ID):
        raise FilterError("this page of the list does not exist: begin with the newest events")
    return int(text)


def moment(at: int | None) -> dict[str, str] | None:
    """Return a time as tables show it, in UTC."""
    return None if at is None else {"iso": clock.iso(at), "text": moments.second(at)}


def person(found: Mapping[str, Named], person_id: str | None) -> dict[str, Any] | None:
    """Return a person as tables show one: by name, with the identifier beside it."""
    if person_id is None:
        return None
    known = found.get(person_id)
    return {
        "id": person_id,
        "username": known.username if known else "",
        "name": (known.name or known.username) if known else _("unknown"),
        "gone": known.gone if known else False,
    }


def application(found: Mapping[str, str], client_id: str | None) -> dict[str, Any] | None:
    """Return an application as tables show one; that its name is not known is said."""
    if not client_id:
        return None
    name = found.get(client_id)
    return {"id": client_id, "name": name, "known": name is not None}


def days(since: int | None, until: int | None) -> tuple[int, int]:
    """Return the first and the last day that are asked for, at most so many; or the last ones.

    Raises:
        FilterError: they are too many, or in the wrong order.
    """
    last = clock.now() // DAY if until is None else (until - 1) // DAY
    first = last - DAYS + 1 if since is None else since // DAY
    if last - first >= MOST_DAYS:
        raise FilterError(f"choose {MOST_DAYS} days at most")
    if last < first:
        raise FilterError("the last day comes before the first")
    return first, last


def day(number: int) -> str:
    """Return a day, counted since 1970, as addresses have it."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def offered() -> list[tuple[str, str]] | None:
    """Return the applications to choose from; None where they are too many for a list."""
    found = names.clients(web.work(), MOST_CLIENTS + 1)
    return found if len(found) <= MOST_CLIENTS else None


def events(rows: Iterable[EventRow]) -> list[dict[str, Any]]:
    """Return events as tables show them."""
    rows, work = list(rows), web.work()
    people = names.of_people(work, (row.person_id for row in rows))
    clients = names.of_clients(work, (row.client_id for row in rows))
    return [
        {
            "id": row.id,
            "at": moment(row.at),
            "kind": row.kind,
            "outcome": row.outcome,
            "person": person(people, row.person_id),
            "client": application(clients, row.client_id),
            "interaction": row.interaction_id,
            "jti": _jti(row),
            "requested": row.requested,
            "acr": row.acr,
            "amr": row.amr,
            "auth_time": moment(row.auth_time),
            "reason": row.reason,
            "source": row.source,
            "times": row.times,
            "last_at": moment(row.last_at),
        }
        for row in rows
    ]


def _jti(row: EventRow) -> str | None:
    """Return the name of the leaf of the tokens that an event tells of."""
    if not row.data or '"jti"' not in row.data:
        return None
    try:
        found = json.loads(row.data).get("jti")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def acrs(installation: Installation) -> list[str]:
    """Return every acr that a token may have said, weakest first."""
    rules = installation.signin.rules
    return [EXPIRED, *(level.name for level in rules.levels), *rules.aliases]


def amrs(installation: Installation) -> list[str]:
    """Return every amr that a token may have said."""
    methods = {name for ability in installation.signin.rules.abilities for name in ability.amr}
    return sorted(methods | {"mfa"})
