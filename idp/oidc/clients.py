"""Applications as the protocol sees them: registered metadata, parsed once, kept for seconds."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp import crypto
from idp.demand import Application
from idp.errors import CommandError
from idp.store import clients
from idp.store.clients import ClientRow
from idp.store.db import Work

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
SIGNING_ALGS = ("RS256", "ES256")
GRANT_TYPES = ("authorization_code", "refresh_token")


_LOOPBACK = re.compile(r"(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
"""A loopback address with any port, and nothing about it that could be read in two ways."""


@dataclass(frozen=True)
class Client:
    """A registered application. Also answers the few questions that Authlib's grants ask."""

    client_id: str
    name: str
    secret_digest: str | None = None
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: str = "client_secret_basic"
    grant_types: tuple[str, ...] = GRANT_TYPES
    pkce: str = "required"
    min_acr: str | None = None
    acr_values_mode: str = "voluntary"
    default_acr_values: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    accepts_bootstrap: bool = True
    first_party: bool = False
    id_token_signed_response_alg: str = "RS256"
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None

    @property
    def application(self) -> Application:
        """Return what pages say of this client."""
        return Application(self.name, self.logo_uri, self.policy_uri, self.tos_uri)

    @property
    def public(self) -> bool:
        return self.token_endpoint_auth_method == "none"

    def allows_redirect(self, uri: str) -> bool:
        """Say whether `uri` is registered: exactly, but for the port of a loopback address.

        RFC 9700 section 2.1; RFC 8252 section 7.3 lets a native app choose its loopback port.
        """
        if uri in self.redirect_uris:
            return True
        # A port must be a number and nothing else: the URI ends up in headers.
        if uri_problems(uri):
            return False
        asked = urlsplit(uri)
        if asked.scheme != "http" or not _LOOPBACK.fullmatch(asked.netloc):
            return False
        return any(_same_but_port(asked, urlsplit(known)) for known in self.redirect_uris)

    def check_client_secret(self, secret: str) -> bool:
        """Compare a secret; what is no text of ours is just wrong."""
        return self.secret_digest is not None and crypto.same(
            crypto.digest(secret), self.secret_digest
        )

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == self.token_endpoint_auth_method

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


def _same_but_port(asked: Any, known: Any) -> bool:
    return bool(
        known.scheme == "http"
        and known.hostname == asked.hostname
        and (known.path, known.query, known.fragment, known.username)
        == (asked.path, asked.query, asked.fragment, asked.username)
    )


METADATA = {
    "redirect_uris": list,
    "post_logout_redirect_uris": list,
    "token_endpoint_auth_method": str,
    "grant_types": list,
    "pkce": str,
    "min_acr": str,
    "acr_values_mode": str,
    "default_acr_values": list,
    "default_max_age": int,
    "require_auth_time": bool,
    "accepts_bootstrap": bool,
    "first_party": bool,
    "id_token_signed_response_alg": str,
    "logo_uri": str,
    "policy_uri": str,
    "tos_uri": str,
}
"""The registered members, and the JSON type of each."""


def parse(row: ClientRow) -> Client:
    """Return the client that a row holds."""
    data = json.loads(row.data)
    values: dict[str, Any] = {k: _frozen(v) for k, v in data.items() if k in METADATA}
    return Client(client_id=row.id, name=row.name, secret_digest=row.secret_digest, **values)


def check(data: Mapping[str, Any], levels: frozenset[str]) -> None:
    """Check metadata before it is stored.

    Raises:
        CommandError: what is wrong, in one line.
    """
    for key, value in data.items():
        kind = METADATA.get(key)
        if kind is None:
            raise CommandError(f"{key!r} is no member of a client: {', '.join(METADATA)}")
        if type(value) is not kind:
            raise CommandError(f"{key} must be {kind.__name__}")
    values: dict[str, Any] = {key: _frozen(value) for key, value in data.items()}
    for problem in _problems(Client("", "", **values), levels):
        raise CommandError(problem)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _problems(client: Client, levels: frozenset[str]) -> list[str]:
    found = [p for uri in client.redirect_uris for p in uri_problems(uri)]
    found += [p for uri in client.post_logout_redirect_uris for p in uri_problems(uri)]
    if not client.redirect_uris:
        found.append("a client needs at least one redirect URI")
    for name, value, allowed in (
        ("token_endpoint_auth_method", client.token_endpoint_auth_method, AUTH_METHODS),
        ("pkce", client.pkce, ("required", "optional")),
        ("acr_values_mode", client.acr_values_mode, ("voluntary", "required")),
        ("id_token_signed_response_alg", client.id_token_signed_response_alg, SIGNING_ALGS),
    ):
        if value not in allowed:
            found.append(f"{name} must be one of {', '.join(allowed)}")
    if client.public and client.pkce != "required":
        found.append("a public client always needs PKCE (RFC 9700 section 2.1.1)")
    if client.min_acr is not None and client.min_acr not in levels:
        found.append(f"min_acr {client.min_acr!r} is no level that can be reached here")
    if not set(client.grant_types) <= set(GRANT_TYPES):
        found.append(f"grant_types must be among {', '.join(GRANT_TYPES)}")
    for name in ("logo_uri", "policy_uri", "tos_uri"):
        if (uri := getattr(client, name)) and urlsplit(uri).scheme != "https":
            found.append(f"{name} must be https")
    return found


def uri_problems(uri: str) -> list[str]:
    """Return why `uri` cannot be registered: https, loopback http, or a private-use scheme."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return [f"{uri!r} is no URI"]
    if not (uri.isascii() and uri.isprintable()) or any(c in uri for c in ' <>"\\^`{|}'):
        return [f"{uri!r} has characters that no URI has"]
    if parts.fragment or uri.endswith("#"):
        return [f"{uri!r} has a fragment (RFC 6749 section 3.1.2)"]
    if parts.scheme == "https" and parts.netloc:
        return []
    if parts.scheme == "http" and (parts.hostname in ("127.0.0.1", "::1", "localhost")):
        return []
    if "." in parts.scheme and not parts.netloc:
        return []
    return [f"{uri!r} must be https, http on a loopback address, or a reverse-domain scheme"]


class Registry:
    """Clients by id, from a copy that is a few seconds old at most."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Client]] = {}

    def find(self, work: Work, client_id: str) -> Client | None:
        """Return the client; unknown ones are asked for each time."""
        if not _plausible(client_id):
            return None
        now = time.monotonic()
        kept = self._kept.get(client_id)
        if kept is not None and now - kept[0] < self._seconds:
            return kept[1]
        row = clients.find(work, client_id)
        if row is None:
            self._kept.pop(client_id, None)
            return None
        client = parse(row)
        if len(self._kept) > 10_000:
            self._kept.clear()
        self._kept[client_id] = (now, client)
        return client


def _plausible(client_id: str) -> bool:
    """Spare the database what no client is called (and what PostgreSQL takes for no text)."""
    return 0 < len(client_id) <= 128 and client_id.isprintable() and client_id.isascii()
