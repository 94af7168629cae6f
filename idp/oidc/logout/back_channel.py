"""OpenID Connect Back-Channel Logout 1.0: the token that tells an application of a session's end.

`idp.signin.sessions` leaves a message in the outbox in the transaction that ends the session. Here
it is written, at the moment of its delivery, so that it is young, and signed by a key of that
moment. Nothing is kept open meanwhile: neither transaction nor database connection.
"""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from idp import audit, clock, crypto
from idp.audit import Event, Outcome
from idp.crypto import Keyring
from idp.egress import EgressError, Fetcher
from idp.installation import Installation
from idp.messages.carriers.transport import DeliveryError
from idp.oidc.clients import registry
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.oidc.jose.signing import Signer
from idp.oidc.tokens import signing_keys
from idp.oidc.tokens.signing_keys import Keys
from idp.signin.sessions import LOGOUT_CHANNEL
from idp.store.db import Work, work
from idp.store.db.connections import Engine
from idp.store.messages import outbox
from idp.store.messages.outbox import OutboxRow
from idp.store.oidc import logouts
from idp.store.oidc.logouts import Party

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
LIFETIME = 120
"""Seconds that a token is good for: two minutes at most (section 2.4 asks for a short time)."""
DELIVERED = (200, 204)
"""Section 2.8 says 200; frameworks that have nothing to say answer 204."""
REFUSED = 400
"""The application looked at the token and does not take it (section 2.8): another will not help."""


@dataclass(frozen=True)
class BackChannel:
    """Writes and delivers the messages of the outbox's channel `logout`."""

    issuer: str
    engine: Engine
    keyring: Keyring
    keys: Keys
    registry: Registry
    fetcher: Fetcher
    seconds: float = 10.0
    """A limit for what has none of its own: the fetcher gives up long before."""

    def send(self, row: OutboxRow) -> None:
        """Post a logout token to the application that the message is about.

        Raises:
            DeliveryError: the application was not told.
        """
        with work(self.engine) as unit:
            party = self._party(unit, row)
            client = self.registry.find(unit, party.client_id) if party else None
            if party is None or client is None or client.backchannel_logout_uri is None:
                raise DeliveryError(True, "the application is gone, or wants no message any more")
            signer = self.keys.ring(unit).signers.get(client.id_token_signed_response_alg)
        if signer is None:
            raise DeliveryError(False, f"no key signs {client.id_token_signed_response_alg} now")
        self._post(client.backchannel_logout_uri, logout_token(self.issuer, client, party, signer))

    def _party(self, work: Work, row: OutboxRow) -> Party | None:
        """Return whom the message is about; of a person who was deleted it tells that itself."""
        found = logouts.party(work, row.about or "")
        # What was leased before the deletion was filled since.
        sealed = row.sealed or (b"" if found else outbox.sealed_of(work, row.id))
        if found is not None or not sealed:
            return found
        return Party(**json.loads(self.keyring.open(sealed, outbox.place(row.id))))

    def _post(self, uri: str, token: str) -> None:
        try:
            answer = self.fetcher.post_form(uri, {"logout_token": token})
        except EgressError as error:
            raise DeliveryError(error.final, error.reason) from None
        if answer.status not in DELIVERED:
            raise DeliveryError(answer.status == REFUSED, f"the answer was {answer.status}")

    def note(self, work: Work, row: OutboxRow, state: str, reason: str | None) -> None:
        """Record that an application was told, or that this was given up."""
        party = self._party(work, row)
        if party is None:
            return
        sent = state == "sent"
        audit.record(
            work,
            Event.LOGOUT_DELIVERED if sent else Event.LOGOUT_FAILED,
            Outcome.DONE if sent else Outcome.REFUSED,
            person=party.person_id,
            client=party.client_id,
            sid=party.sid,
            reason=reason,
            attempts=row.attempts,
        )


def logout_token(issuer: str, client: Client, party: Party, signer: Signer) -> str:
    """Return a signed logout token (section 2.4): `sub` and `sid` both, and never a nonce."""
    now = clock.now()
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": party.subject,
        "aud": client.client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": crypto.random_token(12),
        "sid": party.sid,
        "events": {EVENT: {}},
    }
    header = {"alg": signer.alg, "typ": TYPE, "kid": signer.kid}
    return jwt.encode(header, claims, signer.key, algorithms=[signer.alg])


def attach(installation: Installation) -> None:
    """Let the outbox of an installation deliver logout tokens, in servers and commands alike."""
    channel = BackChannel(
        issuer=installation.settings.server.issuer,
        engine=installation.engine,
        keyring=installation.keyring,
        keys=signing_keys.of(installation),
        registry=registry.of(installation),
        fetcher=Fetcher(installation.settings.egress),
    )
    installation.post.add_writer(LOGOUT_CHANNEL, channel)
    installation.post.listen(LOGOUT_CHANNEL)
