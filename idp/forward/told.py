"""What an application behind a proxy is told of whoever comes: plain headers, and a signed one.

Owns their names and their form. Values are ASCII: what is not, and what would end a value, is
percent-encoded UTF-8 (RFC 3986 section 2.1).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from idp import clock, crypto
from idp.evidence import leaf
from idp.forward.entry import Entry
from idp.oidc.clients.client import Client
from idp.oidc.jose.signing import signed
from idp.oidc.tokens import access_tokens, memberships
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.tokens.signers import NoKey
from idp.store.db import Work

USER, EMAIL, ACR, GROUPS = "X-User", "X-Email", "X-Acr", "X-Groups"
ASSERTION = "X-Acrux-Assertion"
NAMES = (USER, EMAIL, ACR, GROUPS, ASSERTION)
TYPE = "acrux-forward+jwt"
NOTHING = tuple((name, "") for name in NAMES)
"""What is told of nobody. Every name stands in every answer that lets somebody in: a proxy that
copies it then has nothing of the browser's left, whatever it does with what is missing."""
LIFETIME = 300
"""Seconds for which an assertion can be believed."""
_RENEWED = 60
"""Seconds for which one is told again instead of signing another: a signature takes longer than all
else of a check."""
_MOST = 10_000
_PLAIN = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in '%,"\\')

Pairs = tuple[tuple[str, str], ...]


class Told:
    """Writes the headers. Threads share one."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._signed: dict[str, tuple[Mapping[str, Any], int, str]] = {}

    def headers(self, work: Work, client: Client, entry: Entry) -> Pairs:
        """Return what is said of whoever has come in, as the person is now."""
        person = entry.person
        groups = memberships.shown(client, "groups", person.groups)
        return (
            (USER, _plain(person.username)),
            # Applications know people by it: an address that nobody proved is nobody's.
            (EMAIL, _plain(person.email) if person.email_verified else ""),
            (ACR, _plain(entry.about.acr)),
            (GROUPS, ",".join(map(_plain, groups))),
            (ASSERTION, self._assertion(work, client, entry)),
        )

    def _assertion(self, work: Work, client: Client, entry: Entry) -> str:
        said, digest, now = self._said(client, entry), crypto.digest(entry.token), clock.now()
        kept = self._signed.get(digest)
        if kept is not None and kept[0] == said and kept[1] <= now < kept[1] + _RENEWED:
            return kept[2]
        lasts = {"iat": now, "exp": min(now + LIFETIME, entry.expires_at)}
        try:
            signer = self._issuer.signer(work, client.id_token_signed_response_alg)
        except NoKey:
            return ""
        made = signed(signer, {**said, **lasts}, TYPE)
        if len(self._signed) >= _MOST:
            self._signed.clear()
        self._signed[digest] = said, now, made
        return made

    def _said(self, client: Client, entry: Entry) -> dict[str, Any]:
        about, person = entry.about, entry.person
        found: dict[str, Any] = {
            "iss": self._issuer.name,
            "aud": client.forward_origin,
            "sub": about.subject,
            "sid": about.sid,
            # What explains the sign-in: the token itself is nobody's to read.
            "jti": access_tokens.jti(entry.token) or leaf.reference_of(entry.token),
            "preferred_username": person.username,
            "groups": memberships.shown(client, "groups", person.groups),
            **access_tokens.of_sign_in(about),
        }
        return found | ({"email": person.email} if person.email_verified else {})


def _plain(text: str) -> str:
    return quote(text, safe=_PLAIN)
