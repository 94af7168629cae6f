"""Pushed authorization requests (RFC 9126): checked before a browser is sent, and named after that.

Owns `POST /par`, what a request_uri of ours looks like, and how many requests a client may leave
here. What is wrong with a request it does not know: the checks are those of /authorize, done here
and, since things change, there again.
"""

import json
from collections.abc import Mapping

from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp import clock, crypto
from idp.oidc.authorize import parameters
from idp.oidc.authorize.reading import AuthorizationRequests
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError, SlowDown, UntrustedRedirect, for_the_wire, to_a_program
from idp.oidc.json_answers import answer
from idp.oidc.tokens.binding.proof import InvalidProof, Proof
from idp.oidc.tokens.binding.proofs import Proofs
from idp.oidc.vocabulary import ALL_AUTH_METHODS, PARAMETERS
from idp.oidc.windows import Windows
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin.admission import source
from idp.store.db import Work
from idp.store.oidc import pushed
from idp.store.oidc.pushed import PushedRow
from idp.web.lane.plain import Answer, AnyRequest

PATH = "/par"
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = 90
"""Seconds for which a browser may come with a request_uri."""
LONGEST = 16_384
"""Characters of all parameters of one request, as JSON."""
BY_ANYONE = Window(120, 60)
"""Requests in a minute in the name of a client that proves nothing, from one source."""
BY_ONE = 6000
"""Requests in a minute of one client, in one process."""
_MAX_CLIENTS = 10_000
_TOO_MANY = "too many requests were pushed"


def digest_of(request_uri: str) -> str | None:
    """Return what a pushed request is kept under; None when the address is none of ours."""
    if not request_uri.startswith(PREFIX):
        return None
    return crypto.digest(request_uri.removeprefix(PREFIX))


def read(work: Work, digest: str, client_id: str) -> dict[str, str] | None:
    """Return the parameters that a client has pushed; None when they are not, or not any more."""
    row = pushed.find(work, digest, client_id)
    return None if row is None else json.loads(row.parameters)


def keep(work: Work, client: Client, text: str) -> str:
    """Keep the parameters of a request, as a JSON object; return its request_uri."""
    name, now = crypto.random_token(32), clock.now()
    pushed.add(work, PushedRow(crypto.digest(name), client.client_id, text, now, now + LIFETIME))
    return PREFIX + name


class PushEndpoint:
    """What /par needs. Threads share one."""

    def __init__(
        self,
        requests: AuthorizationRequests,
        clients: ClientRequests,
        proofs: Proofs,
        flood: "Flood",
    ) -> None:
        self._requests = requests
        self._clients = clients
        self._proofs = proofs
        self._flood = flood

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer POST /par (RFC 9126 section 2), or refuse by the standard's error."""

        def push(unit: Work, asked: ClientRequest) -> Answer:
            return self._push(unit, asked, self._proofs.shown(request, PATH))

        return self._clients.answer(work, request, "par", push)

    def _push(self, work: Work, asked: ClientRequest, proof: Proof | None) -> Answer:
        """Keep a request; with a proof its code is bound to the key of that (RFC 9449 10.1).

        Raises:
            OAuth2Error: its client is not who it says, or /authorize would refuse it.
        """
        client = self._clients.authenticate(work, asked, ALL_AUTH_METHODS)
        self._flood.admit(work, client)
        jkt = self._proofs.use(work, proof)
        try:
            text = json.dumps(_bound(self._checked(work, client, asked.form), jkt))
        except RequestError as error:
            raise to_a_program(error) from None
        if len(text) > LONGEST:
            raise InvalidRequestError("the request is too large", status_code=413)
        told = {"request_uri": keep(work, client, text), "expires_in": LIFETIME}
        return answer(201, told, *self._proofs.told(proof))

    def _checked(self, work: Work, client: Client, form: Mapping[str, str]) -> dict[str, str]:
        """Return what counts of a request that /authorize would take.

        Raises:
            InvalidRequestError: it names another request, or where its answer would go is not
                registered.
            RequestError: as /authorize finds.
        """
        if "request_uri" in form:
            raise InvalidRequestError("request_uri is what this gives (RFC 9126 section 2.1)")
        given = {name: form[name] for name in PARAMETERS if name in form}
        if "request" in given:
            # RFC 9126 section 3: what is to count stands inside.
            given = {"request": given["request"]}
        asked = self._requests.unpack(work, client, {**given, "client_id": client.client_id})
        try:
            parameters.redirect_uri(asked, client)
        except UntrustedRedirect as error:
            raise InvalidRequestError(for_the_wire(str(error))) from None
        # Whether somebody is there is told to the browser that comes, as for any other request.
        self._requests.check(work, client, asked, pushed=True, person=lambda subject: subject)
        return asked


def _bound(asked: dict[str, str], jkt: str | None) -> dict[str, str]:
    """Return the parameters with the key of a proof, which is that of `dpop_jkt` if both came.

    Raises:
        InvalidProof: it is another.
    """
    if jkt is None:
        return asked
    if asked.get("dpop_jkt", jkt) != jkt:
        raise InvalidProof("dpop_jkt names another key than the proof shows")
    return asked | {"dpop_jkt": jkt}


class Flood:
    """How many requests are kept: of each client in this process, and of anyone from one source."""

    def __init__(self, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._windows = Windows(_TOO_MANY)
        self._minute = 0
        self._counts: dict[str, int] = {}

    def admit(self, work: Work, client: Client) -> None:
        """Count a request; that of a client which anyone can speak for is counted by its source.

        Raises:
            SlowDown: it is one too many.
        """
        minute, second = divmod(clock.now(), 60)
        if minute != self._minute or len(self._counts) >= _MAX_CLIENTS:
            self._minute, self._counts = minute, {}
        count = self._counts[client.client_id] = self._counts.get(client.client_id, 0) + 1
        if count > BY_ONE:
            raise SlowDown(60 - second, first=count == BY_ONE + 1, description=_TOO_MANY)
        if client.public or client.unvetted:
            name = self._keyring.keyed_digest("pushed", client.client_id, source(work))
            self._windows.count(work, throttle_keys.pushed_requests(name), BY_ANYONE)
