"""Dynamic client registration: POST /register (RFC 7591), and what a client does there later.

GET, PUT and DELETE /register/<client_id> are RFC 7592: a client manages itself by its registration
access token, of which we keep the digest. A registration and the use of an initial access token
are one transaction. Who may come in says `admission`, what a body means says `sent`.
"""

import json
import threading
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from idp import audit, crypto
from idp.audit import Event, Outcome
from idp.oidc.clients import changes
from idp.oidc.clients.changes import Stored
from idp.oidc.clients.client import Client, parse
from idp.oidc.errors import RegistrationError, for_the_wire
from idp.oidc.json_answers import answer
from idp.oidc.provider import Provider
from idp.oidc.registration import sectors
from idp.oidc.registration import sent as registration_metadata
from idp.oidc.registration.records import record
from idp.oidc.registration.registrars import Admission, bearer, owned, unauthorized
from idp.oidc.registration.sent import INVALID, Registration, Terms
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.oidc.clients import ClientRow
from idp.web.lane.plain import Answer

MAX_FETCHES = 4
"""Sectors that one process looks at at once: slow addresses hold no more of its threads."""
BUSY_WAIT = 5
"""Seconds after which another may try; the longest that a fetch takes."""
_OURS = (
    *("registration_access_token", "registration_client_uri"),
    *("client_secret_expires_at", "client_id_issued_at"),
)
"""What an update must not send (RFC 7592 section 2.2)."""


class RegistrationEndpoint:
    """The endpoint and its resources, one for each client that registered itself."""

    def __init__(self, provider: Provider) -> None:
        self._registry = provider.registry
        self._keyring = provider.installation.keyring
        self._fetcher = provider.fetcher
        self._provider = provider
        settings = provider.installation.settings
        self._admission = Admission(settings)
        self._address = f"{settings.server.issuer}/register"
        self._fetches = threading.BoundedSemaphore(MAX_FETCHES)

    def register(self, work: Work, request: Request) -> Answer:
        """Answer POST /register."""
        try:
            return self._register(work, request)
        except RegistrationError as error:
            return _refuse(work, error, None)

    def manage(self, work: Work, request: Request, client_id: str) -> Answer:
        """Answer GET, PUT or DELETE of a client's own registration."""
        row = None
        try:
            self._admission.check_mode()
            token, body = bearer(request), _body(request)
            row = owned(work, client_id, token)
            if request.method == "PUT":
                sent = registration_metadata.read(request.mimetype, body)
                return self._replace(work, sent, row, token)
            if request.method == "DELETE":
                return self._withdraw(work, row, token)
            return answer(200, self._information(row, parse(row), token))
        except RegistrationError as error:
            return _refuse(work, error, row)

    # -- registering

    def _register(self, work: Work, request: Request) -> Answer:
        self._admission.check_mode()
        # Read before the transaction begins, and understood only of who may come in.
        body = _body(request)
        admit = self._admission.admit(work, request)
        admit()
        sent = registration_metadata.read(request.mimetype, body)
        wanted = registration_metadata.checked(sent, self._terms(work))
        if wanted.client.sector_identifier_uri is not None:
            # The use of the token is undone: no transaction stays open while someone answers.
            work.rollback()
            self._check_sector(work, wanted)
            admit()
        token, client_id = crypto.random_token(), changes.new_id()
        stored = changes.add(
            work,
            self._keyring,
            client_id,
            wanted.name,
            wanted.data,
            registration_digest=crypto.digest(token),
        )
        row = clients.find(work, client_id)
        if stored is None or row is None:
            raise RuntimeError("a random client_id was taken")
        record(work, Event.REGISTRATION_ADDED, stored.client)
        return answer(201, self._information(row, stored.client, token, stored))

    # -- managing

    def _replace(self, work: Work, sent: dict[str, Any], row: ClientRow, token: str) -> Answer:
        """RFC 7592 section 2.2: what is not sent is no longer registered."""
        if self._admission.open:
            self._admission.count(work)
        _check_update(sent, row)
        present = json.loads(row.data)
        wanted = registration_metadata.checked(sent, self._terms(work), present)
        self._check_sector(work, wanted)
        stored = changes.replace_own(work, self._keyring, row, wanted.name, wanted.data)
        if stored is None:
            raise RegistrationError(INVALID, "the registration has just been changed", status=409)
        changed = {n for n in {*present, *wanted.data} if present.get(n) != wanted.data.get(n)}
        if wanted.name != row.name:
            changed.add("client_name")
        if changed:
            record(work, Event.REGISTRATION_CHANGED, stored.client, changed=sorted(changed))
        self._forget_later(work, row.id)
        return answer(200, self._information(row, stored.client, token, stored))

    def _withdraw(self, work: Work, row: ClientRow, token: str) -> Answer:
        """RFC 7592 section 2.3: the client, what it was granted, and its tokens end."""
        if not clients.withdraw(work, row.id, crypto.digest(token)):
            raise unauthorized("the client is gone")
        audit.record(work, Event.REGISTRATION_DELETED, client=row.id, name=row.name)
        self._forget_later(work, row.id)
        return Answer(204, (("Cache-Control", "no-store"),), b"")

    def _forget_later(self, work: Work, client_id: str) -> None:
        work.after_commit(lambda: self._registry.forget(client_id))

    # -- both

    def _terms(self, work: Work) -> Terms:
        offer = self._provider.offer(work)
        return Terms(offer, self._fetcher.problem, everybody=self._admission.open)

    def _check_sector(self, work: Work, wanted: Registration) -> None:
        client = wanted.client
        if client.sector_identifier_uri is None:
            return
        work.release()
        if not self._fetches.acquire(blocking=False):
            text = "too many sectors are being looked at"
            raise RegistrationError("temporarily_unavailable", text, status=503, wait=BUSY_WAIT)
        try:
            found = sectors.problem(self._fetcher, client)
        finally:
            self._fetches.release()
        if found is not None:
            # What our network says of an address is not for anyone who named it.
            text = "sector_identifier_uri must give a JSON array with every redirect URI"
            raise RegistrationError(INVALID, text, reason=found)

    def _information(
        self, row: ClientRow, client: Client, token: str, stored: Stored | None = None
    ) -> dict[str, Any]:
        """RFC 7591 section 3.2.1. A secret is told once, the token back to who has just used it."""
        told: dict[str, Any] = {}
        if stored is not None and stored.secret is not None:
            told = {"client_secret": stored.secret, "client_secret_expires_at": 0}
        return {
            "client_id": row.id,
            "client_id_issued_at": row.created_at,
            **told,
            "registration_access_token": token,
            "registration_client_uri": f"{self._address}/{row.id}",
            **registration_metadata.described(client),
        }


def _body(request: Request) -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RegistrationError(INVALID, "the request is too large", status=413) from None


def _check_update(sent: dict[str, Any], row: ClientRow) -> None:
    """RFC 7592 section 2.2: the client says who it is, and chooses neither secret nor token."""
    if sent.get("client_id") != row.id:
        raise RegistrationError(INVALID, "client_id must be the one that was given")
    for name in _OURS:
        if name in sent:
            raise RegistrationError(INVALID, f"{name} is not for the client to send")
    secret = sent.get("client_secret")
    if secret is not None and not _is_secret(row, secret):
        raise RegistrationError(INVALID, "client_secret must be the one that was given")


def _is_secret(row: ClientRow, secret: Any) -> bool:
    if not isinstance(secret, str) or not secret.isascii() or row.secret_digest is None:
        return False
    return crypto.same(crypto.digest(secret), row.secret_digest)


def _refuse(work: Work, error: RegistrationError, row: ClientRow | None) -> Answer:
    """Undo what was begun, and say why not; what a known or counted caller did is recorded."""
    work.rollback()
    if error.status in (400, 409):
        audit.record(
            work,
            Event.REGISTRATION_REFUSED,
            Outcome.REFUSED,
            client=row.id if row else None,
            reason=f"{error.error}: {error.reason}"[:200],
        )
    more = []
    if error.status == 401:
        challenge = 'Bearer realm="registration", error="invalid_token"'
        more.append(("WWW-Authenticate", challenge))
    if error.wait:
        more.append(("Retry-After", str(error.wait)))
    said = {"error": error.error, "error_description": for_the_wire(error.description)}
    return answer(error.status, said, *more)
