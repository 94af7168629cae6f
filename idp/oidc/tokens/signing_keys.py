"""Signing keys: made, published, chosen. Parsed once per process, read again every few seconds."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwk

from idp import clock, crypto
from idp.clock import Kept
from idp.errors import SealError
from idp.installation import Installation
from idp.oidc.jose.signing import Key, Signer
from idp.store.db import Work, trouble
from idp.store.db.schema import DATABASE_ERRORS, one_line
from idp.store.oidc import signing_keys
from idp.store.oidc.signing_keys import KeyRow, place

_log = logging.getLogger("acrux.keys")

FIRST_ALGS = ("RS256", "ES256")
"""The algorithms that every installation has a key for; others are added by `acrux keys rotate`."""
OUTLIVES = 3600
"""Seconds for which the public keys are told without the database: for most of its outages, while
a key withdrawn during one is not told for longer than applications keep a key set anyway."""
HURRY = 2.0
"""Seconds for which the database is waited for where there is a copy …"""
AGAIN = 1.0
"""… and until it is asked again."""
_KINDS: dict[str, type[Key]] = {"RSA": jwk.RSAKey, "EC": jwk.ECKey, "OKP": jwk.OKPKey}
_PUBLIC = {"RSA": {"kty", "n", "e"}, "EC": {"kty", "crv", "x", "y"}, "OKP": {"kty", "crv", "x"}}
"""The members of a public key (RFC 7518 section 6, RFC 8037 section 2)."""
_MAKERS: dict[str, Callable[[], Key]] = {
    "RS256": lambda: jwk.RSAKey.generate_key(2048, auto_kid=False),
    "PS256": lambda: jwk.RSAKey.generate_key(2048, auto_kid=False),
    "ES256": lambda: jwk.ECKey.generate_key("P-256", auto_kid=False),
    "EdDSA": lambda: jwk.OKPKey.generate_key("Ed25519", auto_kid=False),
}


@dataclass(frozen=True)
class Ring:
    """All keys at one moment: who signs, what is published, what verifies our own tokens."""

    signers: dict[str, Signer]
    public: dict[str, tuple[str, Key]]
    """Algorithm and public key by kid, retired ones too: old hints must still verify."""
    jwks: bytes


def generate(work: Work, keyring: crypto.Keyring, alg: str, *, active_at: int) -> str:
    """Make and store a key for `alg`, published from now and signing from `active_at`.

    RS256 and PS256: RSA 2048; ES256: P-256; EdDSA: Ed25519 (RFC 7518, RFC 8037). Returns its kid.
    """
    key = _MAKERS[alg]()
    kid = crypto.random_name(12)
    members: dict[str, Any] = dict(key.as_dict(private=False))
    public = json.dumps({**members, "kid": kid, "use": "sig", "alg": alg}, sort_keys=True)
    private = json.dumps(key.as_dict(private=True)).encode()
    sealed = keyring.seal(private, place(kid))
    signing_keys.add(work, kid=kid, alg=alg, private=sealed, public=public, active_at=active_at)
    return kid


def why_not_published(row: KeyRow, keyring: crypto.Keyring) -> str:
    """Return why a key is not to be believed, "" when all is well.

    Someone who can write the database, but has no keyring, could put a public key of their own
    there; the sealed half holds ours too.
    """
    try:
        opened = json.loads(keyring.open(row.private, place(row.kid)))
    except SealError as error:
        return str(error)
    ours = {name: opened[name] for name in _PUBLIC[opened["kty"]]}
    ours |= {"kid": row.kid, "use": "sig", "alg": row.alg}
    try:
        same = json.loads(row.public) == ours
    except ValueError:
        same = False
    return "" if same else "its public half is not that of the private one"


class Keys:
    """The keys of the installation, as this process knows them."""

    def __init__(self, keyring: crypto.Keyring, seconds: int) -> None:
        self._keyring = keyring
        self._seconds = seconds
        self._ring = Kept[Ring](seconds)
        self._not_before = 0.0
        self._parsed: dict[str, Key] = {}
        self._good: frozenset[KeyRow] = frozenset()
        self._told: set[str] = set()

    def ring(self, work: Work) -> Ring:
        """Return the keys, read again after a few seconds; each is parsed once (45 ms for RSA)."""
        # Asked for each token: no closure is made where the copy will do.
        return self._ring.within(self._seconds) or self._ring.get(lambda: self._read(work))

    def published(self, work: Work) -> Ring:
        """Return the keys for anyone who verifies; while the database is away, those last read.

        Nothing is signed by them then, and they are told for `OUTLIVES` seconds.

        Raises:
            DATABASE_ERRORS: it is away, and there is no copy, or it is too old.
        """
        copy = self._ring.within(OUTLIVES)
        if copy is None:
            return self.ring(work)
        if time.monotonic() < self._not_before:
            return copy
        try:
            with work.hurried(HURRY):
                return self.ring(work)
        except DATABASE_ERRORS as error:
            if trouble.of(error) is None:
                raise
            self._not_before = time.monotonic() + AGAIN
            _log.warning("the keys are told without the database: %s", one_line(error))
            return copy

    def _read(self, work: Work) -> Ring:
        signers: dict[str, Signer] = {}
        public: dict[str, tuple[str, Key]] = {}
        published = []
        for row in self._believable(signing_keys.everything(work)):
            public[row.kid] = (row.alg, self._public(row.kid, row.public))
            published.append(json.loads(row.public))
            if row.retired_at is None and row.active_at <= clock.now():
                signers[row.alg] = Signer(row.kid, row.alg, self._private(row.kid, row.private))
        return Ring(signers, public, json.dumps({"keys": published}).encode())

    def _believable(self, rows: list[KeyRow]) -> list[KeyRow]:
        """Return the keys that are what they were made as; another takes none of them along.

        The log is told of each once. They are tried again each time: the keyring may have grown.
        """
        good = []
        for row in rows:
            trouble = "" if row in self._good else why_not_published(row, self._keyring)
            if not trouble:
                good.append(row)
            elif row.kid not in self._told:
                self._told.add(row.kid)
                _log.error("the signing key %r is not published: %s", row.kid, trouble)
        self._good = frozenset(good)
        return good

    def _private(self, kid: str, sealed: bytes) -> Key:
        if kid not in self._parsed:
            members = json.loads(self._keyring.open(sealed, place(kid)))
            self._parsed[kid] = _import(members)
        return self._parsed[kid]

    def _public(self, kid: str, text: str) -> Key:
        name = f"public {kid}"
        if name not in self._parsed:
            self._parsed[name] = _import(json.loads(text))
        return self._parsed[name]


def _import(members: dict[str, Any]) -> Key:
    return _KINDS[members["kty"]].import_key(members)


def of(installation: Installation) -> Keys:
    """Return the keys of an installation: parsed once, for every room that asks."""
    seconds = installation.settings.oidc.cache
    return installation.only(Keys, lambda: Keys(installation.keyring, seconds))
