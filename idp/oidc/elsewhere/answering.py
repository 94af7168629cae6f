"""What becomes of a request: a no, or a finished sign-in. It shows nothing.

Owns that one person answers, once, and that a yes is stored with the sign-in that it rests on.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.oidc.authorize.granting import Granting
from idp.oidc.clients.client import Client
from idp.oidc.provider import Provider
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.oidc.elsewhere import ALLOWED, DENIED, LONGEST_WAIT, Elsewhere, RequestRow

Row = TypeVar("Row", bound=RequestRow)
FETCHED_WITHIN = 2 * LONGEST_WAIT
"""Seconds in which a yes can be fetched at least, however late it came: who asked may have to wait
for the next question, and miss one."""


class Answers(ABC, Generic[Row]):
    """What answering requests of one kind needs of the installation. Threads share one."""

    requests: Elsewhere
    allowed: Event
    denied: Event

    def __init__(self, provider: Provider) -> None:
        self._registry = provider.registry
        self._granting = Granting(provider)

    def client(self, work: Work, row: Row) -> Client | None:
        """Return the application that asks; None when it is gone."""
        return self._registry.find(work, row.client_id)

    @abstractmethod
    def code_digest(self, row: Row) -> str:
        """Return what is stored of the code that who asked asks again with."""

    def about(self, row: Row) -> Mapping[str, Any]:
        """Return what the events of an answer say of its request."""
        return {}

    def answered(self, work: Work, row: Row, client: Client) -> None:
        """Do what follows an answer of this kind, in its transaction."""

    def deny(
        self,
        work: Work,
        row: Row,
        reason: str,
        person: str | None = None,
        *,
        answer: str = DENIED,
    ) -> bool:
        """Answer no, if nobody has answered yet; True for exactly one caller."""
        if not self.requests.claim_answer(work, row.id, answer):
            return False
        audit.record(
            work,
            self.denied,
            Outcome.REFUSED,
            person=person,
            client=row.client_id,
            reason=reason,
            **self.about(row),
        )
        client = self.client(work, row)
        if client is not None:
            self.answered(work, row, client)
        return True

    def allow(self, work: Work, row: Row, demand: Demand, done: Authorized) -> bool:
        """Let who asked in by a finished sign-in; False when it is too late for that.

        It is stored with the commit, which may still fail (`store.oidc.authorizations.add`): then
        nobody has answered. It is for one person, the first.
        """
        client = self.client(work, row)
        # Whoever deletes the application takes the request along: that one comes first, or waits.
        if client is None or not clients.keep(work, row.client_id):
            return False
        if not self.requests.claim_answer(work, row.id, ALLOWED):
            return False
        left = max(row.expires_at - clock.now(), FETCHED_WITHIN)
        stored = self._granting.store(work, client, demand, done, self.code_digest(row), left)
        audit.record(
            work,
            self.allowed,
            person=stored.person_id,
            client=stored.client_id,
            sid=stored.sid,
            requested=demand.requested,
            acr=stored.acr,
            amr=stored.amr,
            auth_time=stored.auth_time,
            reason=done.finish.reason,
            authorization=stored.id,
            **self.about(row),
        )
        self.answered(work, row, client)
        return True
