"""Clients whose id is the address of a document that says what they are.

draft-ietf-oauth-client-id-metadata-document. Such a client registers nothing: when it asks for a
sign-in, what stands at its id is read, checked as a registration by anybody is, and kept as one.
Nobody vouches for it, so it is as unvetted as those, and goes as they do when nobody uses it.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp import clock, crypto
from idp.audit import Event
from idp.egress import Shares
from idp.egress.address import EgressError, address_problem
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
PAUSE = 60
"""Seconds for which it does not look again where it found none."""
GRANTS = ("authorization_code", "refresh_token")
METHODS = ("none", "private_key_jwt")
"""How such a client authenticates: there is no secret that both know (section 4.1)."""
_SECRETS = ("client_secret", "client_secret_expires_at")
_PLACES, _SHARE = 16, 4
"""Documents that a process reads at once, and those of one host; strangers have half of either."""
_MAX_KNOWN = 10_000


class Documents:
    """What those clients are, by `registration.metadata_documents`. Threads share one."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        settings = provider.installation.settings
        self.on = settings.registration.metadata_documents
        """Whether such clients are let in."""
        self._admission = Admission(settings)
        self._shares = Shares(_PLACES, _SHARE)
        self._looked: dict[str, tuple[int, str | None]] = {}
        """Until when (seconds since 1970) what was found of each holds."""

    def concern(self, client_id: str) -> bool:
        """Return True if it is an address, and such clients are let in."""
        return self.on and client_id.startswith("https://")

    def unfit(self, work: Work, client_id: str) -> str | None:
        """Return why there is no such client, where that is known here; else None."""
        return self.take_up(work, client_id) if self.concern(client_id) else None

    def take_up(self, work: Work, client_id: str) -> str | None:
        """Keep what the document of a client says now; return why there is no such client.

        The reason is for the record: it may say what there is inside our network.
        Nothing may have been changed in this transaction: it ends while someone else answers. Where
        the document cannot be had, what was kept of it before still holds.
        """
        until, unfit = self._looked.get(client_id, (0, None))
        if clock.now() < until:
            return unfit
        unfit = self._read(work, client_id)
        if len(self._looked) >= _MAX_KNOWN:
            self._looked.clear()
        self._looked[client_id] = clock.now() + (PAUSE if unfit else FRESH), unfit
        return unfit

    def _read(self, work: Work, client_id: str) -> str | None:
        if (problem := _address_problem(client_id)) is not None:
            return problem
        row = clients.find(work, client_id)
        if row is not None and row.registration_digest is None:
            # An operator has registered it.
            return None
        try:
            if row is None:
                # Whoever names ever new addresses is held back: each is asked for by us.
                self._admission.count(work)
            work.release()
            wanted = self._checked(work, client_id, self._fetched(client_id), row)
            self._kept(work, client_id, wanted, row)
            work.commit()
        except EgressError as error:
            return None if row else f"its document cannot be read: {error.reason}"
        except RegistrationError as error:
            work.rollback()
            return error.description
        self._provider.registry.forget(client_id)
        return None

    def _fetched(self, client_id: str) -> Mapping[str, Any]:
        with self._shares.place(client_id, strange=True) as free:
            if not free:
                raise EgressError(False, "too many documents are being read")
            found = self._provider.fetcher.get(client_id, limit=LARGEST)
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
    if len(client_id) > LONGEST:
        return f"client_id must have {LONGEST} characters at most"
    if (problem := address_problem(client_id)) is not None:
        return problem
    parts = urlsplit(client_id)
    if not parts.path or parts.fragment or parts.username is not None:
        return "client_id must have a path, and neither fragment nor user"
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "client_id must have no dots for segments"
    return None


def _belongs(uri: str, client_id: str) -> bool:
    """Return True for an address at the client's own host, or of a program on the same machine."""
    there, own = urlsplit(uri), urlsplit(client_id)
    return there.scheme != "https" or there.netloc.lower() == own.netloc.lower()
