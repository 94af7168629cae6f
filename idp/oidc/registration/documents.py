"""Clients whose id is the address of a document that says what they are.

draft-ietf-oauth-client-id-metadata-document. Such a client registers nothing: when it asks for a
sign-in, what stands at its id is read, checked as a registration by anybody is, and kept as one.
Nobody vouches for it, so it is as unvetted as those, and goes as they do when nobody uses it.
"""

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp import clock, crypto
from idp.audit import Event
from idp.egress.address import EgressError
from idp.oidc.clients import changes
from idp.oidc.errors import RegistrationError
from idp.oidc.provider import Provider
from idp.oidc.registration import sent as registration_metadata
from idp.oidc.registration.records import record
from idp.oidc.registration.registrars import Admission
from idp.oidc.registration.sent import INVALID, Registration, Terms
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.oidc.clients import ClientRow

LARGEST = 5_120
"""Bytes of a document, as the draft recommends (section 6.6)."""
LONGEST = 128
"""Characters of an id."""
FRESH = 3_600
"""Seconds for which a process does not look again."""
GRANTS = ("authorization_code", "refresh_token")
METHODS = ("none", "private_key_jwt")
"""How such a client authenticates: there is no secret that both know (section 4.1)."""
_SECRETS = ("client_secret", "client_secret_expires_at")
_MAX_FETCHES = 4
_MAX_KNOWN = 10_000


class Documents:
    """What those clients are, by `registration.metadata_documents`. Threads share one."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        settings = provider.installation.settings
        self._on = settings.registration.metadata_documents
        self._admission = Admission(settings)
        self._fetches = threading.BoundedSemaphore(_MAX_FETCHES)
        self._looked: dict[str, int] = {}
        """When each was last looked at, in seconds since 1970."""

    def concern(self, client_id: str) -> bool:
        """Return True if it is an address, and such clients are let in."""
        return self._on and client_id.startswith("https://")

    def take_up(self, work: Work, client_id: str) -> str | None:
        """Keep what the document of a client says now; return why there is no such client.

        Nothing may have been changed in this transaction: it ends while someone else answers. Where
        the document cannot be had, what was kept of it before still holds.
        """
        if clock.now() - self._looked.get(client_id, -FRESH) < FRESH:
            return None
        row = clients.find(work, client_id)
        if row is not None and row.registration_digest is None:
            # An operator has registered it.
            return None
        try:
            self._read(work, client_id, row)
        except EgressError as error:
            return None if row else f"its document cannot be read: {error.reason}"
        except RegistrationError as error:
            work.rollback()
            return f"{error.error}: {error.description}"
        return None

    def _read(self, work: Work, client_id: str, row: ClientRow | None) -> None:
        if (problem := _address_problem(client_id)) is not None:
            raise RegistrationError(INVALID, problem)
        # Whoever names ever new addresses is held back: each is asked for by us.
        if row is None:
            self._admission.count(work)
        work.release()
        wanted = self._checked(work, client_id, self._fetched(client_id), row)
        self._kept(work, client_id, wanted, row)
        work.commit()
        if len(self._looked) >= _MAX_KNOWN:
            self._looked.clear()
        self._looked[client_id] = clock.now()
        self._provider.registry.forget(client_id)

    def _fetched(self, client_id: str) -> Mapping[str, Any]:
        if not self._fetches.acquire(blocking=False):
            raise EgressError(False, "too many documents are being read")
        try:
            found = self._provider.fetcher.get(client_id, limit=LARGEST)
        finally:
            self._fetches.release()
        if found.status >= 500:
            raise EgressError(False, f"it is answered by {found.status}")
        kind = found.content_type
        if found.status != 200 or not (kind == "application/json" or kind.endswith("+json")):
            raise RegistrationError(INVALID, "no document stands at the client_id")
        return registration_metadata.read("application/json", found.body)

    def _checked(
        self, work: Work, client_id: str, said: Mapping[str, Any], row: ClientRow | None
    ) -> Registration:
        if said.get("client_id") != client_id:
            raise RegistrationError(INVALID, "client_id of the document is another")
        if any(name in said for name in _SECRETS):
            raise RegistrationError(INVALID, "the document has a secret")
        if "sector_identifier_uri" in said:
            raise RegistrationError(INVALID, "sector_identifier_uri is not read here")
        asked = {"token_endpoint_auth_method": "none", **said}
        if asked["token_endpoint_auth_method"] not in METHODS:
            raise RegistrationError(INVALID, "token_endpoint_auth_method must be none or a key's")
        if isinstance(grants := asked.get("grant_types"), list):
            asked["grant_types"] = [grant for grant in GRANTS if grant in grants]
        terms = Terms(self._provider.offer(work), self._provider.fetcher.problem, everybody=True)
        present = json.loads(row.data) if row else None
        wanted = registration_metadata.checked(asked, terms, present)
        if not all(_belongs(uri, client_id) for uri in wanted.client.redirect_uris):
            raise RegistrationError(
                "invalid_redirect_uri", "redirect_uris must be of the client_id's own host"
            )
        return wanted

    def _kept(
        self, work: Work, client_id: str, wanted: Registration, row: ClientRow | None
    ) -> None:
        keyring = self._provider.installation.keyring
        if row is None:
            # Nobody knows this token: the document is the one way to change it.
            digest = crypto.digest(crypto.random_token())
            stored = changes.add(
                work, keyring, client_id, wanted.name, wanted.data, registration_digest=digest
            )
            event = Event.REGISTRATION_ADDED
        elif (row.name, json.loads(row.data)) == (wanted.name, wanted.data):
            return
        else:
            stored = changes.replace_own(work, keyring, row, wanted.name, wanted.data)
            event = Event.REGISTRATION_CHANGED
        if stored is not None:
            record(work, event, stored.client)


def _address_problem(client_id: str) -> str | None:
    """Say why an address can be no client_id (section 3)."""
    parts = urlsplit(client_id)
    if len(client_id) > LONGEST:
        return f"client_id must have {LONGEST} characters at most"
    if not parts.path or parts.fragment or parts.username is not None:
        return "client_id must have a path, and neither fragment nor user"
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "client_id must have no dots for segments"
    return None


def _belongs(uri: str, client_id: str) -> bool:
    """Return True for an address at the client's own host, or of a program on the same machine."""
    there, own = urlsplit(uri), urlsplit(client_id)
    return there.scheme != "https" or there.netloc.lower() == own.netloc.lower()
