"""The application is told that its request was answered (CIBA Core 1.0 section 10.2): a ping.

It holds the auth_req_id and nothing of the answer: who takes it asks at the token endpoint. Nothing
is kept open meanwhile: neither transaction nor database connection. Where it goes was registered,
and is reached by the guarded way alone (`idp.egress`).
"""

import json
from dataclasses import dataclass

from idp import audit, crypto
from idp.audit import Event, Outcome
from idp.egress import EgressError, Fetcher
from idp.installation import Installation
from idp.messages.carriers.transport import DeliveryError
from idp.oidc.clients import registry
from idp.oidc.clients.registry import Registry
from idp.oidc.vocabulary import PING
from idp.store.db import Work, work
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow
from idp.store.oidc import authorizations, ciba_requests
from idp.store.oidc.ciba_requests import CibaRow

CHANNEL = "ping"
LIFETIME = 900
"""Seconds for which it is worth telling: then what was answered can be fetched no more."""
DELIVERED = (200, 202, 204)
"""Section 10.2 says 204, and that other successes may be taken as that; the body is not read."""


def leave(work: Work, row: CibaRow) -> None:
    """Have the application of a request told, once the answer is committed."""
    outbox.add_about(
        work,
        crypto.digest(f"{CHANNEL} {row.id}"),
        channel=CHANNEL,
        kind="ciba",
        about=row.id,
        lifetime=LIFETIME,
    )


@dataclass(frozen=True)
class Pinging:
    """Writes and delivers the messages of the outbox's channel `ping`."""

    installation: Installation
    registry: Registry
    fetcher: Fetcher
    seconds: float = 10.0
    """A limit for what has none of its own: the fetcher gives up long before."""

    def send(self, row: OutboxRow) -> None:
        """Post the auth_req_id to the application that asked.

        Who has the tokens knows: nothing is posted then, and it counts as told.

        Raises:
            DeliveryError: the application was not told.
        """
        with work(self.installation.engine) as unit:
            request = ciba_requests.by_id(unit, row.about or "")
            client = self.registry.find(unit, request.client_id) if request else None
            knows = request is not None and _has_tokens(unit, request)
        if request is None or request.notify is None or client is None:
            raise DeliveryError(True, "the request, or the application, is gone")
        uri = client.backchannel_client_notification_endpoint
        if uri is None or client.backchannel_token_delivery_mode != PING:
            raise DeliveryError(True, "the application wants no ping any more")
        if knows:
            return
        sealed = ciba_requests.place(request.id)
        told = json.loads(self.installation.keyring.open(request.notify, sealed))
        self._post(uri, told["token"], told["auth_req_id"])

    def _post(self, uri: str, token: str, auth_req_id: str) -> None:
        body = json.dumps({"auth_req_id": auth_req_id}).encode()
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = self.fetcher.post(uri, body, "application/json", headers, anywhere=False)
        except EgressError as error:
            raise DeliveryError(error.final, error.reason) from None
        if answer.status not in DELIVERED:
            # Section 10.2: what it refuses it would refuse again.
            raise DeliveryError(400 <= answer.status < 500, f"the answer was {answer.status}")

    def note(self, work: Work, row: OutboxRow, state: str, reason: str | None) -> None:
        """Record that an application was told, or that this was given up."""
        request = ciba_requests.by_id(work, row.about or "")
        if request is None:
            return
        sent = state == "sent"
        audit.record(
            work,
            Event.PING_DELIVERED if sent else Event.PING_FAILED,
            Outcome.DONE if sent else Outcome.REFUSED,
            person=request.person_id,
            client=request.client_id,
            reason=reason,
            attempts=row.attempts,
        )


def _has_tokens(work: Work, request: CibaRow) -> bool:
    """Return True if an application has asked already, and was given the tokens."""
    answered = authorizations.by_code(work, request.code_digest)
    return answered is not None and answered.code_used_at is not None


def attach(installation: Installation) -> None:
    """Let the outbox of an installation tell applications, in servers and commands alike."""
    fetcher = Fetcher(installation.settings.egress)
    installation.post.add_writer(CHANNEL, Pinging(installation, registry.of(installation), fetcher))
    installation.post.listen(CHANNEL)
