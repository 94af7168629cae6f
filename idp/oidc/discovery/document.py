"""Discovery (OIDC Discovery 1.0 section 3, RFC 8414): the members of every feature there is."""

import json
from typing import Any

from idp.oidc.apis.api import Api
from idp.oidc.discovery.features import FEATURES, Facts
from idp.oidc.provider import Provider, offer
from idp.oidc.tokens.signing_keys import HURRY, Ring
from idp.store.db import Work, trouble
from idp.store.db.schema import DATABASE_ERRORS

ENDPOINTS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "pushed_authorization_request_endpoint": "/par",
    "userinfo_endpoint": "/userinfo",
    "jwks_uri": "/jwks",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "device_authorization_endpoint": "/device_authorization",
    "backchannel_authentication_endpoint": "/backchannel_authentication",
    "registration_endpoint": "/register",
    "end_session_endpoint": "/end_session",
    "check_session_iframe": "/session/check",
}


class Metadata:
    """The document of one process, made again when keys or APIs are others. Threads share one."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._kept: tuple[Ring, tuple[str, ...], tuple[Api, ...], bytes] | None = None

    def told(self, work: Work) -> bytes:
        """Return the metadata; while the database is away, what was told last.

        APIs are looked for when the keys were read again, and then only.

        Raises:
            DATABASE_ERRORS: it is away, and nothing was told before, or too long ago.
        """
        ring, kept = self._provider.issuer.keys.published(work), self._kept
        if kept is not None and kept[0] is ring:
            return kept[3]
        algs = tuple(ring.signers)
        try:
            with work.hurried(HURRY):
                apis = self._provider.apis.all(work)
        except DATABASE_ERRORS as error:
            if kept is None or kept[1] != algs or trouble.of(error) is None:
                raise
            return kept[3]
        same = kept is not None and kept[1:3] == (algs, apis)
        text = kept[3] if kept and same else document(self._provider, algs, apis)
        self._kept = ring, algs, apis, text
        return text


def document(provider: Provider, algs: tuple[str, ...], apis: tuple[Api, ...] = ()) -> bytes:
    """Return the provider's metadata as JSON, where it signs with `algs` and has these `apis`."""
    published = [api for api in apis if api.published]
    settings = provider.installation.settings
    endpoints = {name: settings.server.issuer + path for name, path in ENDPOINTS.items()}
    facts = Facts(
        endpoints,
        offer(provider.installation, algs),
        registration=settings.registration.mode != "off",
        documents=settings.registration.metadata_documents,
        pushed_only=settings.oidc.require_pushed_authorization_requests,
        for_certificates=settings.mutual_tls.address,
        scopes=tuple(name for api in published for name in api.scopes),
        types=tuple(name for api in published for name in api.types),
    )
    found: dict[str, Any] = {"issuer": settings.server.issuer}
    for feature in FEATURES:
        found |= feature.members(facts)
    return json.dumps(found).encode()
