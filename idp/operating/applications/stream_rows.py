"""How the stream of an application is found, and what is recorded of it; it checks no right."""

from typing import Any

from idp import audit
from idp.audit import Event
from idp.errors import CommandError
from idp.oidc.clients.client import Client, parse
from idp.operating.applications.client_rows import find
from idp.operating.refusals import Changed, NotFound
from idp.policy.roles import SIGNALS_MANAGE
from idp.signals.configuration import receives
from idp.store.db import Work
from idp.store.signals import streams
from idp.store.signals.streams import StreamRow


def receiver(work: Work, client_id: str) -> Client:
    """Return an application that may be told.

    Raises:
        NotFound, CommandError: there is none, or an operator did not let it.
    """
    client = parse(find(work, client_id))
    if not receives(client):
        raise CommandError(
            f"{client_id} may not be told: `acrux client set {client_id}"
            f" api_scopes={SIGNALS_MANAGE}` lets it"
        )
    return client


def own(work: Work, client_id: str, stream_id: str | None = None) -> StreamRow:
    """Return the stream of an application; with `stream_id`, if it is that one.

    Raises:
        NotFound: it is not, or there is none.
    """
    found = streams.of(work, client_id)
    if found is None or stream_id not in (None, found.id):
        raise NotFound("there is no such stream")
    return found


def record(work: Work, event: Event, client_id: str, stream_id: str, **more: Any) -> None:
    """Record what was done with a stream."""
    audit.record(work, event, client=client_id, stream=stream_id, **more)


def record_subject(work: Work, row: StreamRow, person: str, state: str) -> None:
    """Record that a stream is about somebody, or no more."""
    audit.record(
        work,
        Event.SIGNAL_SUBJECT,
        person=person,
        client=row.client_id,
        stream=row.id,
        state=state,
    )


def overtaken(client_id: str) -> Changed:
    """Return what whoever was slower is told."""
    return Changed(f"the stream of {client_id} has just been changed: try again")
