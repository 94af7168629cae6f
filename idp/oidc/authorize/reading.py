"""The parameters of an authorization request become one that was checked, wherever they came from.

Owns what /authorize and /par share: what counts of the parameters, and what they are checked
against. It trusts no address, stores nothing and answers nothing.
"""

from collections.abc import Mapping, Sequence

from idp.oidc.authorize.checks import CHECKS, Asked, Checked, Lookup
from idp.oidc.authorize.request_object import RequestObjects
from idp.oidc.clients.client import Client
from idp.oidc.provider import Provider
from idp.oidc.tokens import lifetimes, subjects
from idp.oidc.tokens.issuer import read_hint
from idp.store.db import Work


class AuthorizationRequests:
    """Reads and checks authorization requests. Threads share one."""

    def __init__(self, provider: Provider) -> None:
        self._issuer = provider.issuer
        self._apis = provider.apis
        self._settings = provider.installation.settings.oidc
        self._objects = RequestObjects(provider.issuer.name, provider.client_keys, provider.fetcher)

    def unpack(self, work: Work, client: Client, given: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that count, those of a request object among them.

        Raises:
            RequestError: see `RequestObjects.unpack`.
        """
        return self._objects.unpack(work, client, given)

    def check(
        self,
        work: Work,
        client: Client,
        given: Mapping[str, str],
        repeated: Sequence[str] = (),
        *,
        pushed: bool,
        person: Lookup | None = None,
    ) -> tuple[Asked, Checked]:
        """Return a request, and what the checks found in it.

        `pushed`: it comes to /par, or from there. `person` turns a `sub` into somebody's id.

        Raises:
            RequestError: with what the client is told.
        """

        def hint(token: str) -> str | None:
            ring = self._issuer.keys.ring(work)
            claims = read_hint(ring, self._issuer.name, token, client.client_id)
            return str(claims["sub"]) if claims else None

        asked = Asked(
            parameters=given,
            repeated=repeated,
            client=client,
            hint=hint,
            person=person or (lambda subject: subjects.person_of(work, client, subject)),
            legacy=self._settings.legacy_response_types,
            keeps=lifetimes.connected(client, self._settings),
            issuer=self._issuer.name,
            pushed=pushed,
            pushed_only=self._settings.require_pushed_authorization_requests,
            apis=lambda: self._apis.all(work),
        )
        return asked, CHECKS.run(asked)
