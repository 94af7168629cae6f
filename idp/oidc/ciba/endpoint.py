"""The backchannel authentication endpoint (CIBA Core 1.0 section 7): an application asks.

Owns what it is given, and how much one application may ask. It reaches nobody: that is left for the
worker (`reaching`), so that neither the answer nor how long it takes tells whether somebody has the
name that was given. For the same reason a request for a name that nobody has is stored as any other
and expires; docs/security.md says why that is, where the specification has `unknown_user_id`.
"""

import json
from dataclasses import replace

from authlib.oauth2.rfc6749.errors import UnauthorizedClientError

from idp import crypto
from idp.authenticators.identifiers import login_name
from idp.oidc.ciba import reaching
from idp.oidc.ciba.asked import CHECKS, RESUMES, Checked, Hint
from idp.oidc.ciba.signed_request import SignedRequests
from idp.oidc.ciba.vocabulary import ENDPOINT
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.elsewhere.asked import Asked, as_demand
from idp.oidc.errors import RequestError, to_a_program
from idp.oidc.json_answers import answer
from idp.oidc.provider import Provider
from idp.oidc.token_endpoint.ciba import GRANT, digest_of
from idp.oidc.tokens import lifetimes, subjects
from idp.oidc.tokens.issuer import read_hint
from idp.oidc.vocabulary import CONFIDENTIAL_METHODS
from idp.oidc.windows import Windows
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import ciba_requests
from idp.store.people import PersonRow
from idp.web.lane.plain import Answer, AnyRequest

WAIT = 5
"""Seconds between two questions of the application, until it asks too soon."""
FROM_ONE = Window(1_200, 600)
"""Requests of one application in ten minutes …"""
BY_ONE_HINT = Window(20, 600)
"""… and those in which it means the same person, or the same name that nobody has."""


class BackchannelEndpoint:
    """What /backchannel_authentication needs. Threads share one."""

    def __init__(self, provider: Provider, requests: ClientRequests) -> None:
        self._requests = requests
        self._issuer = provider.issuer
        self._apis = provider.apis
        self._keyring = provider.installation.keyring
        self._post = provider.installation.post
        self._rules = provider.installation.settings.oidc
        self._windows = Windows("too many people are asked, or one too often")
        self._signed = SignedRequests(provider.issuer.name, provider.client_keys)

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer POST /backchannel_authentication, or refuse by the standard's error."""
        return self._requests.answer(work, request, ENDPOINT, self._begin)

    def _begin(self, work: Work, asked: ClientRequest) -> Answer:
        """Store a request of a client that proves who it is.

        Raises:
            OAuth2Error: it does not, may not ask, or asks for what cannot be had.
        """
        client = self._requests.authenticate(work, asked, CONFIDENTIAL_METHODS)
        _check(client)
        try:
            parameters = self._signed.unpack(work, client, asked.form)
            wish = Asked(
                parameters=parameters,
                client=client,
                issuer=self._issuer.name,
                apis=lambda: self._apis.all(work),
            )
            found = CHECKS.run(wish)
            person = self._meant(work, client, found.hint)
        except RequestError as error:
            raise to_a_program(error) from None
        # Not before: the client's keys may have been fetched meanwhile, and this is a write.
        self._count(work, client, found.hint, person)
        auth_req_id = crypto.random_token(32)
        self._store(work, wish, found, person, auth_req_id)
        told = {
            "auth_req_id": auth_req_id,
            "expires_in": found.requested_expiry,
            "interval": WAIT,
        }
        return answer(200, told)

    def _meant(self, work: Work, client: Client, hint: Hint) -> PersonRow | None:
        """Return who is meant; None when nobody has the name.

        Raises:
            RequestError: the ID token is not ours, or of somebody who is not here any more. That
                tells the application nothing: it was given a token of that person before.
        """
        if hint.login is not None:
            name = login_name(hint.login)
            return people.by_name(work, name) if name else None
        ring = self._issuer.keys.ring(work)
        token = hint.id_token or ""
        claims = read_hint(ring, self._issuer.name, token, client.client_id)
        if claims is None:
            raise RequestError("invalid_request", "id_token_hint is not an ID token of this issuer")
        found = subjects.person_of(work, client, str(claims["sub"]))
        person = people.by_id(work, found) if found is not None else None
        if person is None:
            raise RequestError("unknown_user_id", "nobody here has that sub any more")
        return person

    def _count(self, work: Work, client: Client, hint: Hint, person: PersonRow | None) -> None:
        """Count one request more: of its client, and with its hint, whoever that is or is not.

        Raises:
            SlowDown: it is one too many.
        """
        digest, own = self._keyring.keyed_digest, client.client_id
        if hint.login is not None:
            meant = digest("ciba-login", own, login_name(hint.login))
        else:
            meant = digest("ciba-sub", own, person.id if person else "")
        for key, limit in (
            (throttle_keys.ciba_requests(digest("ciba", own)), FROM_ONE),
            (throttle_keys.ciba_hints(meant), BY_ONE_HINT),
        ):
            self._windows.count(work, key, limit)

    def _store(
        self,
        work: Work,
        wish: Asked,
        found: Checked,
        person: PersonRow | None,
        auth_req_id: str,
    ) -> None:
        """Store a request, and leave it to the worker to reach its person.

        Raises:
            UnauthorizedClientError: the client was deleted a moment ago.
        """
        client = wish.client
        request_id, lifetime = crypto.random_token(16), found.requested_expiry
        keeps = lifetimes.connected(client, self._rules)
        returns = RESUMES.format(request=request_id)
        demand = as_demand(returns, wish, found, keeps, person.id if person else None)
        if person is not None:
            # Who follows the link finds the name in its field: nobody else's would do.
            demand = replace(demand, login_hint=person.username)
        notify = None
        if found.client_notification_token is not None:
            told = {"token": found.client_notification_token, "auth_req_id": auth_req_id}
            notify = self._keyring.seal(json.dumps(told).encode(), ciba_requests.place(request_id))
        added = ciba_requests.add(
            work,
            id=request_id,
            lifetime=lifetime,
            code_digest=digest_of(self._keyring, auth_req_id),
            client_id=client.client_id,
            person_id=person.id if person else None,
            request=demand.to_json(),
            message=found.binding_message,
            notify=notify,
            wait=WAIT,
        )
        if not added:
            raise UnauthorizedClientError("the client was deleted")
        reaching.leave(work, self._post, request_id, lifetime)


def _check(client: Client) -> None:
    """Refuse a client that is not registered for it, or that nobody here has looked at.

    What is reached is a person's telephone, in the name that the client gave itself.

    Raises:
        UnauthorizedClientError: with the reason.
    """
    if GRANT not in client.grant_types:
        raise UnauthorizedClientError(f"The client is not authorized to use 'grant_type={GRANT}'")
    if client.unvetted:
        raise UnauthorizedClientError("an operator has to vouch for this client before")
