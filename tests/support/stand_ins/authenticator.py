"""A software authenticator: what a browser's `toJSON()` gives for a passkey, honest or not.

It signs with ES256. Every part that a server has to check can be set: flags, origin, counter, user
handle, attestation. Web Authentication Level 3, sections 5.8.1, 6.1, 6.5 and 8.2.
"""

import base64
import hashlib
import json
import re
import secrets
import struct
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.site import Answer, Browser

ES256 = -7
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ATTESTATION = "Authenticator Attestation"
MODEL = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
UNNAMED = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Manner:
    """How an authenticator, and the browser around it, behave. None: as the options say."""

    origin: str
    present: bool = True
    verified: bool = True
    eligible: bool = False
    backed_up: bool = False
    cross_origin: bool = False
    top_origin: str | None = None
    public_key: dict[int, Any] | None = None
    """The COSE_Key to register, in the place of its own."""
    rp_id: str | None = None
    challenge: str | None = None
    kind: str | None = None
    counter: int | None = None
    """The value to report, in the place of the next one."""
    counts: bool = True
    """Whether the counter moves; that of a synced passkey stands at nought."""
    user_handle: str | None = None
    aaguid: str = UNNAMED
    attestation: str = "none"
    """none, self (packed, signed by the new key) or packed (with the maker's certificate)."""


@dataclass
class Key:
    """One passkey."""

    id: bytes
    private: ec.EllipticCurvePrivateKey
    user_handle: str
    counter: int = 0

    @property
    def name(self) -> str:
        return encode(self.id)


class Maker:
    """A maker of security keys: a root certificate, and one for a series of keys."""

    def __init__(self) -> None:
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        root = f"Root {secrets.token_hex(4)}"
        self._name = root
        self._root = _certificate(root, self._root_key, root, self._root_key, ca=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.begin_series()

    def begin_series(
        self, *, unit: str = ATTESTATION, ca: bool = False, model: str | None = None
    ) -> None:
        """Make the certificate of a new series of keys, by default as section 8.2.1 wants it."""
        self.certificate = _certificate(
            "Series", self.key, self._name, self._root_key, ca=ca, unit=unit, model=model
        )

    @property
    def root_pem(self) -> bytes:
        return self._root.public_bytes(serialization.Encoding.PEM)

    @property
    def chain(self) -> list[bytes]:
        return [self.certificate.public_bytes(serialization.Encoding.DER)]


@dataclass
class SoftAuthenticator:
    """Keeps keys, answers options. Keyword arguments change its `Manner` for one answer."""

    manner: Manner
    maker: Maker | None = None
    keys: list[Key] = field(default_factory=list)

    def create(
        self, options: dict[str, Any], key: Key | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Make a passkey, or show `key` again: a registration as `toJSON()` gives it."""
        manner = replace(self.manner, **changes)
        if key is None:
            private = ec.generate_private_key(ec.SECP256R1())
            key = Key(secrets.token_bytes(32), private, options["user"]["id"])
            self.keys.append(key)
        client_data = _client_data(manner, "webauthn.create", options)
        attested = UUID(manner.aaguid).bytes + struct.pack(">H", len(key.id)) + key.id
        attested += cbor2.dumps(manner.public_key or cose(key.private))
        data = _authenticator_data(manner, options["rp"]["id"], _count(key, manner), attested)
        statement = self._statement(manner, key, data + hashlib.sha256(client_data).digest())
        form = "none" if manner.attestation == "none" else "packed"
        made = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": data})
        response = {
            "clientDataJSON": encode(client_data),
            "attestationObject": encode(made),
            "transports": ["internal"],
        }
        return _answer(key, response)

    def get(
        self, options: dict[str, Any], key: Key | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Use a passkey (`key`, or the first that the options allow): an assertion."""
        manner = replace(self.manner, **changes)
        key = key or self._allowed(options)
        client_data = _client_data(manner, "webauthn.get", options)
        data = _authenticator_data(manner, options["rpId"], _count(key, manner))
        signed = data + hashlib.sha256(client_data).digest()
        handle = key.user_handle if manner.user_handle is None else manner.user_handle
        response = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(key.private.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": handle,
        }
        return _answer(key, response)

    def _allowed(self, options: dict[str, Any]) -> Key:
        allowed = {found["id"] for found in options.get("allowCredentials") or []}
        return next(key for key in self.keys if not allowed or key.name in allowed)

    def _statement(self, manner: Manner, key: Key, signed: bytes) -> dict[str, Any]:
        if manner.attestation == "none":
            return {}
        signer = key.private
        statement: dict[str, Any] = {"alg": ES256}
        if manner.attestation == "packed":
            assert self.maker is not None, "packed attestation needs a maker"
            signer = self.maker.key
            statement["x5c"] = self.maker.chain
        return {**statement, "sig": signer.sign(signed, ec.ECDSA(hashes.SHA256()))}


def device(browser: Browser, maker: Maker | None = None, **manner: Any) -> SoftAuthenticator:
    """Return a new authenticator that speaks from the site's own origin."""
    return SoftAuthenticator(Manner(browser.site.issuer, **manner), maker)


def options(page: Answer) -> dict[str, Any]:
    """Return what a page asks of the authenticator."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, f"no passkey is asked for by {page.heading!r} ({page.status})"
    read: dict[str, Any] = json.loads(unescape(found.group(1)))
    return read


def send(browser: Browser, answer: Any) -> Answer:
    """Send an answer by the form of the present page, whichever it is."""
    return browser.submit("/webauthn", credential=json.dumps(answer))


def add(browser: Browser, soft: SoftAuthenticator, **changes: Any) -> Answer:
    """Answer the page that sets a passkey up, and go on past the one that says so."""
    return browser.past_done(send(browser, soft.create(options(browser.at), **changes)))


def use(browser: Browser, soft: SoftAuthenticator, **changes: Any) -> Answer:
    """Answer a page that asks for a passkey."""
    return send(browser, soft.get(options(browser.at), **changes))


def confirm_address(browser: Browser) -> Answer:
    """Prove the address, as comes before the first second factor."""
    return browser.submit("/enrol/proof", code=browser.site.mailed_code())


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _answer(key: Key, response: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": key.name,
        "rawId": key.name,
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
        "authenticatorAttachment": "platform",
    }


def _count(key: Key, manner: Manner) -> int:
    if manner.counter is not None:
        return manner.counter
    key.counter += manner.counts
    return key.counter


def _client_data(manner: Manner, kind: str, options: dict[str, Any]) -> bytes:
    values = {
        "type": manner.kind or kind,
        "challenge": manner.challenge or options["challenge"],
        "origin": manner.origin,
        "crossOrigin": manner.cross_origin,
    }
    if manner.top_origin is not None:
        values["topOrigin"] = manner.top_origin
    return json.dumps(values).encode()


def _authenticator_data(manner: Manner, rp_id: str, counter: int, attested: bytes = b"") -> bytes:
    flags = (
        PRESENT * manner.present
        | VERIFIED * manner.verified
        | ELIGIBLE * manner.eligible
        | BACKED_UP * manner.backed_up
        | ATTESTED * bool(attested)
    )
    place = hashlib.sha256((manner.rp_id or rp_id).encode()).digest()
    return place + struct.pack(">BI", flags, counter) + attested


def cose(private: ec.EllipticCurvePrivateKey) -> dict[int, Any]:
    """Return the public key as COSE_Key (RFC 9053 section 7.1.1)."""
    numbers = private.public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return {1: 2, 3: ES256, -1: 1, -2: x, -3: y}


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
    unit: str = ATTESTATION,
    model: str | None = None,
) -> x509.Certificate:
    """Return a certificate of a maker; `model` is the AAGUID that it speaks of."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name, unit))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if model is not None:
        value = b"\x04\x10" + UUID(model).bytes
        made = made.add_extension(x509.UnrecognizedExtension(MODEL, value), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _name(text: str, unit: str = ATTESTATION) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NZ"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker of the tests"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )
